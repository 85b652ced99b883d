"""Duty is needed when operators are away."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcore.network.days import CalendarDay, DayKind
from callcore.network.duty_plan import Span
from callcore.routing.duty_gaps import away_spans, coming_gaps
from callcore.routing.hours import parse_hours
from callcore.routing.opening import make_schedule
from tests.fakes.network import WORKDAYS

pytestmark = pytest.mark.unit

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)  # nine in Moscow
OFF = CalendarDay(date(2026, 11, 25), DayKind.OFF, "Праздник")


def office(*calendar):
    return make_schedule(parse_hours(WORKDAYS), ZoneInfo("Europe/Moscow"), calendar, (), None)


def hours(spans):
    return [((span.starts_at - MONDAY) / HOUR, (span.ends_at - MONDAY) / HOUR) for span in spans]


def test_nights_and_the_weekend():
    found = hours(away_spans(office(), MONDAY, MONDAY + timedelta(days=7)))
    assert found == [(9, 24), (33, 48), (57, 72), (81, 96), (105, 168)]


def test_a_holiday_joins_the_nights_round_it():
    assert (33, 72) in hours(away_spans(office(OFF), MONDAY, MONDAY + timedelta(days=7)))


def test_without_operators_duty_is_needed_always():
    assert hours(away_spans(None, MONDAY, MONDAY + 5 * HOUR)) == [(0, 5)]


def test_a_gap_is_what_no_shift_covers_of_it():
    night = [Span(MONDAY + 9 * HOUR, MONDAY + 20 * HOUR), Span(MONDAY + 33 * HOUR, MONDAY + 48 * HOUR)]
    assert hours(coming_gaps(night, office(), MONDAY))[:2] == [(20, 24), (57, 72)]
    assert hours(coming_gaps([Span(MONDAY, MONDAY + 200 * HOUR)], office(), MONDAY)) == []
