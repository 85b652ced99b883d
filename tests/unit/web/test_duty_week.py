"""The week of the roster: pieces cut at midnight of the viewer's clock; the form of a shift."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcore.network.duty import DutyPhone, ShiftView
from callcore.network.duty_plan import Span
from web.duty.form import read_shift
from web.duty.week import midnight, month_weeks, span_words, week_days

pytestmark = pytest.mark.unit

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
URAL = "Asia/Yekaterinburg"
HOUR = timedelta(hours=1)


def shift(start_h, end_h, *, id=1):
    """Hours from midnight of Monday on the clock of the Urals."""
    begin = midnight(MONDAY, ZoneInfo(URAL))
    phones = (DutyPhone(7, "Иванов", "+79000000001"), DutyPhone(8, "Петров", "102"))
    return ShiftView(id, begin + start_h * HOUR, begin + end_h * HOUR, URAL, phones, "ключи", 1)


def away(start_h, end_h):
    begin = midnight(MONDAY, ZoneInfo(URAL))
    return Span(begin + start_h * HOUR, begin + end_h * HOUR)


def pieces(day):
    return [(piece.kind, piece.hours, piece.left, piece.width) for piece in day.pieces]


def test_a_night_is_two_pieces_and_the_gap_behind_it_one():
    monday, tuesday, *_ = week_days(MONDAY, [shift(18, 30)], [away(18, 36)], URAL, NOW)
    assert pieces(monday) == [("office", "00:00–18:00", 0, 75), ("shift", "18:00–24:00", 75, 25)]
    assert pieces(tuesday) == [
        ("shift", "00:00–06:00", 0, 25),
        ("gap", "06:00–12:00", 25, 25),
        ("office", "12:00–24:00", 50, 50),
    ]
    assert monday.is_today
    assert not tuesday.is_today
    numbers = [piece.number for day in (monday, tuesday) for piece in day.pieces]
    assert numbers == [1, 2, 3, 4, 5]


def test_a_shift_says_who_is_called_in_which_order():
    (piece,) = (p for p in week_days(MONDAY, [shift(1, 2)], [], URAL, NOW)[0].pieces if p.kind == "shift")
    assert (piece.name, piece.others, piece.note) == ("Иванов", "Петров", "ключи")
    assert "внутр. 102" in piece.whole


def test_of_a_gap_that_has_passed_nothing_is_said():
    days = week_days(MONDAY, [], [away(0, 10), away(16, 20)], URAL, NOW)
    assert [p.hours for p in days[0].pieces if p.kind == "gap"] == ["17:00–20:00"], "the part that is ahead"


def test_the_month_marks_days_with_a_gap():
    weeks = month_weeks(date(2026, 11, 1), [shift(18, 30)], [away(18, 36)], URAL, NOW)
    cells = {cell.at: cell for week in weeks for cell in week}
    assert len(weeks) == 6
    assert [name for name, _ in cells[MONDAY].names] == ["Иванов"]
    assert not cells[MONDAY].has_gap
    assert cells[MONDAY + timedelta(days=1)].has_gap


def test_a_span_in_words():
    assert span_words(away(21, 33), URAL) == "23 ноября с 21:00 до 09:00"
    assert span_words(away(21, 72), URAL) == "с 23 ноября, 21:00 до 26 ноября, 00:00"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"day": "0001-01-01"}, ["day"]),
        ({"start": "25"}, ["start"]),
        ({"tz": "../etc"}, ["tz"]),
        ({"repeat": "hourly"}, ["repeat"]),
        ({"repeat": "weekly", "until": ""}, ["until"]),
        ({"phone-2": "х"}, ["phone-2"]),
        ({"phone-1": ""}, ["phone-1"]),
    ],
)
def test_the_form_says_what_is_wrong(changes, wrong):
    form = {"day": "2026-11-23", "start": "21:00", "end": "09:00", "tz": URAL, "phone-1": "7"} | changes
    read = read_shift(form)
    assert list(read.errors) == wrong
    assert (read.times is None) is bool(wrong)
    assert read.typed["start"] == form["start"], "what was typed comes back"
