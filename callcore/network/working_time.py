"""Office time: when a task for people falls due. Working days by the production calendar, nine to six. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcore.network.days import CalendarDay, DayKind

OPENS: Final = time(9)
CLOSES: Final = time(18)
MORNING: Final = time(10)
_DAY: Final = timedelta(days=1)
_SEARCH_DAYS: Final = 30  # longer than the January holidays


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """The office's clock of one zone; `days` are those of the whole country that differ from the week."""

    tz: str
    days: Mapping[date, DayKind] = field(default_factory=dict)

    @classmethod
    def of(cls, tz: str, calendar: Iterable[CalendarDay]) -> "WorkingTime":
        return cls(tz, {item.day: item.kind for item in calendar if not item.region_code})

    def is_working_day(self, day: date) -> bool:
        kind = self.days.get(day)
        return day.weekday() < 5 if kind is None else kind is not DayKind.OFF

    def next_morning(self, at: datetime) -> datetime:
        """The first MORNING of a working day after `at`; UTC."""
        return self._first(at, MORNING)

    def after(self, at: datetime, lapse: timedelta) -> datetime:
        """`lapse` of working time later; UTC."""
        start = self._into(at)
        for _ in range(_SEARCH_DAYS * 12):
            left = self._at(start.astimezone(ZoneInfo(self.tz)).date(), CLOSES) - start
            if lapse <= left or left <= timedelta():  # the latter in a calendar without working days
                break
            start, lapse = self._first(start, OPENS), lapse - left
        return start + lapse

    def _into(self, at: datetime) -> datetime:
        """`at` itself when people work then, else the next opening."""
        day = at.astimezone(ZoneInfo(self.tz)).date()
        if self.is_working_day(day) and self._at(day, OPENS) <= at < self._at(day, CLOSES):
            return at.astimezone(UTC)
        return self._first(at, OPENS)

    def _first(self, at: datetime, clock: time) -> datetime:
        day = at.astimezone(ZoneInfo(self.tz)).date()
        for _ in range(_SEARCH_DAYS):
            if self.is_working_day(day) and (found := self._at(day, clock)) > at:
                return found
            day += _DAY
        return at.astimezone(UTC) + _DAY  # a calendar without working days

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(self.tz)).astimezone(UTC)
