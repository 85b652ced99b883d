"""Is an outlet open at an instant, why, and until when: its week, special days and an override by hand. Pure.

A period belongs to the day on which it begins: the night before a holiday ends when it always ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from callcore.network.days import CalendarDay, DayException, DayKind, HoursOverride
from callcore.routing.hours import Period, WeekHours, as_text, parse_periods, week_minute

_DAY = timedelta(days=1)
_DAY_MIN = 24 * 60
_SEARCH_DAYS = 15  # longer than the January holidays
_FRIDAY, _SATURDAY = 4, 5


class Why(StrEnum):
    """What decided. Stored with calls: never renamed."""

    WEEK = "week"
    HOLIDAY = "holiday"
    WORKDAY = "workday"
    EXCEPTION = "exception"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date that does not follow the week; `text` are its periods as people write them."""

    periods: tuple[Period, ...]
    why: Why
    title: str
    text: str = ""


class Wall(NamedTuple):
    """An instant on the clock of a zone, taken apart once for many schedules."""

    local: datetime
    today: date
    week_minute: int


def wall_of(now: datetime, zone: tzinfo) -> Wall:
    local = now.astimezone(zone)
    return Wall(local, local.date(), week_minute(local))


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Hours on the clock of a zone. One object for all outlets with equal hours: a decision asks each only once. `near`
    are the dates on which a special day or the night that it began may count."""

    hours: WeekHours
    zone: tzinfo
    days: Mapping[date, SpecialDay] = field(default_factory=dict)
    override: HoursOverride | None = None
    near: frozenset[date] = frozenset()

    def is_open(self, now: datetime) -> bool:
        return self.is_open_at(now, wall_of(now, self.zone))

    def is_open_at(self, now: datetime, wall: "Wall") -> bool:
        """`wall` is `now` on the schedule's own clock."""
        if self.override is not None and now < self.override.until:
            return self.override.is_open
        if wall.today in self.near:
            return self._is_open_near(wall)
        return self.hours.is_open_at(wall.week_minute)

    def _is_open_near(self, wall: "Wall") -> bool:
        minute = wall.week_minute % _DAY_MIN
        for start, end in self.periods(wall.today):
            if start <= minute and (minute < end or end <= start):
                return True
        return any(end <= start and minute < end for start, end in self.periods(wall.today - _DAY))

    def periods(self, day: date) -> tuple[Period, ...]:
        special = self.days.get(day)
        return self.hours.days[day.weekday()] if special is None else special.periods

    def reason(self, now: datetime) -> tuple[Why, SpecialDay | None]:
        """What rules at this instant; the special day when it is one of today's date."""
        if self.override is not None and now < self.override.until:
            return Why.OVERRIDE, None
        special = self.days.get(now.astimezone(self.zone).date())
        return (Why.WEEK, None) if special is None else (special.why, special)

    def changes_at(self, now: datetime) -> datetime | None:
        """The next instant at which it opens or closes; None when it does not within two weeks."""
        is_open = self.is_open(now)
        return next((edge for edge in sorted(self._edges(now)) if self.is_open(edge) != is_open), None)

    def _edges(self, now: datetime) -> Iterator[datetime]:
        if self.override is not None and now < self.override.until:
            yield self.override.until.astimezone(UTC)
        today = now.astimezone(self.zone).date()
        for shift in range(-1, _SEARCH_DAYS):
            day = today + shift * _DAY
            for start, end in self.periods(day):
                for minute in (start, end if end > start else end + _DAY_MIN):
                    edge = self._instant(day, minute)
                    if edge > now:
                        yield edge

    def _instant(self, day: date, minute: int) -> datetime:
        days, rest = divmod(minute, _DAY_MIN)
        wall = datetime.combine(day + days * _DAY, time(rest // 60, rest % 60), tzinfo=self.zone)
        return wall.astimezone(UTC)


def make_schedule(
    hours: WeekHours,
    zone: tzinfo,
    calendar: Sequence[CalendarDay],
    exceptions: Sequence[DayException],
    override: HoursOverride | None,
) -> Schedule:
    """Raises ValueError for an exception's periods that cannot be read."""
    days = special_days(hours, calendar, exceptions)
    return Schedule(hours, zone, days, override, frozenset(days) | {day + _DAY for day in days})


def special_days(
    hours: WeekHours, calendar: Sequence[CalendarDay], exceptions: Sequence[DayException]
) -> dict[date, SpecialDay]:
    """`calendar` is that of the outlet's place, a region's day after the country's; an exception beats both. A working
    Saturday of an outlet that is closed on Saturdays has the hours of Friday; short days change nothing. Raises ValueError
    for periods that cannot be read."""
    days: dict[date, SpecialDay] = {}
    for item in calendar:
        days.pop(item.day, None)
        weekday = item.day.weekday()
        if item.kind is DayKind.OFF:
            days[item.day] = SpecialDay((), Why.HOLIDAY, item.title)
        elif item.kind is DayKind.WORK and weekday >= _SATURDAY and not hours.days[weekday]:
            friday = hours.days[_FRIDAY]
            days[item.day] = SpecialDay(friday, Why.WORKDAY, item.title, hours.texts[_FRIDAY])
    for exception in exceptions:
        periods = parse_periods(exception.periods)
        days[exception.day] = SpecialDay(periods, Why.EXCEPTION, exception.reason, as_text(periods))
    return days
