"""A small selling network for tests: makers with defaults, so that a test names only what it is about."""

from datetime import UTC, datetime
from typing import Any

from callcore.network.directory_rows import Did, Directory, Org, Outlet, Phone, Region
from callcore.network.model import OrgKind, PhoneOwner
from callcore.routing.hours import DAYS
from callcore.routing.known import RoutingSnapshot
from callcore.routing.snapshot import RoutingOptions, build_snapshot

MADE_AT = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
MONDAY_NOON_UTC = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # Monday, noon in Moscow
ALWAYS = {day: [["00:00", "24:00"]] for day in DAYS}
WORKDAYS = {day: [["09:00", "18:00"]] for day in DAYS[:5]}
MOSCOW, URAL = (
    Region("RU-MOW", "Москва", "Europe/Moscow"),
    Region("RU-SVE", "Свердловская область", "Asia/Yekaterinburg"),
)
SITE, SITE_MOSCOW = "+78001000001", "+74951000002"
DEALER_DID, OPERATORS_DID = "+74951000003", "+74951000004"


def org(id: int, path: str, **more: Any) -> Org:
    kind = OrgKind.MANUFACTURER if path == f"/{id}/" else OrgKind.DEALER
    return Org(**{"id": id, "kind": kind, "path": path, "name": f"Орг{id}", "tz": "Europe/Moscow", **more})


def outlet(id: int, org_id: int, **more: Any) -> Outlet:
    usual = {
        "name": f"Точка {id}",
        "city": "Москва",
        "region_code": "RU-MOW",
        "tz": "Europe/Moscow",
        "hours": WORKDAYS,
    }
    return Outlet(**{"id": id, "org_id": org_id, **usual, **more})


def outlet_phone(id: int, outlet_id: int, org_id: int = 2) -> Phone:
    return Phone(id, f"p{id}", PhoneOwner.OUTLET, f"Телефон {id}", outlet_id=outlet_id, org_id=org_id)


def operator(id: int) -> Phone:
    return Phone(id, f"p{id}", PhoneOwner.OPERATOR, f"Оператор {id}", user_id=id, org_id=1)


def duty(id: int, position: int = 1) -> Phone:
    return Phone(id, f"p{id}", PhoneOwner.DUTY, f"Дежурный {id}", duty_position=position)


def dids(**more: Any) -> tuple[Did, ...]:
    return (
        Did(1, SITE, "Сайт", source="site", **more),
        Did(2, SITE_MOSCOW, "Сайт, Москва", region_code="RU-MOW", source="yandex"),
        Did(3, DEALER_DID, "Дилер", region_code="RU-MOW", org_id=2, source="dealer-site"),
        Did(4, OPERATORS_DID, "Горячая линия", to_operators=True),
    )


def directory(**more: Any) -> Directory:
    """Manufacturer 1; dealer 2 with outlet 10; its subdealer 3 with outlet 11; dealer 4 with outlet 12 in the Urals."""
    usual: dict[str, Any] = {
        "regions": (MOSCOW, URAL),
        "orgs": (org(1, "/1/"), org(2, "/1/2/"), org(3, "/1/2/3/"), org(4, "/1/4/")),
        "outlets": (
            outlet(10, 2),
            outlet(11, 3),
            outlet(12, 4, region_code="RU-SVE", tz="Asia/Yekaterinburg", city="Екатеринбург"),
        ),
        "phones": (
            outlet_phone(20, 10),
            outlet_phone(21, 10),
            outlet_phone(22, 11, 3),
            outlet_phone(23, 12, 4),
            operator(30),
            duty(40),
        ),
        "dids": dids(),
    }
    return Directory(**{**usual, **more})


def snapshot(**more: Any) -> RoutingSnapshot:
    options = more.pop("options", RoutingOptions())
    numbering = more.pop("numbering", None)
    extra = {"numbering": numbering} if numbering else {}
    return build_snapshot(directory(**more), 7, MADE_AT, options=options, **extra)
