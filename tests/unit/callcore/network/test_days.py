"""The official calendar against the decrees, and people's edits over it."""

from datetime import date, timedelta

import pytest

from callcore.network.days import CalendarDay, DayKind, calendar_between, official_days

pytestmark = pytest.mark.unit

# Government decrees on moved days; the production calendar of each year.
MOVED_OFF = {
    2024: ("04-29", "04-30", "05-10", "12-30", "12-31"),
    2025: ("05-02", "05-08", "06-13", "11-03", "12-31"),
    2026: ("01-09", "03-09", "05-11", "12-31"),
    2027: ("02-22", "05-03", "05-10", "06-14", "11-05", "12-31"),
}
HOLIDAYS = (*(f"01-0{n}" for n in range(1, 9)), "02-23", "03-08", "05-01", "05-09", "06-12", "11-04")
WORK = {2024: ("04-27", "11-02", "12-28"), 2025: ("11-01",), 2026: (), 2027: ("02-20",)}
SHORT = {2024: ("02-22", "03-07", "05-08", "06-11"), 2026: ("04-30", "05-08", "06-11", "11-03")}


def of_kind(year, kind):
    return sorted(f"{item.day:%m-%d}" for item in official_days(year) if item.kind is kind)


@pytest.mark.parametrize("year", MOVED_OFF)
def test_days_off_and_working_saturdays_are_those_of_the_decrees(year):
    assert of_kind(year, DayKind.OFF) == sorted({*HOLIDAYS, *MOVED_OFF[year]})
    assert of_kind(year, DayKind.WORK) == sorted(WORK[year])


@pytest.mark.parametrize("year", SHORT)
def test_short_days_stand_before_holidays(year):
    assert of_kind(year, DayKind.SHORT) == sorted(SHORT[year])


def test_years_that_no_law_covers_are_empty():
    assert official_days(1990) == ()
    assert official_days(9999) == ()


def test_every_day_off_has_a_name():
    assert all(item.title for year in range(2022, 2030) for item in official_days(year))


def test_an_edit_replaces_the_official_day_and_a_regions_day_stands_beside_it():
    day = date(2027, 3, 8)
    ours = CalendarDay(day, DayKind.WORK, "Работаем", is_edited=True)
    theirs = CalendarDay(day, DayKind.OFF, "День республики", "RU-TA", is_edited=True)
    found = calendar_between(day, day, (theirs, ours, CalendarDay(day + timedelta(1), DayKind.OFF, "мимо")))
    assert found == (ours, theirs)


def test_a_span_may_cross_the_new_year():
    found = calendar_between(date(2026, 12, 31), date(2027, 1, 1), ())
    assert [item.day for item in found] == [date(2026, 12, 31), date(2027, 1, 1)]
