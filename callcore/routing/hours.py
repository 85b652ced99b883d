"""Opening hours of an outlet, in its own zone. Pure.

Stored as {"mon": [["09:00", "13:00"], ["14:00", "18:00"]], …}: minutes of the local clock. A period whose end is not
later than its start runs over midnight; ["00:00", "24:00"] and ["00:00", "00:00"] are the whole day.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN

Period = tuple[int, int]  # minutes of the local day: start, end


@dataclass(frozen=True, slots=True)
class WeekHours:
    """`days` are seven from Monday, each a tuple of periods in order of their start. `edges` are the same laid on the
    minutes of the week: open from the first to the second, closed to the third, and so on. `texts` are the days as
    people write them: 09:00-13:00, 14:00-18:00; empty when closed all day."""

    days: tuple[tuple[Period, ...], ...]
    edges: tuple[int, ...]
    texts: tuple[str, ...]

    def is_open(self, local: datetime) -> bool:
        """`local` is the instant on the outlet's own clock. The end of a period is already closed."""
        return self.is_open_at(week_minute(local))

    def is_open_at(self, minute: int) -> bool:
        """`minute` is that of the week."""
        return bisect_right(self.edges, minute) % 2 == 1


def week_minute(local: datetime) -> int:
    """From the beginning of Monday."""
    return local.weekday() * _DAY_MIN + local.hour * 60 + local.minute


def parse_hours(raw: Mapping[str, Any]) -> WeekHours:
    """Read stored hours; a day that is absent is closed. Raises ValueError for anything else than the form above."""
    unknown = set(raw) - set(DAYS)
    if unknown:
        raise ValueError(f"unknown days: {sorted(map(str, unknown))}")
    days = tuple(parse_periods(raw.get(day) or ()) for day in DAYS)
    return WeekHours(days, _edges(days), tuple(map(as_text, days)))


def parse_periods(raw: Iterable[Any]) -> tuple[Period, ...]:
    """The periods of one day in order of their start. Raises ValueError."""
    return tuple(sorted(map(_period, raw)))


def as_text(periods: Iterable[Period]) -> str:
    """As people write them; empty when closed all day."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in periods)


def _edges(days: tuple[tuple[Period, ...], ...]) -> tuple[int, ...]:
    """Periods joined where they meet or overlap; what runs over the end of Sunday goes on at the start of Monday."""
    spans = []
    for weekday, periods in enumerate(days):
        for start, end in periods:
            begins = weekday * _DAY_MIN + start
            ends = weekday * _DAY_MIN + end + (_DAY_MIN if end <= start else 0)
            spans.append((begins, min(ends, _WEEK_MIN)))
            if ends > _WEEK_MIN:
                spans.append((0, ends - _WEEK_MIN))
    edges: list[int] = []
    for begins, ends in sorted(spans):
        if edges and begins <= edges[-1]:
            edges[-1] = max(edges[-1], ends)
        else:
            edges += (begins, ends)
    return tuple(edges)


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
