"""Fifteen minutes of the time in which somebody is there."""

from datetime import UTC, datetime, timedelta

import pytest

from callcore.bootstrap.open_hours import OpenHours, open_time_after
from callcore.routing.hours import parse_hours
from callcore.routing.opening import Schedule

pytestmark = pytest.mark.unit
QUARTER = timedelta(minutes=15)
WEEK = {
    "mon": [["10:00", "20:00"]],
    "tue": [["10:00", "10:05"], ["12:00", "18:00"]],
    "sat": [["22:00", "02:00"]],
}
MONDAY = datetime(2026, 3, 16, tzinfo=UTC)


def schedule(week: dict[str, list[list[str]]]) -> Schedule:
    return Schedule(parse_hours(week), UTC)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (timedelta(hours=11), timedelta(hours=11, minutes=15)),
        (timedelta(hours=8), timedelta(hours=10, minutes=15)),
        (timedelta(hours=19, minutes=50), timedelta(days=1, hours=10, minutes=5)),  # ten minutes, then five
        (timedelta(hours=20), timedelta(days=1, hours=12, minutes=10)),
        (timedelta(days=5, hours=23, minutes=55), timedelta(days=6, minutes=10)),  # through midnight
    ],
)
def test_terms(at: timedelta, due: timedelta) -> None:
    assert open_time_after(schedule(WEEK), MONDAY + at, QUARTER) == MONDAY + due


def test_place_without_an_open_minute_gives_no_term() -> None:
    assert open_time_after(schedule({}), MONDAY, QUARTER) is None
    assert OpenHours(lambda: None).after(1, 1, MONDAY, QUARTER) is None
