"""When duty is needed and nobody stands in the roster. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from callcore.network.duty_plan import Span, gaps
from callcore.network.shifts import Shift
from callcore.routing.opening import Schedule

WARN_DAYS = 7
BEYOND = timedelta(days=2)


def away_spans(office: Schedule | None, first: datetime, last: datetime) -> tuple[Span, ...]:
    """The time in which no operator is at work: nights, weekends, holidays. `office` None: there are no operators."""
    if office is None:
        return (Span(first, last),)
    spans, at, is_open = [], first, office.is_open(first)
    while at < last:
        until = min(office.changes_at(at) or last, last)
        if not is_open:
            spans.append(Span(at, until))
        at, is_open = until, not is_open
    return tuple(spans)


def roster_gaps(
    shifts: Iterable[Span | Shift], office: Schedule | None, first: datetime, last: datetime
) -> tuple[Span, ...]:
    return gaps(shifts, away_spans(office, first, last))


def coming_gaps(shifts: Iterable[Span | Shift], office: Schedule | None, now: datetime) -> tuple[Span, ...]:
    """Those that begin within the next WARN_DAYS days; the end of the last one is its own."""
    last = now + timedelta(days=WARN_DAYS)
    found = roster_gaps(shifts, office, now, last + BEYOND)
    return tuple(gap for gap in found if gap.starts_at < last)
