"""Letters by SMTP. One connection a letter: there are few, and a half-dead connection would lose two."""

import hashlib
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal, Protocol

import aiosmtplib

from callcore.kernel.errors import DealerlineError
from callcore.messaging.rules import MailTls
from callcore.messaging.tables import DeliveryRow
from callcore.messaging.texts import one_line

SEND_LIMIT_S = 20.0
_STOP_LINK = re.compile(r"https?://\S+/u/\S+(?=\s*$)")
MAX_ERROR_CHARS = 300
_Word = Literal["mail-refused", "mail-not-now"]


class LetterRefused(DealerlineError):
    """The server said no, for ever when not `retryable`; `message` holds its words."""

    def __init__(self, code: _Word, words: str) -> None:
        super().__init__(code, one_line(words)[:MAX_ERROR_CHARS])
        self.retryable = code == "mail-not-now"


class LetterSender(Protocol):
    async def send(self, row: DeliveryRow) -> None:
        """Returns when the server has taken the letter. Raises LetterRefused."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """`username` empty: no sign-in. `sender` is the address that stands in From."""

    host: str
    port: int
    username: str
    password: str
    tls: MailTls
    sender: str
    limit_s: float = SEND_LIMIT_S


class SmtpSender:
    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def send(self, row: DeliveryRow) -> None:
        server = self._server
        try:
            message = make_message(row, server.sender)
        except ValueError as exc:
            raise LetterRefused("mail-refused", f"address: {exc}") from exc
        try:
            await aiosmtplib.send(
                message,
                hostname=server.host,
                port=server.port,
                username=server.username or None,
                password=server.password or None,
                use_tls=server.tls == MailTls.TLS,
                start_tls=server.tls == MailTls.STARTTLS,
                timeout=server.limit_s,
            )
        except aiosmtplib.SMTPAuthenticationError as exc:
            raise LetterRefused("mail-not-now", f"sign-in: {exc.code} {exc.message}") from exc
        except aiosmtplib.SMTPRecipientsRefused as exc:
            raise _refusal(max(one.code for one in exc.recipients), exc.recipients[0].message) from exc
        except aiosmtplib.SMTPResponseException as exc:
            raise _refusal(exc.code, exc.message) from exc
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as exc:
            raise LetterRefused("mail-not-now", f"{type(exc).__name__}: {exc}") from exc


def _refusal(code: int, words: str) -> LetterRefused:
    return LetterRefused("mail-refused" if 500 <= code < 600 else "mail-not-now", f"{code} {words}")


def make_message(row: DeliveryRow, sender: str) -> EmailMessage:
    """One letter, always the same for one row: its Message-ID lets a mail server drop a second copy. Raises ValueError for
    an address that is none."""
    message = EmailMessage()
    message["From"] = Address("Dealerline", addr_spec=sender)
    message["To"] = Address(addr_spec=row.address)
    message["Subject"] = one_line(row.subject)
    message["Date"] = format_datetime(row.made_at)
    name = hashlib.sha256(row.dedupe_key.encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{name}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.body)
    if row.html:
        message.add_alternative(row.html, subtype="html")
    if row.is_ad and (stop := _STOP_LINK.search(row.body)):
        message["List-Unsubscribe"] = f"<{stop[0]}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    return message
