"""Words and small rules of calls. Pure."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Protocol

from callcore.kernel.phones import parse_phone
from callcore.network.model import PhoneOwner

MAX_CALLER_CHARS: Final = 80


class Direction(StrEnum):
    """Where the call came from; decided by its first channel, never by numbers."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class CallState(StrEnum):
    OFFERED = "offered"  # with us, no phone rings: greeting, decision, between two steps, voicemail
    RINGING = "ringing"  # at least one phone is being called
    TALKING = "talking"  # the customer and a phone are joined
    HELD = "held"  # they were joined, now the customer waits: hold, transfer under way
    ENDED = "ended"


class CallResult(StrEnum):
    """The final status, computed once at close."""

    ANSWERED = "answered"  # somebody at an outlet or an operator talked
    DUTY_ANSWERED = "duty_answered"  # only the duty phone talked
    VOICEMAIL = "voicemail"  # nobody talked, a message was left
    MISSED = "missed"  # all were tried, nobody talked
    ABANDONED = "abandoned"  # the caller gave up while we were still trying
    NO_ANSWER = "no_answer"  # outbound or internal: the called side did not talk
    FAILED = "failed"  # outbound or internal: the called side could not even be reached


UNANSWERED: Final = frozenset(
    {CallResult.VOICEMAIL, CallResult.MISSED, CallResult.ABANDONED, CallResult.NO_ANSWER, CallResult.FAILED}
)


ANSWERED: Final = (CallResult.ANSWERED, CallResult.DUTY_ANSWERED)
LOST: Final = (
    CallResult.VOICEMAIL,
    CallResult.MISSED,
    CallResult.ABANDONED,
)  # a customer called us and nobody talked


class LegRole(StrEnum):
    CUSTOMER = "customer"
    OUTLET = "outlet"
    OPERATOR = "operator"
    DUTY = "duty"
    OTHER = "other"


class LegOutcome(StrEnum):
    TALKED = "talked"
    DECLINED = "declined"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"  # another phone was quicker, or the caller gave up
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


class RecordingKind(StrEnum):
    TALK = "talk"
    VOICEMAIL = "voicemail"


class RecordingState(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    EMPTY = "empty"
    DELETED = "deleted"  # at the end of its term; the row tells why


class Rung(StrEnum):
    """Which rung carried the call (CallRow.route); see FallbackRung. Stored: never renamed."""

    APP = "app"
    SCRIPT = "script"  # the script beside the PBX, by the last published snapshot
    STATIC = "static"  # the hours compiled into the dialplan
    DUTY = "duty"  # straight to the duty phones


class HappeningKind(StrEnum):
    """CallEventRow.kind beside the milestones of the dialplan. Stored: never renamed."""

    ROUTED = "routed"
    UNREACHABLE = "unreachable"
    TRANSFERRED = "transferred"
    MERGED = "merged"
    CLOSED_UNSEEN = "closed_unseen"
    REPAIRED = "repaired"
    ANOMALY = "anomaly"


@dataclass(frozen=True, slots=True)
class PhoneInfo:
    """One of our phones as the tracker must know it. `org_path` is /1/5/; empty ids: a duty number of nobody."""

    phone_id: int
    owner: PhoneOwner
    label: str
    outlet_id: int | None
    org_id: int | None
    org_path: str
    user_id: int | None

    @property
    def role(self) -> LegRole:
        return LegRole(self.owner.value)

    @property
    def org_chain(self) -> frozenset[int]:
        """The organisation and all above it."""
        return _chain(self.org_path)


@lru_cache(maxsize=4096)
def _chain(path: str) -> frozenset[int]:
    return frozenset(int(part) for part in path.split("/") if part.isdigit())


class PhoneDirectory(Protocol):
    """Phones by key, from memory: an answer never waits. A phone that is not known gives None."""

    def phone(self, key: str) -> PhoneInfo | None: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """`number` is E.164 or empty; `raw` what came, without control characters, at most 80 characters."""

    number: str
    raw: str
    name: str


def read_caller(raw_number: str, raw_name: str) -> Caller:
    """A caller may send anything: it is kept for people, and trusted only when it parses."""
    raw = printable(raw_number)
    parsed = parse_phone(raw_number) if raw == raw_number.strip() else None
    return Caller(parsed.e164 if parsed else "", raw, printable(raw_name))


def read_dialled(extension: str) -> str:
    """The dialled number as E.164 when it parses, else the printable part of what was dialled."""
    parsed = parse_phone(extension)
    return parsed.e164 if parsed else printable(extension)


def printable(text: str) -> str:
    """Without control, format and surrogate characters (they turn pages around and break databases)."""
    kept = "".join(char for char in text[: MAX_CALLER_CHARS * 4] if unicodedata.category(char)[0] != "C")
    return kept.strip()[:MAX_CALLER_CHARS]
