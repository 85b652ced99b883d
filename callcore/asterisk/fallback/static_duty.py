"""The duty roster of the coming days as the dialplan's last rung knows it, without application and script. Pure.

GotoIfTime knows minutes, days and months, no years: shifts are compiled in a fortnight ahead, on the clock of UTC, which
needs no table of zones.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from callcore.routing.duty import DutyRoster, DutyShift
from dialplans.plan import DutyTime, StaticShift

AHEAD_DAYS = 14
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


def static_shifts(roster: DutyRoster, now: datetime) -> tuple[StaticShift, ...]:
    """Those that stand before the end of the fourteenth day, the one that begins last first: the first that holds wins.
    The same until a shift ends or a day begins."""
    horizon = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC) + AHEAD_DAYS * _DAY
    coming = (shift for shift in reversed(roster.shifts) if shift.ends_at > now and shift.starts_at < horizon)
    made = (_shift(roster, shift) for shift in coming)
    return tuple(shift for shift in made if shift.times)


def _shift(roster: DutyRoster, shift: DutyShift) -> StaticShift:
    keys = tuple(key for step in roster.steps_in(shift) for key in step.phone_keys)
    return StaticShift(keys, tuple(_times(shift.starts_at.astimezone(UTC), shift.ends_at.astimezone(UTC))))


def _times(starts_at: datetime, ends_at: datetime) -> Iterator[DutyTime]:
    """One a day. A minute in which a hand-over lies belongs to the shift that begins."""
    at, end = _whole_minute(starts_at), _whole_minute(ends_at)
    while at < end:
        midnight = datetime.combine(at.date() + _DAY, time(), tzinfo=UTC)
        last = min(end, midnight) - _MINUTE
        yield DutyTime(at.day, at.month, at.hour * 60 + at.minute, last.hour * 60 + last.minute)
        at = midnight


def _whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
