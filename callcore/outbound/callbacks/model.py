"""Words and rules of callbacks: who may be called, when, what an ended try comes to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from callcore.calls.attempts import AttemptReason, AttemptResult
from callcore.calls.settings import CallSettings
from callcore.kernel.phone_kinds import NumberKind, kind_of
from callcore.kernel.phones import parse_phone

SOON: Final = timedelta(seconds=30)  # what the button promises; the worker looks every second or two
LIVES: Final = timedelta(hours=96)
FURTHEST: Final = timedelta(days=7)
SLOT: Final = timedelta(minutes=30)
NEXT_STEP_WAIT: Final = timedelta(seconds=5)  # nobody of ours took it: the next phones
BUSY_WAIT: Final = timedelta(seconds=5)  # all phones talk, or the number does
QUEUE_WAIT: Final = timedelta(seconds=1)  # the same for one who holds a place in the queue
NOBODY_WAIT: Final = timedelta(minutes=2)  # no phone of ours can be rung at all
MAX_NAME: Final = 100
MAX_NOTE: Final = 500
_RUSSIAN_CHARS: Final = len("+79161234567")


class CallbackState(StrEnum):
    """CallbackRow.state. Stored: never renamed."""

    WAITING = "waiting"
    CALLING = "calling"
    UNREACHED = "unreached"  # all tries are used up: a person decides
    DONE = "done"  # somebody has talked with the number
    CLOSED = "closed"  # by a person, with a reason
    EXPIRED = "expired"


OPEN: Final = (CallbackState.WAITING, CallbackState.CALLING, CallbackState.UNREACHED)


class CallbackSource(StrEnum):
    """CallbackRow.source. Stored: never renamed."""

    WIDGET = "widget"
    PAGE = "page"  # the form without script
    API = "api"
    QUEUE = "queue"


class CallbackReason(StrEnum):
    """CallbackRow.reason of what a machine has decided. A person's are CloseReason. Stored: never renamed."""

    TALKED = "talked"
    NO_ANSWER = "no_answer"  # the customer was rung as often as is allowed
    NOBODY_OF_OURS = "nobody"  # no phone of ours took it
    SHORT = "short"  # he answered, and the talk was too short to prove anything
    BAD_NUMBER = "bad_number"
    BARRED = "barred"
    OLD = "old"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAsk:
    """What somebody outside tells. `number` as typed; `at` a chosen moment, without a zone on the
    clock of the number's region; None: in 30 seconds. `site` is the key of a
    site, or the name of a door (queue). `place` says more of the door: the page, the call."""

    source: CallbackSource
    site: str
    number: str
    name: str = ""
    note: str = ""
    at: datetime | None = None
    page: str = ""
    medium: str = ""
    campaign: str = ""


def number_problem(text: str) -> str:
    """A code for people, empty when the number may be called: Russian, whole, not paid, none of the services."""
    digits = "".join(char for char in text if char.isascii() and char.isdigit())
    if not digits:
        return "number-empty"
    if len(digits) < 7:
        return "number-short"
    number = parse_phone(text)
    if number is None or number.extension:
        return "number-wrong"
    if not number.e164.startswith("+7") or len(number.e164) != _RUSSIAN_CHARS:
        return "number-foreign"
    if number.e164[2] in "67":
        return "number-foreign"  # Kazakhstan
    if kind_of(number.e164) is NumberKind.PAID:
        return "number-paid"
    return ""


def time_problem(at: datetime | None, now: datetime, tz: str, settings: CallSettings) -> str:
    """A code for people, empty when the customer may be called at that moment."""
    if at is None:
        return ""
    if at < now - SLOT:
        return "time-past"
    if at > now + FURTHEST:
        return "time-far"
    return "" if allowed_from(at, tz, settings) == at else "time-night"


def allowed_from(at: datetime, tz: str, settings: CallSettings) -> datetime:
    """`at`, or the next beginning of the allowed hours on the customer's clock; both settings of hours hold. UTC."""
    since, until = hours_of(settings)
    zone = ZoneInfo(tz)
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    if since <= minute < until:
        return at
    day = local.date() + timedelta(days=0 if minute < since else 1)
    return datetime.combine(day, time(since // 60, since % 60), zone).astimezone(UTC)


def hours_of(settings: CallSettings) -> tuple[int, int]:
    """Minutes of the day on the customer's clock: the stricter of callbacks' own and of all calls out."""
    return (
        max(settings.callback_from_minute, settings.from_minute),
        min(settings.callback_until_minute, settings.until_minute),
    )


@dataclass(frozen=True, slots=True)
class Slot:
    """`day` on the customer's clock; `at` in UTC."""

    day: date
    text: str
    at: datetime


def slots(now: datetime, tz: str, settings: CallSettings, *, days: int = 3) -> tuple[Slot, ...]:
    """Convenient moments of the coming days on the customer's clock, half an hour apart; the first at least 15 min away."""
    zone = ZoneInfo(tz)
    since, until = hours_of(settings)
    today = now.astimezone(zone).date()
    found = []
    for ahead in range(days):
        day = today + timedelta(days=ahead)
        for minute in range(since, until, 30):
            at = datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
            if at >= now + timedelta(minutes=15):
                found.append(Slot(day, f"{minute // 60:02}:{minute % 60:02}", at))
    return tuple(found)


# --- what an ended try comes to -----------------------------------------------------------------------------------

_OURS: Final = frozenset(
    {
        AttemptResult.OURS_UNREACHABLE,
        AttemptResult.OURS_NO_ANSWER,
        AttemptResult.OURS_DECLINED,
        AttemptResult.OURS_BUSY,
    }
)
_NOT_DIALLED: Final = frozenset(
    {
        AttemptReason.NOT_SENT,
        AttemptReason.PBX_NOT_CONNECTED,
        AttemptReason.PBX_REFUSED,
        AttemptReason.PBX_STOPPED,
    }
)


@dataclass(frozen=True, slots=True)
class Try:
    """One ended attempt: AttemptResult, AttemptReason."""

    result: str
    reason: str

    @property
    def rang_customer(self) -> bool:
        """Counts against the tries that a customer is bothered with."""
        is_ours = self.result in _OURS or self.reason in _NOT_DIALLED
        return not is_ours and self.reason != AttemptReason.HUNG_UP_IN_WHISPER

    @property
    def is_ours(self) -> bool:
        """Our phones were rung, and nobody took it."""
        return self.result in _OURS or self.reason == AttemptReason.HUNG_UP_IN_WHISPER


@dataclass(frozen=True, slots=True)
class Next:
    """`due_at` None: no more tries, and why."""

    due_at: datetime | None
    reason: CallbackReason | None = None


def rounds_of(tries: Sequence[Try]) -> int:
    """How many groups of our phones have been rung in vain since the customer was last rung."""
    count = 0
    for one in reversed(tries):
        if one.rang_customer:
            break
        count += one.is_ours
    return count


def next_try(tries: Sequence[Try], *, steps: int, now: datetime, tz: str, settings: CallSettings) -> Next:
    """After the last of `tries` (oldest first; at least one). `steps` is how many groups of our phones there are. Nobody
    of ours costs the customer nothing: the next group at once; after the last group it counts as a try."""
    last = tries[-1]
    if last.reason == AttemptReason.NUMBER_REFUSED:
        return Next(None, CallbackReason.BAD_NUMBER)
    if last.is_ours and rounds_of(tries) % max(1, steps):
        return Next(allowed_from(now + NEXT_STEP_WAIT, tz, settings))
    used = tries_used(tries, steps)
    if used >= settings.callback_tries:
        return Next(None, CallbackReason.NOBODY_OF_OURS if last.is_ours else CallbackReason.NO_ANSWER)
    if last.reason in _NOT_DIALLED:
        return Next(allowed_from(now + NOBODY_WAIT, tz, settings))
    waits = settings.callback_waits or (10,)
    wait = timedelta(minutes=waits[min(max(used, 1), len(waits)) - 1])
    return Next(allowed_from(now + wait, tz, settings))


def tries_used(tries: Sequence[Try], steps: int) -> int:
    """Rings of the customer, and whole rounds of our phones in which nobody took it."""
    ours = sum(one.is_ours for one in tries)
    return sum(one.rang_customer for one in tries) + ours // max(1, steps)
