"""Shifts of the duty roster before they are written: what repeats becomes spans of time, what is uncovered is a gap. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callcore.network.shifts import Shift

LONGEST_SHIFT = timedelta(hours=48)
LONGEST_REPEAT = timedelta(days=92)
_DAY = timedelta(days=1)


class Repeat(StrEnum):
    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `starts_at` until `ends_at`, not included; UTC."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span | Shift") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class ShiftTimes:
    """As people say it: on `day` from `start` until `end` on the clock of `tz`; an end that is not later is the next
    day's. `until` is the last day of a repetition."""

    day: date
    start: time
    end: time
    tz: str
    repeat: Repeat = Repeat.NONE
    until: date | None = None

    @property
    def days(self) -> tuple[date, ...]:
        """At most those of LONGEST_REPEAT."""
        if self.repeat is Repeat.NONE or self.until is None:
            return (self.day,)
        step = _DAY if self.repeat is Repeat.DAILY else 7 * _DAY
        last = min(self.until, self.day + LONGEST_REPEAT)
        return tuple(self.day + number * step for number in range((last - self.day) // step + 1))

    @property
    def spans(self) -> tuple[Span, ...]:
        """One a day. Raises ValueError or KeyError for a zone that is not known."""
        zone = ZoneInfo(self.tz)
        later = _DAY if self.end <= self.start else timedelta()
        return tuple(
            Span(_instant(day, self.start, zone), _instant(day + later, self.end, zone)) for day in self.days
        )


def pieces_of(span: Span, length: timedelta) -> tuple[Span, ...]:
    """One after another, the last one shorter."""
    found, at = [], span.starts_at
    while at < span.ends_at:
        found.append(Span(at, min(at + length, span.ends_at)))
        at += length
    return tuple(found)


def first_overlap(spans: Iterable[Span], shifts: Sequence[Shift]) -> Shift | None:
    return next((shift for span in sorted(spans) for shift in shifts if span.overlaps(shift)), None)


def uncovered(shifts: Iterable[Span | Shift], first: datetime, last: datetime) -> tuple[Span, ...]:
    """The time between two instants in which no shift stands, in order."""
    gaps, at = [], first
    for shift in sorted(shifts, key=lambda item: item.starts_at):
        if at >= last:
            break
        if shift.starts_at > at:
            gaps.append(Span(at, min(shift.starts_at, last)))
        at = max(at, shift.ends_at)
    if at < last:
        gaps.append(Span(at, last))
    return tuple(gaps)


def gaps(shifts: Iterable[Span | Shift], needed: Iterable[Span]) -> tuple[Span, ...]:
    """The parts of the needed time in which no shift stands."""
    standing = tuple(shifts)
    return tuple(gap for span in needed for gap in uncovered(standing, span.starts_at, span.ends_at))


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
