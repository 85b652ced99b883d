from datetime import timedelta

import pytest

from callcore.network.points import Balance
from tests.fakes.clock import MONDAY_NOON
from web.dealers.points_chart import HEIGHT, WIDTH, draw

pytestmark = pytest.mark.unit


def at(hours: float, points: int) -> Balance:
    return Balance(MONDAY_NOON + timedelta(hours=hours), points)


def corners(line: str) -> list[tuple[float, float]]:
    return [(float(left), float(top)) for left, top in (corner.split(",") for corner in line.split())]


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw((), MONDAY_NOON) is None
    assert draw((at(0, 0),), MONDAY_NOON + timedelta(hours=1)) is None
    assert draw((at(0, 0), at(0, 5)), MONDAY_NOON) is None


def test_steps_from_the_first_entry_until_now() -> None:
    chart = draw((at(0, 0), at(0, 100), at(5, 50)), MONDAY_NOON + timedelta(hours=10))
    assert chart is not None
    assert corners(chart.line) == [(0, 116), (0, 116), (0, 4), (300, 4), (300, 60), (600, 60)]
    assert (chart.least, chart.most, chart.zero_y) == (0, 100, 116)


def test_the_line_never_goes_back_nor_out() -> None:
    history = (at(0, -20), at(6, -500), at(2, 300), at(99, 300))
    chart = draw(history, MONDAY_NOON + timedelta(hours=8))
    assert chart is not None
    drawn = corners(chart.line)
    assert [left for left, _ in drawn] == sorted(left for left, _ in drawn)
    assert all(0 <= left <= WIDTH and 0 <= top <= HEIGHT for left, top in drawn)
    assert draw((at(0, 5), at(1, 9)), MONDAY_NOON + timedelta(hours=2)).zero_y is None  # type: ignore[union-attr]
