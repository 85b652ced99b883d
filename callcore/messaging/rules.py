"""How loudly and when messages leave, how often they are tried. Pure; who is told is in matrix."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

# Facts of which nobody is told yet: who makes a link hands it over in person, for its secret is written down nowhere.
UNTOLD: Final = frozenset({"invite:made"})
MAX_SMS_CHARS: Final = 670  # ten parts of Russian letters


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nobody is woken from `since` until `until`, on his own clock; equal: at no time."""

    since: time = time(22)
    until: time = time(8)

    def holds(self, at: time) -> bool:
        if self.since <= self.until:
            return self.since <= at < self.until
        return at >= self.since or at < self.until


def letter_time(now: datetime, tz: str, level: Level, quiet: Quiet = Quiet()) -> datetime:
    """When a message may leave: an alarm at once, the rest not in the quiet hours of the reader's own zone. UTC."""
    local = now.astimezone(ZoneInfo(tz))
    if level is Level.ALARM or not quiet.holds(local.time()):
        return now
    day = local.date() + timedelta(days=1 if local.time() >= quiet.until else 0)
    return datetime.combine(day, quiet.until, ZoneInfo(tz)).astimezone(UTC)


_RETRIES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)
MAX_ATTEMPTS: Final = len(_RETRIES) + 1


def next_try(now: datetime, attempts: int) -> datetime | None:
    """After that many attempts have failed; None: no more, the message is dead."""
    return now + _RETRIES[attempts - 1] if 0 < attempts < MAX_ATTEMPTS else None


class MailTls(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class LetterState(StrEnum):
    """DeliveryRow.state."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
