"""Days that differ from the week: the production calendar, an outlet's exceptions, its override by hand. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from holidays.countries.russia import Russia

FIRST_YEAR, LAST_YEAR = 2013, 2100
_DAY = timedelta(days=1)


class DayKind(StrEnum):
    OFF = "off"
    WORK = "work"  # a day of work although it is a weekend or would be a holiday
    SHORT = "short"  # an hour shorter by law for offices; outlets keep their hours


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """`region_code` empty: the whole country. `is_edited`: written by people over the official calendar."""

    day: date
    kind: DayKind
    title: str
    region_code: str = ""
    is_edited: bool = False


@dataclass(frozen=True, slots=True)
class DayException:
    """One date of one outlet. `periods` as in OutletRow.hours, empty for closed all day."""

    day: date
    periods: tuple[Any, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class HoursOverride:
    """Open or closed by hand until an instant, whatever hours say. There is none without an end."""

    is_open: bool
    until: datetime
    reason: str


@cache
def official_days(year: int) -> tuple[CalendarDay, ...]:
    """Holidays, moved days off, working Saturdays and short days of Russia, in order. Empty outside of the years that
    the law we know covers. Source: the `holidays` package; short days by article 95 of the Labour Code."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return ()
    known = Russia(years=(year - 1, year, year + 1), language="ru")  # type: ignore[no-untyped-call]
    off = {day: known[day] for day in known if day.year == year}
    work = {day for day in known.weekend_workdays if day.year == year and day not in known}
    short = {day - _DAY for day in off if day - _DAY not in known and _is_statutory(off[day])}
    days = [CalendarDay(day, DayKind.OFF, title) for day, title in off.items()]
    days += [CalendarDay(day, DayKind.WORK, "Рабочий день по переносу") for day in work]
    days += [
        CalendarDay(day, DayKind.SHORT, "Предпраздничный день")
        for day in short
        if day.year == year and day.weekday() < 5
    ]
    return tuple(sorted(days, key=lambda item: (item.day, item.kind)))


def _is_statutory(title: str) -> bool:
    return "выходной" not in title.lower()


def calendar_between(first: date, last: date, edits: Iterable[CalendarDay]) -> tuple[CalendarDay, ...]:
    """The official days with people's edits over them; an edit for the whole country replaces the official day, one
    for a region stands beside it. Both ends belong to it."""
    days = {
        (item.day, ""): item
        for year in range(first.year, last.year + 1)
        for item in official_days(year)
        if first <= item.day <= last
    }
    days |= {(item.day, item.region_code): item for item in edits if first <= item.day <= last}
    return tuple(sorted(days.values(), key=lambda item: (item.day, item.region_code)))
