"""Opening hours of an outlet, in its own zone. Pure.

Stored as {"mon": [["09:00", "13:00"], ["14:00", "18:00"]], …}: minutes of the local clock. A period whose end is not
later than its start runs over midnight; ["00:00", "24:00"] and ["00:00", "00:00"] are the whole day.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_DAY_MIN = 24 * 60

Period = tuple[int, int]  # minutes of the local day: start, end


@dataclass(frozen=True, slots=True)
class WeekHours:
    """Seven days from Monday, each a tuple of periods in order of their start. Hashable: equal hours are one key."""

    days: tuple[tuple[Period, ...], ...]

    def is_open(self, local: datetime) -> bool:
        """`local` is the instant on the outlet's own clock. The end of a period is already closed."""
        minute = local.hour * 60 + local.minute
        weekday = local.weekday()
        if any(_covers(period, minute) for period in self.days[weekday]):
            return True
        return any(end <= start and minute < end for start, end in self.days[weekday - 1])

    def text_of(self, weekday: int) -> str:
        """Hours of one day as people write them: 09:00-13:00, 14:00-18:00; empty when closed all day."""
        return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in self.days[weekday])


def parse_hours(raw: Mapping[str, Any]) -> WeekHours:
    """Read stored hours; a day that is absent is closed. Raises ValueError for anything else than the form above."""
    unknown = set(raw) - set(DAYS)
    if unknown:
        raise ValueError(f"unknown days: {sorted(map(str, unknown))}")
    return WeekHours(tuple(tuple(sorted(map(_period, raw.get(day) or ()))) for day in DAYS))


def _covers(period: Period, minute: int) -> bool:
    start, end = period
    return minute >= start and (end <= start or minute < end)


def _period(raw: Any) -> Period:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise ValueError(f"not a period: {raw!r}")
    start, end = _minutes(raw[0]), _minutes(raw[1])
    if start == _DAY_MIN:
        raise ValueError("a period cannot begin at 24:00")
    return start, end


def _minutes(raw: Any) -> int:
    match = _TIME.fullmatch(raw) if isinstance(raw, str) else None
    minutes = int(match[1]) * 60 + int(match[2]) if match else _DAY_MIN + 1
    if minutes > _DAY_MIN:
        raise ValueError(f"not a time of day: {raw!r}")
    return minutes


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
