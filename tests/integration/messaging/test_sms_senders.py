"""Every way out for SMS keeps the promises of the port, against a server of its own kind on the loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from smpplib import consts
from twilio.request_validator import RequestValidator

from callcore.kernel.errors import Forbidden
from callcore.messaging.sms.http_sender import Dialect, HttpProvider, HttpSmsSender
from callcore.messaging.sms.port import (
    Asked,
    SmsMessage,
    SmsNews,
    SmsOutcome,
    SmsRefused,
    SmsSender,
)
from callcore.messaging.sms.route import NOT_SET_UP, SmsRoute
from callcore.messaging.sms.smpp_sender import SmppSender, SmppServer
from callcore.messaging.sms.twilio_sender import TwilioAccount, TwilioHook, TwilioSender
from tests.fakes.polling import until
from tests.fakes.smsc import Smsc

pytestmark = pytest.mark.integration
MESSAGE = SmsMessage(77, "+79124401825", "Заказ 41 принят")
LIMIT_S = 8.0  # a loaded machine answers late
SHORT_S = 0.4


@dataclass
class Provider:
    """An HTTP provider that answers as it is told and keeps what it was asked."""

    answer: Callable[[web.Request, dict[str, str]], web.Response]
    is_hung: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    address: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append((request.path, form))
        if self.is_hung:
            await asyncio.sleep(30)
        return self.answer(request, form)


@asynccontextmanager
async def opened(provider: Provider) -> AsyncIterator[Provider]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.handle)
    async with TestServer(app, shutdown_timeout=0.1) as server:
        provider.address = str(server.make_url("")).rstrip("/")
        yield provider


def said(body: Any, status: int = 200) -> Callable[..., web.Response]:
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda _request, _form: web.Response(text=text, status=status, content_type="application/json")


def smsc(address: str, limit_s: float = LIMIT_S) -> SmsSender:
    return HttpSmsSender(HttpProvider(Dialect.SMSC, address, "we", "geheim", "Dealer", limit_s))


def aero(address: str, limit_s: float = LIMIT_S) -> SmsSender:
    return HttpSmsSender(HttpProvider(Dialect.SMSAERO, address, "we", "geheim", "Dealer", limit_s))


def account(address: str, limit_s: float = LIMIT_S) -> TwilioAccount:
    return TwilioAccount("AC1", "geheim", "+15005550006", "https://we.test/hooks", address, limit_s)


def twilio(address: str, limit_s: float = LIMIT_S) -> SmsSender:
    return TwilioSender(account(address, limit_s))


TAKEN = {
    smsc: {"id": 77, "cnt": 1},
    aero: {"success": True, "data": {"id": 5, "status": 8}},
    twilio: {"sid": "SM5", "status": "queued"},
}
NAMES = {smsc: "77", aero: "5", twilio: "SM5"}
DELIVERED = {
    smsc: {"status": 1},
    aero: {"success": True, "data": {"id": 5, "status": 1}},
    twilio: {"sid": "SM5", "status": "delivered"},
}
FAILED = {
    smsc: {"status": 20, "err": 1},
    aero: {"success": True, "data": {"id": 5, "status": 2}},
    twilio: {"sid": "SM5", "status": "undelivered", "error_code": 30003},
}
ON_THE_WAY = {
    smsc: {"status": 0},
    aero: {"success": True, "data": {"id": 5, "status": 3}},
    twilio: {"sid": "SM5", "status": "sent"},
}
REFUSED = {
    smsc: ({"error": "invalid number", "error_code": 7}, 200),
    aero: ({"success": False, "message": "Validation error."}, 400),
    twilio: ({"code": 21211, "message": "invalid number", "status": 400}, 400),
}
NO_MONEY = {
    smsc: ({"error": "no money", "error_code": 3}, 200),
    aero: ({"success": False, "message": "Unauthorized"}, 401),
    twilio: ({"code": 20003, "message": "Authenticate", "status": 401}, 401),
}
OVER_HTTP = pytest.mark.parametrize("make", [smsc, aero, twilio])
Make = Callable[..., SmsSender]


async def refusal_of(work: Awaitable[Any]) -> SmsRefused:
    with pytest.raises(SmsRefused) as refused:
        await work
    assert "geheim" not in refused.value.message
    return refused.value


@OVER_HTTP
async def test_taken_and_asked_for(make: Make) -> None:
    async with opened(Provider(said(TAKEN[make]))) as provider:
        assert await make(provider.address).send(MESSAGE) == NAMES[make]
        _, form = provider.asked[0]
        assert MESSAGE.text in form.values()
        for answer, outcome in ((DELIVERED, SmsOutcome.DELIVERED), (FAILED, SmsOutcome.FAILED)):
            provider.answer = said(answer[make])
            (news,) = await make(provider.address).news([Asked(NAMES[make], MESSAGE.number)])
            assert (news.sender_id, news.outcome) == (NAMES[make], outcome)
        provider.answer = said(ON_THE_WAY[make])
        assert await make(provider.address).news([Asked(NAMES[make], MESSAGE.number)]) == ()


@OVER_HTTP
async def test_refusals_are_told_apart(make: Make) -> None:
    async with opened(Provider(said(*REFUSED[make]))) as provider:
        assert (await refusal_of(make(provider.address).send(MESSAGE))).code == "sms-refused"
        for answer in (said(*NO_MONEY[make]), said("<html>", 500), said("<html>", 502), said("{", 200)):
            provider.answer = answer
            assert (await refusal_of(make(provider.address).send(MESSAGE))).code == "sms-not-now"
        provider.is_hung = True
        hung = make(provider.address, SHORT_S).send(MESSAGE)
        assert (await refusal_of(hung)).code == "sms-unknown"
    gone = await refusal_of(make(provider.address).send(MESSAGE))
    assert gone.code == "sms-not-now"


async def test_hook_believes_only_what_twilio_signed() -> None:
    owner = account("https://x.test")
    hook, form = TwilioHook(owner), {"MessageSid": "SM5", "MessageStatus": "delivered"}
    signature = RequestValidator(owner.token).compute_signature(owner.hook_address, form)
    assert hook.read(form, signature) == SmsNews("SM5", SmsOutcome.DELIVERED)
    for forged, mark in ((form | {"MessageStatus": "failed"}, signature), (form, ""), (form, signature[:-2])):
        with pytest.raises(Forbidden):
            hook.read(forged, mark)


class Ears:
    """What came by itself over SMPP. `knows` answers for the first receipts."""

    def __init__(self, *knows: bool) -> None:
        self.news: list[SmsNews] = []
        self.heard: list[tuple[str, str]] = []
        self._knows = list(knows)

    async def take_news(self, _sender: str, news: SmsNews) -> bool:
        self.news.append(news)
        return self._knows.pop(0) if self._knows else True

    async def take_heard(self, number: str, text: str) -> None:
        self.heard.append((number, text))


@asynccontextmanager
async def smpp_session(
    center: Smsc, ears: Ears | None = None, limit_s: float = LIMIT_S, **more: Any
) -> AsyncIterator[SmppSender]:
    told = ears or Ears()
    server = SmppServer(
        "127.0.0.1", center.port, "we", "geheim", "Dealer", limit_s=limit_s, pause_s=0.05, **more
    )
    sender = SmppSender(server, told.take_news, told.take_heard)
    sender.start()
    try:
        yield sender
    finally:
        await sender.close()


async def test_smpp_sends_parts_and_hears_receipts_and_people() -> None:
    ears = Ears(False)
    async with Smsc() as center, smpp_session(center, ears) as sender:
        assert await sender.send(MESSAGE) == "m1"
        assert await sender.send(SmsMessage(78, MESSAGE.number, "я" * 100)) == "m3"
        one, two, three = center.taken
        assert one.short_message.decode("utf-16-be") == MESSAGE.text
        assert (one.destination_addr, one.source_addr) == (b"79124401825", b"Dealer")
        assert [pdu.esm_class for pdu in (two, three)] == [consts.SMPP_GSMFEAT_UDHI] * 2
        receipt = b"id:m1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:"
        answers = [await center.deliver(receipt, esm_class=4) for _ in range(3)]
        assert answers[0] == consts.SMPP_ESME_RX_T_APPN  # not known yet: told again
        assert answers[1:] == [consts.SMPP_ESME_ROK] * 2  # twice does no harm
        assert await center.deliver(b"id:m3 stat:UNDELIV err:011", esm_class=4) == consts.SMPP_ESME_ROK
        assert await center.deliver("Когда?".encode("utf-16-be"), data_coding=8) == consts.SMPP_ESME_ROK
    assert ears.news[0] == SmsNews("m1", SmsOutcome.DELIVERED)
    assert ears.news[-1] == SmsNews("m3", SmsOutcome.FAILED, "UNDELIV 011")
    assert ears.heard == [("+79124401825", "Когда?")]


async def test_smpp_refusals_hangs_and_coming_back() -> None:
    async with Smsc() as center, smpp_session(center, limit_s=1.5, quiet_s=0.1) as sender:
        assert await sender.send(MESSAGE) == "m1"
        center.status = consts.SMPP_ESME_RINVDSTADR
        assert (await refusal_of(sender.send(MESSAGE))).code == "sms-refused"
        center.status = consts.SMPP_ESME_RTHROTTLED
        assert (await refusal_of(sender.send(MESSAGE))).code == "sms-not-now"
        center.status = None
        assert (await refusal_of(sender.send(MESSAGE))).code == "sms-unknown"
        center.status = consts.SMPP_ESME_ROK
        sessions = center.sessions
        await center.cut()
        await until(lambda: center.sessions > sessions)
        assert (await sender.send(MESSAGE)).startswith("m")
        await until(lambda: center.links > 0)
        await center.send_raw(b"\xff\xff\xff\xff rubbish")
        sessions = center.sessions
        await until(lambda: center.sessions > sessions)
        assert (await sender.send(MESSAGE)).startswith("m")


async def test_smpp_that_refuses_to_bind_or_is_not_there() -> None:
    async with (
        Smsc(bind_status=consts.SMPP_ESME_RBINDFAIL) as center,
        smpp_session(center, limit_s=SHORT_S) as sender,
    ):
        assert (await refusal_of(sender.send(MESSAGE))).code == "sms-not-now"
        assert not center.taken


class One:
    """A way out that says what it is told; it keeps what it took."""

    def __init__(self, name: str, refusal: SmsRefused | None = None) -> None:
        self.name, self.refusal = name, refusal
        self.tried = 0

    def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def send(self, message: SmsMessage) -> str:
        self.tried += 1
        if self.refusal is not None:
            raise self.refusal
        return f"{self.name}-{message.id}"

    async def news(self, asked: Any) -> tuple[SmsNews, ...]:
        return ()


async def test_the_next_one_takes_what_the_first_refuses_but_not_what_it_may_have_taken() -> None:
    down, good = One("a", SmsRefused("sms-not-now", "500")), One("b")
    sent = await SmsRoute([down, good]).send(MESSAGE)
    assert (sent.sender, sent.sender_id) == ("b", "b-77")
    hung, spare = One("a", SmsRefused("sms-unknown", "hangs")), One("b")
    route = SmsRoute([hung, spare])
    assert (await refusal_of(route.send(MESSAGE, 1))).retryable
    assert spare.tried == 0
    assert (await route.send(MESSAGE, 2)).sender == "b"
    unknown = SmsRoute([One("a", SmsRefused("sms-refused", "sender not registered"))])
    refusal = await refusal_of(unknown.send(MESSAGE))
    assert (refusal.code, refusal.message) == ("sms-refused", "a: sender not registered")
    nobody = await refusal_of(SmsRoute([]).send(MESSAGE))
    assert (nobody.code, nobody.message) == ("sms-refused", NOT_SET_UP)
