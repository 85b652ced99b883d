"""Shapes, their shades and their words."""

import pytest

from callcore.calls.counts import RegionCalls
from callcore.network.directory_rows import Region
from callcore.network.presence_rows import Seller
from callcore.routing.region_board import BoardRegion
from web.map.drawing import MEASURES, SHOWS, VIEWS, Area, RegionFacts, areas, facts_of, in_words, served_by

pytestmark = pytest.mark.unit

NAMES = {"RU-MOW": "Москва", "RU-MOS": "Московская область", "RU-SVE": "Свердловская область"}


def seller(id: int, *, is_suspended: bool = False) -> Seller:
    return Seller(id, f"Дилер {id}", None, frozenset(), True, is_suspended)


def region(
    code: str, here: int = 0, *, elsewhere: tuple[Seller, ...] = (), near: tuple[Seller, ...] = ()
) -> BoardRegion:
    sellers = tuple(seller(number) for number in range(here))
    return BoardRegion(Region(code, NAMES[code], "Europe/Moscow"), sellers, elsewhere, (), near)


def drawn(
    facts: tuple[RegionFacts, ...], measure: int = 0, show: str = "", *, is_staff: bool = True
) -> dict[str, Area]:
    return {one.shape.code: one for one in areas(facts, MEASURES[measure], show, VIEWS[0], is_staff=is_staff)}


def test_shades_follow_the_biggest_and_who_would_take_its_calls() -> None:
    """Own dealers, from elsewhere, neighbours, nobody; a dealer is not told of others' neighbours."""
    facts = facts_of([region("RU-MOW", 8), region("RU-MOS", 1), region("RU-SVE", near=(seller(7),))], {}, {})
    assert {code: one.look for code, one in drawn(facts).items()} == {
        "RU-MOW": "area-4",
        "RU-MOS": "area-1",
        "RU-SVE": "area-near",
    }
    assert {one.value for one in drawn(facts).values()} == {"8", "1", "0"}
    assert drawn(facts, is_staff=False)["RU-SVE"].look == "area-none"
    assert [one.has_dot for one in drawn(facts).values()] == [False, False, True], "Moscow lies on top"
    far = facts_of([region("RU-SVE", elsewhere=(seller(5),)), region("RU-MOW"), region("RU-MOS", 1)], {}, {})
    assert [one.look for one in drawn(far, 3).values()] == ["area-far", "area-0", "area-none"]


def test_calls_from_where_nobody_serves_stand_out_for_staff() -> None:
    facts = facts_of([region("RU-SVE")], {"RU-SVE": RegionCalls(3, 1, 2)}, {})
    assert drawn(facts, 3)["RU-SVE"].look == "area-alarm"
    assert drawn(facts, 3, is_staff=False)["RU-SVE"].look == "area-4"


def test_a_filter_pales_the_others() -> None:
    facts = facts_of([region("RU-MOW", 1), region("RU-SVE")], {}, {})
    looks = {code: "area-out" in one.look for code, one in drawn(facts, show="bare").items()}
    assert looks == {"RU-MOW": True, "RU-SVE": False}
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
