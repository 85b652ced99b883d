"""What is worked out beforehand is what would be said when a call comes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcore.network.days import DayException, HoursOverride
from callcore.routing.hours import parse_hours
from callcore.routing.opening import Schedule, make_schedule
from callcore.routing.quarters import Quarters

pytestmark = pytest.mark.unit

FRIDAY = date(2026, 3, 27)  # clocks go forward in Berlin on the Sunday after it
WEEKS = (
    {"mon": [["09:00", "18:00"]], "fri": [["22:15", "02:30"]], "sat": [["00:00", "24:00"]]},
    {"sun": [["02:45", "03:00"], ["20:00", "08:00"]]},
)
ZONES = ("Europe/Moscow", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "Australia/Lord_Howe")


def schedules() -> list[Schedule]:
    closed = DayException(FRIDAY, (), "Учёт")
    return [
        make_schedule(parse_hours(week), ZoneInfo(zone), (), days, None)
        for week in WEEKS
        for zone in ZONES
        for days in ((), (closed,))
    ]


def test_every_minute_of_four_days_is_as_a_schedule_says_itself() -> None:
    known = schedules()
    quarters = Quarters(known)
    now = datetime(2026, 3, 27, 12, tzinfo=UTC)
    for _ in range(4 * 24 * 20):
        now += timedelta(minutes=3)
        quarters.prepare(now)
        assert dict(quarters.at(now)) == {one: not one.is_open(now) for one in known}
        assert quarters.at(now + timedelta(minutes=15)), "the next quarter is ready before it begins"


def test_what_may_change_inside_a_quarter_is_not_prepared() -> None:
    now = datetime(2026, 3, 27, 12, tzinfo=UTC)
    odd = make_schedule(parse_hours({"fri": [["09:10", "18:00"]]}), UTC, (), (), None)
    held = make_schedule(
        parse_hours(WEEKS[0]), UTC, (), (), HoursOverride(True, now + timedelta(minutes=1), "Учёт")
    )
    special = make_schedule(
        parse_hours(WEEKS[0]), UTC, (), (DayException(FRIDAY, (("10:00", "11:59"),), "Учёт"),), None
    )
    quarters = Quarters([odd, held, special])
    quarters.prepare(now)
    assert not quarters.at(now)


def test_what_was_not_prepared_is_not_known() -> None:
    quarters = Quarters(schedules())
    assert not quarters.at(datetime(2026, 3, 27, 12, tzinfo=UTC))
