"""What repeats becomes spans; what nobody covers is a gap."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from callcore.network.duty_plan import Repeat, ShiftTimes, Span, gaps, uncovered

pytestmark = pytest.mark.unit

MONDAY = date(2026, 11, 23)
AT, HOUR = datetime(2026, 11, 23, tzinfo=UTC), timedelta(hours=1)


def span(start, end):
    return Span(AT + start * HOUR, AT + end * HOUR)


def test_a_night_ends_on_the_next_day_of_its_own_clock():
    (night,) = ShiftTimes(MONDAY, time(21), time(9), "Asia/Yekaterinburg").spans
    assert night == Span(datetime(2026, 11, 23, 16, tzinfo=UTC), datetime(2026, 11, 24, 4, tzinfo=UTC))


def test_a_whole_day_is_written_with_equal_times():
    (day,) = ShiftTimes(MONDAY, time(9), time(9), "Europe/Moscow").spans
    assert day.ends_at - day.starts_at == 24 * HOUR


@pytest.mark.parametrize(
    ("repeat", "until", "days"),
    [
        (Repeat.DAILY, date(2026, 11, 25), 3),
        (Repeat.WEEKLY, date(2026, 12, 7), 3),
        (Repeat.WEEKLY, date(2026, 12, 6), 2),
        (Repeat.DAILY, date(2026, 11, 1), 0),
        (Repeat.DAILY, date(2036, 11, 1), 93),
        (Repeat.NONE, date(2036, 11, 1), 1),
    ],
)
def test_a_repetition_has_an_end(repeat, until, days):
    assert len(ShiftTimes(MONDAY, time(21), time(9), "Europe/Moscow", repeat, until).spans) == days


def test_gaps_lie_where_nobody_stands():
    shifts = [span(2, 4), span(3, 5), span(8, 30)]
    assert uncovered(shifts, AT, AT + 10 * HOUR) == (span(0, 2), span(5, 8))
    assert uncovered([], AT, AT + HOUR) == (span(0, 1),)
    assert uncovered([span(-5, 50)], AT, AT + HOUR) == ()
    assert gaps(shifts, [span(1, 3), span(4, 6), span(7, 8)]) == (span(1, 2), span(5, 6), span(7, 8))
