"""The sender against a real SMTP server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from callcore.messaging.mail import LetterRefused, MailServer, SmtpSender
from callcore.messaging.rules import MailTls
from callcore.messaging.tables import DeliveryRow

pytestmark = pytest.mark.integration
FROM = "dealerline@example.test"


def letter(**values: Any) -> DeliveryRow:
    defaults = {
        "id": 1,
        "channel": "email",
        "address": "owner@example.test",
        "subject": "Пропущенный звонок",
        "body": "Перезвоните\n.\n",
        "made_at": datetime(2026, 3, 16, 9, tzinfo=UTC),
        "dedupe_key": "task:made:1:email:7",
        "attempts": 1,
    }
    return DeliveryRow(**defaults | values)


class PostOffice:
    """Keeps what it took. `rcpt` and `data` may answer for it."""

    def __init__(self, rcpt: str = "", data: str = "", hang: bool = False) -> None:
        self.taken: list[bytes] = []
        self._rcpt, self._data, self._hang = rcpt, data, hang
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self._hang:
            await asyncio.Event().wait()
        if not self._rcpt:
            envelope.rcpt_tos.append(address)
        return self._rcpt or "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if not self._data:
            self.taken.append(bytes(envelope.content or b""))
        return self._data or "250 OK"


@asynccontextmanager
async def opened(office: PostOffice, **options: Any) -> AsyncIterator[PostOffice]:
    protocols: list[SMTP] = []

    def make() -> SMTP:
        protocols.append(SMTP(office, hostname="mail.example.test", **options))
        return protocols[-1]

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        tasks = [one._handler_coroutine for one in protocols if one._handler_coroutine is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in protocols:
            if one.transport is not None:
                one.transport.close()


def sender(port: int, **values: Any) -> SmtpSender:
    defaults = {"username": "", "password": "", "tls": MailTls.NONE, "sender": FROM, "limit_s": 2.0}
    return SmtpSender(MailServer("127.0.0.1", port, **defaults | values))


async def test_letter_arrives_as_written() -> None:
    async with opened(PostOffice()) as office:
        await sender(office.port).send(letter())
        await sender(office.port).send(letter())
    one, two = (message_from_bytes(raw) for raw in office.taken)
    assert str(make_header(decode_header(one["Subject"]))) == "Пропущенный звонок"
    assert (one["To"], one["Auto-Submitted"]) == ("owner@example.test", "auto-generated")
    body = one.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().split() == ["Перезвоните", "."]
    assert one["Message-ID"] == two["Message-ID"]


@pytest.mark.parametrize(
    ("office", "retryable"),
    [
        (lambda: PostOffice(rcpt="550 no such user"), False),
        (lambda: PostOffice(rcpt="451 greylisted"), True),
        (lambda: PostOffice(data="554 spam"), False),
        (lambda: PostOffice(data="452 disk full"), True),
    ],
)
async def test_refusals(office: Callable[[], PostOffice], retryable: bool) -> None:
    async with opened(office()) as opened_office:
        with pytest.raises(LetterRefused) as refusal:
            await sender(opened_office.port).send(letter())
    assert refusal.value.retryable is retryable
    assert refusal.value.message[:1] in "45"


async def test_silent_server_is_given_up() -> None:
    async with opened(PostOffice(hang=True)) as office:
        with pytest.raises(LetterRefused) as refusal:
            await sender(office.port, limit_s=0.3).send(letter())
    assert refusal.value.retryable


async def test_nobody_listens() -> None:
    async with opened(PostOffice()) as office:
        port = office.port
    with pytest.raises(LetterRefused) as refusal:
        await sender(port).send(letter())
    assert refusal.value.retryable


async def test_wrong_password_is_tried_again_and_names_no_secret() -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    async with opened(PostOffice(), authenticator=check, auth_require_tls=False) as office:
        with pytest.raises(LetterRefused) as refusal:
            await sender(office.port, username="we", password="geheim").send(letter())
    assert refusal.value.retryable
    assert "geheim" not in refusal.value.message


async def test_address_that_is_none_is_refused_for_ever() -> None:
    with pytest.raises(LetterRefused) as refusal:
        await sender(9).send(letter(address="нет"))
    assert not refusal.value.retryable
