"""Where the messages of the demonstration go: a mail server on the loopback and a telephone in memory, for people to read.

Nothing leaves the machine. The newest messages are kept while the application runs.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope

from callcore.kernel.clock import Clock
from callcore.messaging.mail import LetterRefused, MailServer, SmtpSender
from callcore.messaging.matrix import Channel
from callcore.messaging.rules import MailTls
from callcore.messaging.sms.port import Asked, SmsMessage, SmsNews, SmsOutcome
from callcore.messaging.tables import DeliveryRow

KEPT: Final = 200
HOST: Final = "127.0.0.1"
SENDER: Final = "dealerline@demo.dealerline.example"
MAX_LETTER_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CaughtMessage:
    """`number` counts from 1. `html` is empty when the letter has none. `stop` is the header List-Unsubscribe."""

    number: int
    channel: Channel
    address: str
    subject: str
    text: str
    html: str
    stop: str
    at: datetime


class Catcher:
    """Also the SMS sender `demo`: everything is delivered at once."""

    name = "demo"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._caught: deque[CaughtMessage] = deque(maxlen=KEPT)
        self._count = 0
        self._server: asyncio.Server | None = None
        self._protocols: set[SMTP] = set()

    def newest(self) -> tuple[CaughtMessage, ...]:
        return tuple(reversed(self._caught))

    def find(self, number: int) -> CaughtMessage | None:
        return next((one for one in self._caught if one.number == number), None)

    def forget(self) -> None:
        self._caught.clear()

    # --- letters --------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._protocol, HOST, 0)

    async def shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for protocol in tuple(self._protocols):
            if protocol.transport is not None:
                protocol.transport.close()
        self._protocols.clear()

    @property
    def port(self) -> int:
        """0 while it is shut."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server is not None else 0

    def _protocol(self) -> SMTP:
        protocol = SMTP(self, hostname="localhost", data_size_limit=MAX_LETTER_BYTES)
        self._protocols = {one for one in self._protocols if one.transport is not None} | {protocol}
        return protocol

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        letter = message_from_bytes(raw, _class=EmailMessage, policy=modern)
        self._keep(
            Channel.EMAIL,
            ", ".join(str(one) for one in envelope.rcpt_tos),
            str(letter["Subject"] or ""),
            _part(letter, "plain"),
            _part(letter, "html"),
            str(letter["List-Unsubscribe"] or ""),
        )
        return "250 OK"

    # --- SMS ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def send(self, message: SmsMessage) -> str:
        self._keep(Channel.SMS, message.number, "", message.text, "", "")
        return f"demo-{message.id}"

    async def news(self, asked: Sequence[Asked]) -> tuple[SmsNews, ...]:
        return tuple(SmsNews(one.sender_id, SmsOutcome.DELIVERED) for one in asked)

    def _keep(self, channel: Channel, address: str, subject: str, text: str, html: str, stop: str) -> None:
        self._count += 1
        at = self._clock.now()
        self._caught.append(CaughtMessage(self._count, channel, address, subject, text, html, stop, at))


class CaughtLetters:
    """Letters by SMTP to the catcher, wherever it listens."""

    def __init__(self, catcher: Catcher) -> None:
        self._catcher = catcher
        self._server = MailServer(HOST, 0, "", "", MailTls.NONE, SENDER)

    async def send(self, row: DeliveryRow) -> None:
        if not self._catcher.port:
            raise LetterRefused("mail-not-now", "the catcher is shut")
        await SmtpSender(replace(self._server, port=self._catcher.port)).send(row)


def _part(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
