"""A base of leads over HTTP keeps the promises of its port whatever the other side does; what its leads look like."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from callcore.customers.consents import ConsentKind
from callcore.intake.leads.http_lead_base import HttpLeadBase, HttpLimits
from callcore.intake.leads.lead_json import read_page
from callcore.intake.leads.lead_port import LeadBaseTrouble
from callcore.intake.leads.model import (
    LONGEST_WAIT,
    LeadAccess,
    Trouble,
    address_problem,
    is_same_place,
    next_due,
)

pytestmark = pytest.mark.unit
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
LIMITS = HttpLimits(total_s=5.0, max_bytes=300_000)
MB = 1024 * 1024
GOOD = {"leads": [{"id": 7, "phone": 79124408001}], "cursor": 7, "more": True}


class Asked:
    """What reached the server."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.sent = 0


def said(body: object, status: int = 200, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(body=raw, status=status, headers=headers)

    return answer


@pytest.fixture
async def ask() -> AsyncIterator[Callable[..., Awaitable[object]]]:
    """Asks a server that answers so; gives the page, or the trouble."""
    servers = []

    async def asked(answer: Answer, *, limits: HttpLimits = LIMITS, seen: Asked | None = None) -> object:
        seen = seen or Asked()

        async def handle(request: web.Request) -> web.StreamResponse:
            seen.requests.append(request)
            return await answer(request)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        server = TestServer(app, shutdown_timeout=0.1)
        await server.start_server()
        servers.append(server)
        return await got(str(server.make_url("/api/leadgen/")), limits)

    yield asked
    for server in servers:
        await server.close()


async def got(address: str, limits: HttpLimits = LIMITS) -> object:
    try:
        return await HttpLeadBase(limits).page(LeadAccess(address, "мы", "секрет:1"), "c&1", 5)
    except LeadBaseTrouble as refused:
        return refused.trouble if "секрет" not in f"{refused}{refused!r}" else "tells the secret"


async def test_a_page_is_asked_for_as_the_contract_says(ask) -> None:
    seen = Asked()
    page = await ask(said(GOOD), seen=seen)
    (request,) = seen.requests
    assert (request.path, dict(request.query)) == ("/api/leadgen/leads", {"after": "c&1", "limit": "5"})
    expected = "Basic " + b64encode("мы:секрет:1".encode()).decode()
    assert request.headers["Authorization"] == expected
    assert (page.cursor, page.has_more) == ("7", True)
    assert (page.leads[0].external_id, page.leads[0].draft.customer.phone) == ("7", "79124408001")
    assert "секрет" not in repr(LeadAccess("https://a.test", "we", "секрет"))


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (said({}, 401), Trouble.SIGN_IN),
        (said({}, 403), Trouble.SIGN_IN),
        (said({}, 404), Trouble.NOT_FOUND),
        (said({}, 429), Trouble.BUSY),
        (said({}, 503), Trouble.BUSY),
        (said({}, 500), Trouble.FAILING),
        (said(GOOD, 206), Trouble.STRANGE),
        (said({}, 302, Location="http://127.0.0.1:9/steal"), Trouble.REDIRECT),
        (said(b"<html>"), Trouble.GARBAGE),
        (said(b""), Trouble.GARBAGE),
        (said(b"[" * 100_000), Trouble.GARBAGE),
        (said(b'{"leads":[{"id":1}],"cursor":"\xff"}'), Trouble.GARBAGE),
        (said([GOOD]), Trouble.GARBAGE),
        (said({"leads": [{}]}), Trouble.GARBAGE),
        (said({"leads": [], "more": True}), Trouble.GARBAGE),
        (said({"leads": [{"id": 1}], "cursor": True}), Trouble.GARBAGE),
        (said({"leads": [{"id": n} for n in range(6)], "cursor": "6"}), Trouble.GARBAGE),
        (said(GOOD, **{"Content-Encoding": "gzip"}), Trouble.GARBAGE),
    ],
)
async def test_whatever_it_answers_is_named(ask, answer: Answer, trouble: Trouble) -> None:
    seen = Asked()
    assert await ask(answer, seen=seen) is trouble
    assert len(seen.requests) == 1  # nobody is followed, nothing is repeated


async def test_an_endless_answer_is_cut_and_a_slow_one_is_not_waited_for(ask) -> None:
    seen = Asked()

    async def endless(request: web.Request) -> web.StreamResponse:
        """200 MB, without telling how long it is."""
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(b" " * MB)
            seen.sent += 1
        return response

    assert await ask(endless, seen=seen) is Trouble.TOO_BIG
    assert seen.sent < 100

    async def told(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(200 * MB)})
        await response.prepare(request)
        return response

    assert await ask(told) is Trouble.TOO_BIG

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    assert await ask(drip, limits=HttpLimits(total_s=0.4)) is Trouble.NO_ANSWER

    async def cut(request: web.Request) -> web.StreamResponse:
        request.transport.abort()
        return web.Response()

    assert await ask(cut) is Trouble.UNREACHABLE


async def test_nobody_there_and_no_true_tls() -> None:
    assert await got(f"http://127.0.0.1:{unused_port()}/api") is Trouble.UNREACHABLE
    for address in ("file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://a.test", "a.test"):
        assert await got(address) is Trouble.UNREACHABLE

    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await got(f"https://127.0.0.1:{port}/api") is Trouble.TLS


def test_leads_of_all_sorts() -> None:
    sent = [
        {
            "id": "A-1",
            "name": None,
            "phone": "8 912 440-80-01",
            "lines": [{"name": "Дверь", "quantity": 2, "price": 100.5}],
            "consents": {"ads": True},
            "unknown": {"to": "us"},
        },
        {"id": 2, "phone": ["8"], "lines": "дверь"},
        {"id": " ", "phone": "1"},
        {"id": "x" * 121},
        {"id": True},
        "лид",
        {"id": 5, "lines": [{"kind": "gift"}], "consents": {"ads": "maybe"}},
    ]
    good, *broken = read_page(json.dumps({"leads": sent, "cursor": "z"}).encode(), 100).leads
    draft = good.draft
    assert (good.external_id, draft.customer.name, draft.external_id) == ("A-1", "", "A-1")
    assert [(line.name, line.quantity, line.price) for line in draft.lines] == [("Дверь", "2", "100.5")]
    assert draft.customer.consents == (ConsentKind.ADS,)
    assert [one.draft for one in broken] == [None] * 6
    assert [dict(one.wrong) for one in broken] == [
        {"customer.phone": "not-text", "lines": "not-text"},
        {"external_id": "empty"},
        {"external_id": "too-long"},
        {"external_id": "empty"},
        {"row": "not-a-lead"},
        {"consents.ads": "not-listed", "lines.0.kind": "not-listed"},
    ]
    assert read_page(b'{"leads": []}', 1).cursor == ""


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("https://leads.example.ru/api/leadgen", ""),
        ("http://leads/api/leadgen", ""),
        ("http://10.0.0.5:8080", ""),
        ("ftp://leads.example.ru", "not-web"),
        ("javascript://a", "not-web"),
        ("leads.example.ru", "not-an-address"),
        ("https://", "not-an-address"),
        ("https://a b", "not-an-address"),
        ("https://a:99999", "not-an-address"),
        ("https://[::1", "not-an-address"),
        ("https://we:geheim@a.test", "with-more"),
        ("https://a.test/?q=1", "with-more"),
        ("https://a.test/#x", "with-more"),
        ("https://a.test/" + "x" * 300, "too-long"),
    ],
)
def test_addresses(address: str, problem: str) -> None:
    assert address_problem(address) == problem


def test_another_server_is_another_place_and_failures_slow_the_schedule_down() -> None:
    assert is_same_place("https://a.test/one", "https://a.test/two")
    assert not is_same_place("https://a.test", "http://a.test")
    assert not is_same_place("https://a.test", "https://a.test:8443")
    now, every = datetime(2026, 3, 1, tzinfo=UTC), timedelta(minutes=15)
    waits = [next_due(now, every, failures) - now for failures in (0, 1, 2, 3, 50)]
    assert waits == [every, every * 2, every * 4, every * 8, LONGEST_WAIT]
    assert next_due(now, timedelta(hours=24), 3) - now == timedelta(hours=24)
