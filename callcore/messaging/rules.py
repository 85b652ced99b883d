"""Who is told of what, how loudly and when. Pure: a table of topics, later overlaid by each person's own choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from callcore.network.model import Role


class Topic(StrEnum):
    """What the outbox may hold. Stored: never renamed."""

    DUTY_GAP = "duty:gap"
    DUTY_SILENT = "duty:silent"
    TASK_MADE = "task:made"
    TASK_DUE = "task:due"


# Facts of which nobody is told yet: who makes a link hands it over in person, for its secret is written down nowhere.
UNTOLD: Final = frozenset({"invite:made"})


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ALARM = "alarm"


class Reach(StrEnum):
    """Whose people of the roles are meant."""

    HEAD_OFFICE = "head-office"
    PERSON = "person"  # the one whose thing it is
    DEALER = "dealer"  # those of the organisation that the fact is about; nobody when it is about none


@dataclass(frozen=True, slots=True)
class Rule:
    level: Level
    reach: Reach
    roles: frozenset[Role]
    by_mail: bool = True


RULES: Final[Mapping[Topic, Rule]] = {
    Topic.DUTY_GAP: Rule(
        Level.WARNING, Reach.HEAD_OFFICE, frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})
    ),
    Topic.DUTY_SILENT: Rule(
        Level.ALARM, Reach.HEAD_OFFICE, frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})
    ),
    Topic.TASK_MADE: Rule(
        Level.INFO, Reach.DEALER, frozenset({Role.DEALER_OWNER, Role.DEALER_MANAGER, Role.SUBDEALER})
    ),
    Topic.TASK_DUE: Rule(Level.WARNING, Reach.PERSON, frozenset(Role), by_mail=False),
}

QUIET_FROM: Final = time(22)
QUIET_UNTIL: Final = time(8)


def letter_time(now: datetime, tz: str, level: Level) -> datetime:
    """When a letter may leave: an alarm at once, the rest not in the night of the person's own zone. UTC."""
    local = now.astimezone(ZoneInfo(tz))
    if level is Level.ALARM or QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(day, QUIET_UNTIL, ZoneInfo(tz)).astimezone(UTC)


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
