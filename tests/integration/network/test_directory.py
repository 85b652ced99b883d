"""The network as routing and the tracker see it."""

from datetime import UTC, datetime

import pytest

from callcore.calls.phone_book import PhoneBook
from callcore.network.directory import load_directory
from callcore.network.model import PhoneOwner
from callcore.network.tables import DidRow, OrgRegionRow, OrgRow, OutletRow, PhoneRow, RegionRow, UserRow
from callcore.routing.decide import decide
from callcore.routing.snapshot import build_snapshot

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOURS = {"mon": [["09:00", "18:00"]]}


def org(org_id, path, kind, **more):
    return OrgRow(
        id=org_id, kind=kind, path=path, name=f"Орг {org_id}", tz="Europe/Moscow", created_at=NOW, **more
    )


def user(user_id, **more):
    usual = {"email": f"{user_id}@example.test", "full_name": "", "role": "operator", "password_hash": ""}
    return UserRow(id=user_id, org_id=1, tz="Europe/Moscow", created_at=NOW, **usual, **more)


def phone(phone_id, owner, **more):
    return PhoneRow(id=phone_id, kind="sip", label=f"Телефон {phone_id}", owner=owner, **more)


@pytest.fixture
async def directory(database):
    async with database.transaction() as session:
        session.add_all(
            [RegionRow(code=code, name=code, tz="Europe/Moscow") for code in ("RU-MOW", "RU-TVE")]
        )
        session.add(org(1, "/1/", "manufacturer"))
        await session.flush()
        session.add(org(2, "/1/2/", "dealer", parent_id=1, takes_site_calls=True, state="active"))
        await session.flush()
        session.add(OrgRegionRow(org_id=2, region_code="RU-TVE"))
        place = {
            "name": "Точка",
            "city": "Москва",
            "address": "",
            "region_code": "RU-MOW",
            "tz": "Europe/Moscow",
        }
        session.add(OutletRow(id=5, org_id=2, hours=HOURS, ring_s=15, position=3, **place))
        session.add_all([user(11), user(12, is_active=False)])
        await session.flush()
        session.add_all(
            [
                phone(1, "outlet", outlet_id=5),
                phone(2, "outlet", outlet_id=5, is_active=False),
                phone(3, "operator", user_id=11),
                phone(4, "operator", user_id=12),
                phone(5, "duty", duty_position=1),
                DidRow(id=1, number="+74950000001", label="Тверь", region_code="RU-TVE", source="yandex"),
                DidRow(id=2, number="+74950000002", label="Старый", is_active=False),
            ]
        )
    async with database.session() as session:
        return await load_directory(session)


async def test_what_is_switched_off_is_not_there(directory):
    assert [item.key for item in directory.phones] == ["p1", "p3", "p5"]
    assert [item.number for item in directory.dids] == ["+74950000001"]
    assert [item.code for item in directory.regions] == ["RU-MOW", "RU-TVE"]
    assert directory.orgs[1].region_codes == ("RU-TVE",)
    assert directory.orgs[1].chain == (1, 2)
    assert directory.outlets[0].hours == HOURS


async def test_a_call_is_routed_from_the_database(directory):
    decision = decide(build_snapshot(directory, 1, NOW), "74950000001", "", NOW)
    assert [step.phone_keys for step in decision.plan.steps] == [("p1",), ("p3",), ("p5",)]
    assert (decision.plan.steps[0].ring_s, decision.region_code, decision.source) == (15, "RU-TVE", "yandex")


async def test_the_phone_book_knows_whose_phone_it_is(directory):
    book = PhoneBook(directory)
    at_outlet, operator, duty = book.phone("p1"), book.phone("p3"), book.phone("p5")
    assert (at_outlet.org_id, at_outlet.org_path, at_outlet.outlet_id) == (2, "/1/2/", 5)
    assert (operator.owner, operator.user_id, operator.org_id) == (PhoneOwner.OPERATOR, 11, 1)
    assert (duty.org_id, duty.org_path, duty.user_id) == (None, "", None)
    assert book.phone("p2") is None
    assert book.phone("") is None
