"""The week as seven rows of a form: from, to, breaks between. Pure.

A row left empty is a day off. Fields are text on a clock of 24 hours: a browser's own clock field speaks its own language
(AM, PM). Whatever was typed comes back, with errors by the row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from callcore.routing.hours import DAYS, parse_periods
from web.ui.clock import as_clock

DAY_NAMES: Final = ("Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота", "Воскресенье")
MAX_BREAKS: Final = 6
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MIDNIGHT = "00:00"
_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class DayForm:
    """One row; times are texts as typed. `breaks` has at least one pair, empty when there is no break."""

    key: str
    name: str
    opens: str = ""
    closes: str = ""
    breaks: tuple[tuple[str, str], ...] = (("", ""),)
    error: str = ""

    @property
    def is_off(self) -> bool:
        return not (self.opens or self.closes or any(any(pair) for pair in self.breaks))

    @property
    def is_night(self) -> bool:
        """It ends on the next day."""
        return bool(self.opens and self.closes) and self.closes <= self.opens and self.closes != _MIDNIGHT

    def filled_as(self, other: "DayForm") -> "DayForm":
        return replace(other, key=self.key, name=self.name)


@dataclass(frozen=True, slots=True)
class WeekForm:
    days: tuple[DayForm, ...]
    works_on_holidays: bool = False

    @property
    def has_errors(self) -> bool:
        return any(day.error for day in self.days)

    @property
    def hours(self) -> dict[str, Any]:
        """In the stored form; only without errors."""
        return {day.key: [list(pair) for pair in _periods(day)] for day in self.days if not day.is_off}

    def monday_on_workdays(self) -> "WeekForm":
        monday = self.days[0]
        return replace(self, days=tuple(d.filled_as(monday) if i < 5 else d for i, d in enumerate(self.days)))

    def day_off(self, key: str) -> "WeekForm":
        return replace(self, days=tuple(DayForm(d.key, d.name) if d.key == key else d for d in self.days))


def read_week(form: Mapping[str, Any]) -> WeekForm:
    """What was typed, checked."""
    days = []
    for key, name in zip(DAYS, DAY_NAMES, strict=True):
        breaks = []
        for number in range(MAX_BREAKS):
            pair = _text(form, f"{key}-from-{number}"), _text(form, f"{key}-to-{number}")
            if any(pair):
                breaks.append(pair)
        day = DayForm(
            key, name, _text(form, f"{key}-opens"), _text(form, f"{key}-closes"), tuple(breaks) or (("", ""),)
        )
        days.append(replace(day, error=_error(day)))
    return WeekForm(tuple(days), bool(form.get("works_on_holidays")))


def show_week(hours: Mapping[str, Any], works_on_holidays: bool) -> WeekForm:
    """Stored hours; a day that cannot be read is empty and says so."""
    days = tuple(_shown(key, name, hours.get(key)) for key, name in zip(DAYS, DAY_NAMES, strict=True))
    return WeekForm(days, works_on_holidays)


def _shown(key: str, name: str, raw: Any) -> DayForm:
    try:
        joined: list[tuple[int, int]] = []
        for start, end in parse_periods(raw or ()):
            last = end if end > start else end + _DAY_MIN
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(joined[-1][1], last)
            else:
                joined.append((start, last))
    except (ValueError, TypeError):
        return DayForm(key, name, error="Часы этого дня записаны с ошибкой: укажите их заново")
    if not joined:
        return DayForm(key, name)
    breaks = tuple((_clock(one[1]), _clock(two[0])) for one, two in pairwise(joined))
    return DayForm(key, name, _clock(joined[0][0]), _clock(joined[-1][1]), breaks[:MAX_BREAKS] or (("", ""),))


def _error(day: DayForm) -> str:
    if day.is_off:
        return ""
    times = (day.opens, day.closes, *(time for pair in day.breaks for time in pair))
    if any(time and not _TIME.fullmatch(time) for time in times):
        return "Время пишется как 09:00"
    if not (day.opens and day.closes):
        return "Укажите и начало, и конец дня; для выходного очистите строку"
    if day.breaks == (("", ""),):
        return ""
    if any(not all(pair) for pair in day.breaks):
        return "Укажите и начало, и конец перерыва"
    edges = [day.opens, *(time for pair in sorted(day.breaks) for time in pair)]
    if day.closes > day.opens:
        edges.append(day.closes)
    if any(after <= before for before, after in pairwise(edges)):
        return "Перерыв должен лежать внутри рабочего времени и кончаться до полуночи"
    return ""


def _periods(day: DayForm) -> list[tuple[str, str]]:
    breaks = sorted(pair for pair in day.breaks if all(pair))
    edges = [day.opens, *(time for pair in breaks for time in pair), day.closes]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return as_clock(value.strip()[:8]) if isinstance(value, str) else ""


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
