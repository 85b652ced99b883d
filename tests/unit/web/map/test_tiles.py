"""Squares, their shades and their words."""

import pytest

from callcore.calls.counts import RegionCalls
from callcore.network.directory_rows import Region
from callcore.network.presence_rows import Seller
from callcore.routing.region_board import BoardRegion
from web.map.tiles import MEASURES, SHOWS, facts_of, in_words, served_by, squares

pytestmark = pytest.mark.unit

NAMES = {"RU-MOW": "Москва", "RU-MOS": "Московская область", "RU-SVE": "Свердловская область"}


def seller(id: int, *, is_suspended: bool = False) -> Seller:
    return Seller(id, f"Дилер {id}", None, frozenset(), True, is_suspended)


def region(
    code: str, here: int = 0, *, elsewhere: tuple[Seller, ...] = (), near: tuple[Seller, ...] = ()
) -> BoardRegion:
    sellers = tuple(seller(number) for number in range(here))
    return BoardRegion(Region(code, NAMES[code], "Europe/Moscow"), sellers, elsewhere, (), near)


def test_shades_follow_the_biggest_and_zero_is_bare() -> None:
    facts = facts_of([region("RU-MOW", 8), region("RU-MOS", 1), region("RU-SVE")], {}, {})
    drawn, width, height = squares(facts, MEASURES[0], "", is_staff=True)
    looks = {square.code: square.look for square in drawn}
    assert looks == {"RU-MOW": "tile-4", "RU-MOS": "tile-1", "RU-SVE": "tile-none"}
    assert all(0 <= square.x < width and 0 <= square.y < height for square in drawn)
    assert {square.value for square in drawn} == {"8", "1", "0"}


def test_served_from_elsewhere_looks_other_than_left_alone() -> None:
    facts = facts_of([region("RU-SVE", elsewhere=(seller(5),)), region("RU-MOW")], {}, {})
    drawn, *_ = squares(facts, MEASURES[0], "", is_staff=True)
    assert {square.code: square.look for square in drawn} == {"RU-SVE": "tile-far", "RU-MOW": "tile-none"}


def test_calls_from_where_nobody_serves_stand_out_for_staff() -> None:
    facts = facts_of([region("RU-SVE")], {"RU-SVE": RegionCalls(3, 1, 2)}, {})
    assert squares(facts, MEASURES[3], "", is_staff=True)[0][0].look == "tile-alarm"
    assert squares(facts, MEASURES[3], "", is_staff=False)[0][0].look == "tile-4"


def test_a_filter_pales_the_others() -> None:
    facts = facts_of([region("RU-MOW", 1), region("RU-SVE")], {}, {})
    drawn, *_ = squares(facts, MEASURES[0], "bare", is_staff=True)
    assert {square.code: "tile-out" in square.look for square in drawn} == {"RU-MOW": True, "RU-SVE": False}
    assert set(SHOWS) == {"", "bare", "elsewhere", "shut", "calls"}


@pytest.mark.parametrize(
    ("board", "told"),
    [
        (region("RU-SVE", 1), ""),
        (region("RU-SVE", elsewhere=(seller(5),)), "обслуживают издалека: Дилер 5"),
        (region("RU-SVE", elsewhere=tuple(map(seller, range(5)))), "обслуживают издалека: Дилер 0, Дилер 1, Дилер 2 и ещё 2"),
        (region("RU-SVE", near=(seller(7),)), "нет дилера: звонки уйдут соседям (Дилер 7)"),
        (region("RU-SVE"), "нет дилера: звонки уйдут в головной офис"),
        (region("RU-SVE", elsewhere=(seller(5, is_suspended=True),)), "дилер приостановлен: звонки уйдут в головной офис"),
    ],
)  # fmt: skip
def test_who_serves(board: BoardRegion, told: str) -> None:
    assert served_by(facts_of([board], {}, {})[0]) == told


def test_words_say_what_colours_do() -> None:
    (one,) = facts_of([region("RU-MOW", 2)], {"RU-MOW": RegionCalls(41, 37, 3)}, {"RU-MOW": 12})
    assert in_words(one, is_staff=True).replace("\N{NO-BREAK SPACE}", " ") == (
        "Москва: 2 дилера, 0 точек, готовы сейчас 0; за 30 дней 41 звонок, отвечено 92%, 12 заказов"
    )


def test_share_is_of_calls_that_have_ended() -> None:
    assert RegionCalls(10, 3, 1).share == 75
    assert RegionCalls(10, 0, 0).share is None
