"""Words and rules of the robot: when it may call, when it tries again, what an ended call comes to. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from callcore.calls.attempts import AttemptReason, AttemptResult
from callcore.outbound.robot.settings import RobotSettings

GIVE_UP_AFTER: Final = timedelta(days=3)
BUSY_WAIT: Final = timedelta(minutes=2)  # another call of this order, or of this number, lives
SOUND_WAIT: Final = timedelta(seconds=5)  # a part is being rendered
NO_SOUND_WAIT: Final = timedelta(minutes=1)
UNSENT_WAIT: Final = timedelta(minutes=2)


class RobotState(StrEnum):
    """RobotCallRow.state. Stored: never renamed."""

    WAITING = "waiting"
    CALLING = "calling"
    DONE = "done"


class RobotResult(StrEnum):
    """RobotCallRow.result. Stored: never renamed."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"  # the customer wants something else: a person calls
    PERSON = "person"  # asked for a person, and was joined with one or will be called
    STOPPED = "stopped"  # no automatic calls any more
    NO_KEY = "no_key"  # listened and pressed nothing: not a confirmation
    UNANSWERED = "unanswered"
    BARRED = "barred"  # on the register, or the consent is refused
    NOT_NEEDED = "not_needed"  # closed, talked with already, or taken back
    NO_NUMBER = "no_number"
    NO_CONSENT = "no_consent"  # the setting asks for one


RESULT_OF_KEY: Final = {
    "1": RobotResult.CONFIRMED,
    "2": RobotResult.CHANGED,
    "0": RobotResult.PERSON,
    "9": RobotResult.STOPPED,
}
# The customer still has to be asked: by SMS and by a person.
UNSETTLED: Final = frozenset({RobotResult.NO_KEY, RobotResult.UNANSWERED})
_NOT_DIALLED: Final = frozenset(
    {
        AttemptReason.NOT_SENT,
        AttemptReason.PBX_NOT_CONNECTED,
        AttemptReason.PBX_REFUSED,
        AttemptReason.PBX_STOPPED,
    }
)


@dataclass(frozen=True, slots=True)
class Ended:
    """One try that is over. `keys` in the order in which they were pressed."""

    result: str  # AttemptResult
    reason: str  # AttemptReason
    keys: str


def result_of(ended: Ended) -> RobotResult:
    """Of the last key that means something; without one an answered call is still no confirmation."""
    for key in reversed(ended.keys):
        if key in RESULT_OF_KEY:
            return RESULT_OF_KEY[key]
    return RobotResult.NO_KEY if ended.result == AttemptResult.TALKED else RobotResult.UNANSWERED


def next_try(
    ended: Ended, *, tries: int, made_at: datetime, now: datetime, tz: str, settings: RobotSettings
) -> datetime | None:
    """When an unsettled order is called again after its `tries`; None: no more. What was never dialled is no try."""
    if now - made_at > GIVE_UP_AFTER or ended.reason == AttemptReason.NUMBER_REFUSED:
        return None
    if ended.reason in _NOT_DIALLED:
        return allowed_from(now + UNSENT_WAIT, tz, settings)
    if not 0 < tries <= len(settings.retry_minutes):
        return None
    wait = timedelta(minutes=settings.retry_minutes[tries - 1])
    return allowed_from(now + wait, tz, settings)


def counts_as_try(ended: Ended) -> bool:
    return ended.reason not in _NOT_DIALLED


def allowed_from(at: datetime, tz: str, settings: RobotSettings) -> datetime:
    """`at`, or the beginning of the next allowed hours on the customer's clock; hours that leave no room are none: a day
    later it is looked at again. UTC."""
    zone = ZoneInfo(tz)
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    if settings.from_minute <= minute < settings.until_minute:
        return at
    day = local.date() + timedelta(days=0 if minute < settings.from_minute else 1)
    start = time(settings.from_minute // 60, settings.from_minute % 60)
    return datetime.combine(day, start, zone).astimezone(UTC)


def joined_keys(earlier: str, keys: str, tries: int) -> str:
    """RobotCallRow.keys: the tries apart by strokes, «/5-1»: nothing in the first, a wrong key and 1 in the second."""
    return "-".join(keys) if tries <= 1 else f"{earlier}/{'-'.join(keys)}"
