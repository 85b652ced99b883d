"""Words of calls that we make: one press, one attempt, one call. Pure.

made → sent (our phones are asked to ring) → ours (picked up, hears the whisper) → dialling (the customer) → talking → ended.
Every state may end; a robot's call has no `ours`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from callcore.kernel.ids import public_id
from dialplans.contract import OUT_PREFIX


class AttemptKind(StrEnum):
    """What was pressed, or who wants the call."""

    ORDER = "order"
    CUSTOMER = "customer"
    TASK = "task"
    CALL = "call"  # a row of the journal
    CALLBACK = "callback"
    ROBOT = "robot"


class AttemptState(StrEnum):
    """Stored: never renamed."""

    MADE = "made"
    SENT = "sent"
    OURS = "ours"
    DIALLING = "dialling"
    TALKING = "talking"
    ENDED = "ended"


class AttemptResult(StrEnum):
    """Stored: never renamed. `ours_*`: the customer was never dialled."""

    TALKED = "talked"
    OURS_UNREACHABLE = "ours_unreachable"
    OURS_NO_ANSWER = "ours_no_answer"
    OURS_DECLINED = "ours_declined"
    OURS_BUSY = "ours_busy"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"  # our side changed its mind
    FAILED = "failed"
    UNKNOWN = "unknown"  # nobody saw the end, and the PBX's own record is silent


class AttemptReason(StrEnum):
    """AttemptRow.reason: why it ended so. Stored: never renamed; words for people are mapped by the pages."""

    CUSTOMER_HUNG_UP = "customer-hung-up"  # talked
    OURS_HUNG_UP = "ours-hung-up"  # talked
    HUNG_UP_IN_NOTICE = "hung-up-in-notice"  # rejected: answered, heard that it will be recorded, hung up
    OVER = "talk-over"  # talked; who hung up was not seen
    NOT_REGISTERED = "phone-not-registered"  # ours_unreachable
    PHONE_NO_ANSWER = "phone-no-answer"  # ours_no_answer
    NO_KEY = "no-key"  # ours_no_answer: picked up and pressed nothing
    DECLINED = "declined"  # ours_declined, by key or by the phone's button
    PHONE_BUSY = "phone-busy"  # ours_busy
    HUNG_UP_IN_WHISPER = "hung-up-in-whisper"  # cancelled
    HUNG_UP_WHILE_RINGING = "hung-up-while-ringing"  # cancelled: the customer was being called
    STOPPED = "stopped"  # cancelled from the screen
    CUSTOMER_NO_ANSWER = "customer-no-answer"
    CUSTOMER_BUSY = "customer-busy"
    CUSTOMER_REJECTED = "customer-rejected"
    CUSTOMER_UNREACHABLE = "customer-unreachable"
    NUMBER_REFUSED = "number-refused"  # failed: the carrier knows no such number
    CARRIER_FAILED = "carrier-failed"  # failed: no line, no route, an error of the network
    NOT_SENT = "not-sent"  # failed: the application stopped before it asked the PBX
    PBX_NOT_CONNECTED = "pbx-not-connected"  # failed: nothing was asked
    PBX_REFUSED = "pbx-refused"  # failed: it could not begin the call
    PBX_RESTARTED = (
        "pbx-restarted"  # failed, or talked until then: killed or stopped, it took the call with it
    )
    PBX_STOPPED = (
        "pbx-stopped"  # failed: on its way down it begins nothing more; the customer was not dialled
    )
    LOST = "lost"  # unknown


ORDER_OF_STATES: Final = tuple(AttemptState)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttempt:
    """`key`: the same press is the same attempt. `open_key`: what may be called once at a time (order:12, number:+7…).
    `number` and `cli` are E.164. `phone_keys` p12: our phones, all rung at once; none: the customer is dialled first and
    meets the dialplan's context of the kind (contract.CUSTOMER_FIRST). `whisper` and `greeting` are sounds as in a route
    (dealerline/…, joined by &); whoever is joined with a phone of ours hears the greeting first, when none is given the
    notice of recording where it is due. `variables` go to the dialplan as channel variables of the call: names DL_X_…, values of
    letters, digits and -_/.&+ only, no number and no name of a customer. `data` is the owner's own, JSON."""

    kind: AttemptKind
    key: str
    open_key: str
    number: str
    cli: str
    phone_keys: tuple[str, ...] = ()
    whisper: str = ""
    greeting: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    org_id: int | None = None
    user_id: int | None = None
    customer_id: int | None = None
    order_id: int | None = None
    task_id: int | None = None
    owner_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BegunAttempt:
    """`is_new` False: this press was known already, and nothing is to be dialled."""

    call_id: str
    is_new: bool


def new_call_id() -> str:
    """Our ChannelId; its beginning tells everybody that we made the call."""
    return OUT_PREFIX + public_id()


def is_ours(call_id: str) -> bool:
    """A call that we made, by its id."""
    return call_id.startswith(OUT_PREFIX)
