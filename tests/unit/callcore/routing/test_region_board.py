"""What a region has at one instant, and who would stand in for it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from callcore.network.directory_rows import Outlet, Region
from callcore.network.presence_rows import Place, Presence, Seller
from callcore.routing.region_board import BoardRegion, region_board

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # Monday, noon in Moscow
DAY = {"mon": [["09:00", "18:00"]]}
MOSCOW = Region("RU-MOW", "Москва", "Europe/Moscow", ("RU-MOS", "RU-KLU"))
AROUND = Region("RU-MOS", "Московская область", "Europe/Moscow", ("RU-MOW", "RU-KLU"))
KALUGA = Region("RU-KLU", "Калужская область", "Europe/Moscow", ("RU-MOS", "RU-MOW"))
FAR = Region("RU-KGD", "Калининградская область", "Europe/Kaliningrad")


def seller(id: int, region: str | None = "RU-MOW", **more: Any) -> Seller:
    usual = {"serves": frozenset(), "takes_site_calls": True, "is_suspended": False}
    return Seller(id, f"Дилер {id}", region, **usual | more)


def place(id: int, org_id: int, *, has_phones: bool = True, **more: Any) -> Place:
    usual = {"name": "Точка", "city": "", "region_code": "RU-MOW", "tz": "Europe/Moscow", "hours": DAY}
    return Place(Outlet(**{"id": id, "org_id": org_id} | usual | more), "", has_phones, None, None)


def board(*sellers: Seller, places: tuple[Place, ...] = (), **more: Any) -> dict[str, BoardRegion]:
    known = {one.id: one for one in sellers}
    presence = Presence((MOSCOW, AROUND, KALUGA, FAR), known, places, (), **more)
    return {one.region.code: one for one in region_board(presence, NOON)}


@pytest.mark.parametrize(
    ("more", "of_seller", "why_not"),
    [
        ({}, {}, ""),
        ({"hours": {"tue": [["09:00", "18:00"]]}}, {}, "closed"),
        ({"hours": {"mon": "always"}}, {}, "hours-unreadable"),
        ({"tz": "Mars/Base"}, {}, "hours-unreadable"),
        ({"accepts_calls": False}, {}, "not-accepting"),
        ({"has_phones": False}, {}, "no-phones"),
        ({}, {"is_suspended": True}, "suspended"),
        ({}, {"takes_site_calls": False}, "no-site-calls"),
    ],
)
def test_why_an_outlet_would_not_ring(more: dict[str, Any], of_seller: dict[str, Any], why_not: str) -> None:
    found = board(seller(1, **of_seller), places=(place(1, 1, **more),))["RU-MOW"]
    assert found.places[0].why_not == why_not
    assert found.ready == (why_not == "")


def test_here_from_elsewhere_and_next_door() -> None:
    serving = seller(1, serves=frozenset({"RU-KLU"}))
    found = board(serving, places=(place(1, 1),))
    assert found["RU-MOW"].here == (serving,)
    assert found["RU-KLU"].from_elsewhere == (serving,)
    assert found["RU-MOS"].neighbours == (serving,)
    assert found["RU-KLU"].neighbours == ()
    assert [code for code, one in found.items() if one.is_served] == ["RU-MOW", "RU-KLU"]
    assert found["RU-KGD"].neighbours == ()


def test_who_serves_a_neighbouring_region_from_afar_is_a_neighbour_too() -> None:
    serving = seller(1, "RU-KGD", serves=frozenset({"RU-KLU"}))
    found = board(serving, places=(place(1, 1, region_code="RU-KGD", hours={}),))
    assert found["RU-MOW"].neighbours == (serving,), "closed now, but able"


def test_neighbours_only_where_the_policy_lets_calls_go_and_somebody_is_able() -> None:
    assert board(seller(1), places=(place(1, 1),), to_neighbours=False)["RU-MOS"].neighbours == ()
    assert board(seller(1), places=(place(1, 1, accepts_calls=False),))["RU-MOS"].neighbours == ()


def test_a_suspended_dealer_serves_nobody() -> None:
    assert not board(seller(1, is_suspended=True))["RU-MOW"].is_served


def test_an_outlet_of_nobody_known_is_not_told() -> None:
    assert board(places=(place(1, 9),))["RU-MOW"].places == ()
