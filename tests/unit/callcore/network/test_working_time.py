"""Terms in office time, over weekends and holidays."""

from datetime import UTC, date, datetime, timedelta

import pytest

from callcore.network.days import DayKind, calendar_between
from callcore.network.working_time import WorkingTime

pytestmark = pytest.mark.unit
QUARTER = timedelta(minutes=15)
CALENDAR = calendar_between(date(2026, 1, 1), date(2026, 12, 31), ())
MOSCOW = WorkingTime.of("Europe/Moscow", CALENDAR)


def moscow(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour - 3, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (moscow(3, 16, 12), moscow(3, 16, 12, 15)),
        (moscow(3, 16, 17, 45), moscow(3, 16, 18)),
        (moscow(3, 16, 17, 50), moscow(3, 17, 9, 5)),
        (moscow(3, 16, 18), moscow(3, 17, 9, 15)),
        (moscow(3, 16, 5), moscow(3, 16, 9, 15)),
        (moscow(3, 13, 20), moscow(3, 16, 9, 15)),  # Friday evening
        (moscow(3, 6, 20), moscow(3, 10, 9, 15)),  # before the long weekend of 8 March
    ],
)
def test_quarter_of_working_time(at: datetime, due: datetime) -> None:
    assert MOSCOW.after(at, QUARTER) == due


@pytest.mark.parametrize(
    ("hours", "due"),
    [
        (2, moscow(3, 16, 10)),  # an hour of Friday is left, the other is of Monday
        (10, moscow(3, 16, 18)),
        (29, moscow(3, 19, 10)),
    ],
)
def test_many_hours_take_many_days(hours: int, due: datetime) -> None:
    assert MOSCOW.after(moscow(3, 13, 17), timedelta(hours=hours)) == due


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (moscow(3, 16, 23), moscow(3, 17, 10)),
        (moscow(3, 17, 4), moscow(3, 17, 10)),
        (moscow(3, 17, 10), moscow(3, 18, 10)),
        (moscow(3, 14, 12), moscow(3, 16, 10)),
    ],
)
def test_next_working_morning(at: datetime, due: datetime) -> None:
    assert MOSCOW.next_morning(at) == due


def test_peoples_edits_rule() -> None:
    office = WorkingTime("Europe/Moscow", {date(2026, 3, 17): DayKind.OFF, date(2026, 3, 21): DayKind.WORK})
    assert office.next_morning(moscow(3, 16, 12)) == moscow(3, 18, 10)
    assert office.next_morning(moscow(3, 20, 12)) == moscow(3, 21, 10)


def test_calendar_without_working_days_still_gives_a_term() -> None:
    first = date(2026, 1, 1)
    never = WorkingTime("Europe/Moscow", {first + timedelta(days=n): DayKind.OFF for n in range(400)})
    at = moscow(3, 16, 12)
    assert at < never.after(at, QUARTER) <= at + timedelta(days=2)
