"""Gaps of the duty roster within a window."""

from datetime import UTC, datetime, timedelta

import pytest

from callcore.network.on_duty import gaps_of
from callcore.network.shifts import Shift

pytestmark = pytest.mark.unit

START = datetime(2026, 3, 16, tzinfo=UTC)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def shift(id: int, since: int, until: int) -> Shift:
    return Shift(id, at(since), at(until), ("p1",))


@pytest.mark.parametrize(
    ("shifts", "gaps"),
    [
        ([], [(0, 24)]),
        ([(-5, 30)], []),
        ([(0, 8), (8, 24)], []),
        ([(0, 8), (9, 23)], [(8, 9), (23, 24)]),
        ([(2, 20), (3, 4)], [(0, 2), (20, 24)]),  # the second lies inside of the first
        ([(30, 40)], [(0, 24)]),
    ],
)
def test_gaps(shifts: list[tuple[int, int]], gaps: list[tuple[int, int]]) -> None:
    rows = [shift(number, *span) for number, span in enumerate(shifts)]
    assert gaps_of(rows, at(0), at(24)) == tuple((at(since), at(until)) for since, until in gaps)
