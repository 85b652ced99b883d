"""The seven rows: what is stored comes back, what is wrong is said, whatever is typed does not raise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.routing.hours import DAYS, parse_hours
from web.dealers.hours_form import DayForm, WeekForm, as_clock, read_week, show_week

pytestmark = pytest.mark.unit


def sent(week: WeekForm) -> dict[str, str]:
    form = {"works_on_holidays": "1"} if week.works_on_holidays else {}
    for day in week.days:
        form |= {f"{day.key}-opens": day.opens, f"{day.key}-closes": day.closes}
        for number, (start, end) in enumerate(day.breaks):
            form |= {f"{day.key}-from-{number}": start, f"{day.key}-to-{number}": end}
    return form


minutes = st.integers(0, 24 * 60 - 1)
edges = st.lists(minutes, min_size=2, max_size=8, unique=True).map(sorted)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@given(st.lists(st.one_of(st.none(), edges), min_size=7, max_size=7), st.booleans())
@settings(max_examples=100, deadline=None)
def test_stored_hours_come_back_from_the_form(days, works):
    stored = {
        key: [[clock(a), clock(b)] for a, b in zip(day[::2], day[1::2], strict=False)]
        for key, day in zip(DAYS, days, strict=True)
        if day
    }
    week = read_week(sent(show_week(stored, works)))
    assert not week.has_errors
    assert week.works_on_holidays is works
    assert parse_hours(week.hours).edges == parse_hours(stored).edges


@given(
    st.dictionaries(
        st.sampled_from([f"{day}-{name}" for day in DAYS for name in ("opens", "closes", "from-0", "to-0")]),
        st.one_of(st.text(max_size=9), minutes.map(clock)),
        max_size=28,
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_typed_is_hours_or_errors(form):
    week = read_week(form)
    if not week.has_errors:
        parse_hours(week.hours)


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
