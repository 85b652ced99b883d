"""What every way out for SMS promises.

`send` returns when the other side has taken the message, within its own time limit; it may be called again with the same
`id` when nobody knows whether it had. Refusals are SmsRefused and nothing else.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, Protocol

from callcore.kernel.errors import DealerlineError
from callcore.messaging.texts import one_line

MAX_ERROR_CHARS: Final = 200
_Word = Literal["sms-refused", "sms-not-now", "sms-unknown"]


class SmsRefused(DealerlineError):
    """`message` holds the words of the other side. sms-refused: for ever; sms-not-now: later perhaps; sms-unknown: it may
    have been taken, so nobody else should send it at once."""

    def __init__(self, code: _Word, words: str) -> None:
        super().__init__(code, one_line(words)[:MAX_ERROR_CHARS])
        self.retryable = code != "sms-refused"


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """`id` is our own and stays the same when it is sent again. `number` is E.164."""

    id: int
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class SentSms:
    """Taken by `sender`, which calls it `sender_id` (may be empty)."""

    sender: str
    sender_id: str


class SmsOutcome(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SmsHeard:
    """Somebody wrote to us: `number` as the carrier tells it, `sms_id` its own name of the message or empty."""

    number: str
    text: str
    sms_id: str


@dataclass(frozen=True, slots=True)
class SmsNews:
    """The end of one message; nothing is told while it is under way."""

    sender_id: str
    outcome: SmsOutcome
    words: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message whose end is not known yet."""

    sender_id: str
    number: str


# What comes by itself. Each returns after its commit; hearing news of a message we do not know yet returns False.
TakeNews = Callable[[str, SmsNews], Awaitable[bool]]
TakeHeard = Callable[[str, str], Awaitable[None]]  # number, text


class SmsSender(Protocol):
    @property
    def name(self) -> str:
        """A stable word; stored with each message."""

    def start(self) -> None: ...

    async def close(self) -> None: ...

    async def send(self, message: SmsMessage) -> str:
        """The other side's name of the message. Raises SmsRefused."""

    async def news(self, asked: Sequence[Asked]) -> tuple[SmsNews, ...]:
        """Only of those that have ended. Empty when news come by themselves or cannot be asked for."""
