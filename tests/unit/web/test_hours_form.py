"""The seven rows: what is stored comes back, what is wrong is said, whatever is typed does not raise."""

import re
from datetime import datetime, time
from pathlib import Path

import pytest

from web.dealers.hours_form import DayForm, show_week
from web.ui.clock import as_clock, minute_of, time_of, typed_moment

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("periods", "row"),
    [
        ([["00:00", "24:00"]], DayForm("mon", "Понедельник", "00:00", "00:00")),
        ([["22:00", "06:00"]], DayForm("mon", "Понедельник", "22:00", "06:00")),
        ([["09:00", "13:00"], ["13:00", "18:00"]], DayForm("mon", "Понедельник", "09:00", "18:00")),
        (
            [["09:00", "13:00"], ["14:00", "18:00"]],
            DayForm("mon", "Понедельник", "09:00", "18:00", (("13:00", "14:00"),)),
        ),
    ],
)
def test_periods_become_a_row(periods, row):
    assert show_week({"mon": periods}, works_on_holidays=False).days[0] == row


def test_hours_that_cannot_be_read_say_so():
    assert "заново" in show_week({"mon": "нет"}, works_on_holidays=False).days[0].error
    assert "заново" in show_week({"mon": 5}, works_on_holidays=False).days[0].error


def test_monday_goes_to_workdays_only():
    week = show_week({"mon": [["10:00", "20:00"]], "sun": [["11:00", "15:00"]]}, works_on_holidays=False)
    copied = week.monday_on_workdays()
    assert [day.opens for day in copied.days] == ["10:00"] * 5 + ["", "11:00"]
    assert copied.day_off("wed").days[2].is_off


@pytest.mark.parametrize(
    ("typed", "clock"),
    [
        ("9", "09:00"), ("09", "09:00"), ("900", "09:00"), ("1830", "18:30"), ("9.30", "09:30"), ("9-30", "09:30"),
        ("24", "00:00"), ("24:00", "00:00"), ("0", "00:00"), ("25", "25"), ("2430", "2430"), ("9:3", "9:3"), ("960", "960"),
        ("٩", "٩"), ("", ""), ("девять", "девять"),
    ],
)  # fmt: skip
def test_times_as_tired_people_type_them(typed, clock):
    assert as_clock(typed) == clock


def test_times_and_moments_of_other_forms_are_read_alike():
    assert (time_of("8"), minute_of("24:00"), minute_of("18.30")) == (time(8), 0, 18 * 60 + 30)
    assert time_of("25") is time_of("") is minute_of("девять") is None
    assert typed_moment({"at-day": "2026-03-08", "at-clock": "3"}, "at") == "2026-03-08T03:00"
    assert typed_moment({"at": "2026-03-08T03:00", "at-day": ""}, "at") == "2026-03-08T03:00"
    assert typed_moment({"at-day": "", "at-clock": " "}, "at") == ""
    with pytest.raises(ValueError, match="Invalid isoformat"):
        datetime.fromisoformat(typed_moment({"at-day": "2026-03-08"}, "at"))


def test_no_page_asks_for_a_time_in_the_words_of_the_browser():
    pages = [path for path in Path("web").rglob("*.html") if "gallery" not in path.name]
    assert len(pages) > 100
    assert not [
        path for path in pages if re.search(r'(type=|, )"(time|datetime-local)"', path.read_text("utf-8"))
    ]
