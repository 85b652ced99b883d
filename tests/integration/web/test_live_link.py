"""The live link over a real server, read by a client that is not ours."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import unused_port
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callcore.calls.events import CallEnded, CallRinging, PbxLinkChanged, RecordingReady
from callcore.kernel.bus import Audience, Bus
from callcore.network.model import Role
from tests.fakes.clock import FakeClock
from tests.fakes.polling import until
from tests.fakes.sign_in import PASSWORD, FakeSignIn, viewer
from web.app import make_app
from web.deps import WebDeps
from web.live import pages as live
from web.live.hub import LiveHub
from web.live.protocol import CLOSE_RESTART, CLOSE_SIGNED_OUT

pytestmark = pytest.mark.integration

AT = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
OPERATORS_PHONE = 3
LIMIT_S = 60.0
PEOPLE = {
    "operator": viewer(),
    "vector": viewer(Role.DEALER_OWNER, user_id=21, org_id=5, org_path="/1/5/", phone_ids=(12,)),
    "master": viewer(Role.DEALER_OWNER, user_id=31, org_id=6, org_path="/1/6/", phone_ids=(14,)),
}


def ringing(call_id: str = "d-1.1", version: int = 3, **changes: Any) -> CallRinging:
    """Rings on a phone of the dealer «vector»; staff hears of everything."""
    values: dict[str, Any] = {
        "at": AT,
        "audience": Audience(staff=True, org_ids=frozenset({1, 5})),
        "call_id": call_id,
        "version": version,
        "phone_ids": frozenset({12}),
        "user_ids": frozenset(),
        "outlet_ids": frozenset({50}),
    }
    return CallRinging(**values | changes)


def for_master(call_id: str = "d-2.1") -> CallEnded:
    audience = Audience(org_ids=frozenset({6}))
    return CallEnded(at=AT, audience=audience, call_id=call_id, version=9, result="missed")


@dataclass(slots=True)
class Site:
    """A running server on `port`; `restart` ends it and starts a new one at the same address."""

    port: int
    people: FakeSignIn
    bus: Bus
    hub: LiveHub
    runner: web.AppRunner
    is_up: bool = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self.hub = LiveHub(self.bus, lambda: self.is_up)
        app = make_app(WebDeps(sign_in=self.people, clock=FakeClock(), rooms=(live.room(self.hub),)))
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        await self.runner.cleanup()

    async def cookie(self, who: str) -> str:
        """Signs in by the form, as a browser does; gives the Cookie header."""
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            form = {"email": f"{who}@demo.test", "password": PASSWORD}
            async with browser.post(f"{self.address}/sign-in", data=form, allow_redirects=False) as answer:
                assert answer.status == 303
                return f"dealerline={answer.cookies['dealerline'].value}"


Listen = Callable[..., Awaitable[ClientConnection]]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    bus = Bus()
    people = FakeSignIn(**PEOPLE)
    running = Site(unused_port(), people, bus, LiveHub(bus, lambda: True), web.AppRunner(web.Application()))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def listen(site: Site) -> AsyncIterator[Listen]:
    """`await listen("operator")`: a signed-in link that has been greeted."""
    opened: list[ClientConnection] = []

    async def open_link(
        who: str = "", *, cookie: str = "", origin: str = "", **options: Any
    ) -> ClientConnection:
        cookie = cookie or (await site.cookie(who) if who else "")
        headers = {"Cookie": cookie} if cookie else {}
        link = await connect(
            f"ws://127.0.0.1:{site.port}/live",
            additional_headers=headers,
            origin=origin or None,  # type: ignore[arg-type]
            proxy=None,
            close_timeout=0.2,
            **options,
        )
        opened.append(link)
        return link

    yield open_link
    for link in opened:
        await link.close()


async def read(link: ClientConnection, limit_s: float = LIMIT_S) -> dict[str, Any]:
    async with asyncio.timeout(limit_s):
        return json.loads(await link.recv())


async def greeted(link: ClientConnection) -> ClientConnection:
    assert (await read(link))["type"] == "hello"
    return link


async def closed_with(link: ClientConnection, limit_s: float = LIMIT_S) -> int | None:
    """The close code, whatever came before it."""
    async with asyncio.timeout(limit_s):
        while True:
            try:
                await link.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None


async def test_nobody_listens_without_a_session(site: Site, listen: Listen) -> None:
    """Strangers are sent to the door: what they get in the end is the sign-in page, never a link."""
    for cookie in ("", "dealerline=no-such-token"):
        with pytest.raises(InvalidStatus) as refused:
            await listen(cookie=cookie)
        assert "sign-in" in refused.value.response.body.decode()
    assert site.hub.count == 0


async def test_another_site_is_refused_even_with_the_cookie(site: Site, listen: Listen) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await listen("operator", origin="https://evil.example")
    assert refused.value.response.status_code == 403
    assert site.hub.count == 0
    own = await listen("operator", origin=site.address)
    assert (await read(own))["type"] == "hello"


@pytest.mark.parametrize(("is_up", "word"), [(True, "up"), (False, "down")])
async def test_the_first_frame_tells_of_the_pbx(site: Site, listen: Listen, is_up: bool, word: str) -> None:
    site.is_up = is_up
    link = await listen("operator")
    site.bus.publish(ringing())
    told = await read(link)
    assert (told["type"], told["link"]) == ("hello", word)


async def test_a_page_learns_whether_there_was_news_since_it_was_asked_for(
    site: Site, listen: Listen
) -> None:
    site.bus.publish(ringing())
    await asyncio.sleep(0.05)
    asked = time.monotonic()
    quiet_ms = (await read(await listen("operator")))["quiet_ms"]
    assert quiet_ms >= 50
    site.bus.publish(ringing())
    quiet_ms = (await read(await listen("operator")))["quiet_ms"]
    assert quiet_ms <= (time.monotonic() - asked) * 1000


async def test_a_ringing_phone_pops_at_who_it_rings_for(site: Site, listen: Listen) -> None:
    owner, watcher = await greeted(await listen("vector")), await greeted(await listen("operator"))
    site.bus.publish(ringing())
    told = await read(owner)
    assert told == {"type": "call", "what": "ringing", "call_id": "d-1.1", "version": 3, "mine": True}
    assert (await read(watcher))["mine"] is False


async def test_another_dealer_hears_nothing(site: Site, listen: Listen) -> None:
    stranger = await greeted(await listen("master"))
    ready = RecordingReady(
        at=AT, audience=Audience(staff=True, org_ids=frozenset({5})), recording_id=4, call_id="d-1.1"
    )
    site.bus.publish(ringing(), ready, for_master())
    assert (await read(stranger))["call_id"] == "d-2.1"


async def test_no_content_travels(site: Site, listen: Listen) -> None:
    link = await greeted(await listen("vector"))
    site.bus.publish(ringing())
    assert set(await read(link)) == {"type", "what", "call_id", "version", "mine"}


async def test_the_lost_link_to_the_pbx_is_told_at_once(site: Site, listen: Listen) -> None:
    link = await greeted(await listen("master"))
    site.bus.publish(PbxLinkChanged(at=AT, audience=Audience(), connected=False, reason="timeout"))
    assert await read(link) == {"type": "link", "link": "down"}


async def test_ping_is_answered_and_nonsense_is_ignored(listen: Listen) -> None:
    link = await greeted(await listen("operator"))
    for text in ("{", "[]", "null", '{"type":"subscribe","call_id":"d-9.9"}', '{"type":"ping"}'):
        await link.send(text)
    assert await read(link) == {"type": "pong"}


async def test_a_huge_message_ends_only_its_own_link(site: Site, listen: Listen) -> None:
    rude, calm = await greeted(await listen("operator")), await greeted(await listen("vector"))
    await rude.send("x" * (live.MAX_INCOMING_BYTES + 1))
    assert await closed_with(rude) == 1009
    site.bus.publish(ringing())
    assert (await read(calm))["call_id"] == "d-1.1"


async def test_the_link_ends_with_the_session(
    site: Site, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SESSION_CHECK_S", 0.05)
    cookie = await site.cookie("operator")
    link, other = await greeted(await listen(cookie=cookie)), await greeted(await listen("vector"))
    await site.people.sign_out(cookie.partition("=")[2])
    assert await closed_with(link) == CLOSE_SIGNED_OUT
    await until(lambda: site.hub.count == 1)
    site.bus.publish(ringing())
    assert (await read(other))["call_id"] == "d-1.1"


async def test_who_does_not_read_is_cut_and_the_others_go_on(site: Site, listen: Listen) -> None:
    """Frames are made long, so that the buffers of the network are full soon."""
    reader = await greeted(await listen("vector", max_size=None))
    await greeted(await listen("operator", max_size=None, max_queue=1))
    assert site.hub.count == 2
    for number in range(1000):
        site.bus.publish(ringing("d-" + "1" * 16_000, version=number))
        assert (await read(reader))["version"] == number
    await until(lambda: site.hub.count == 1)
    site.bus.publish(ringing("d-last"))
    assert (await read(reader))["call_id"] == "d-last"


async def test_a_client_comes_back_after_a_restart(site: Site, listen: Listen) -> None:
    cookie = await site.cookie("operator")
    link = await greeted(await listen(cookie=cookie))
    await site.stop()
    assert await closed_with(link) == CLOSE_RESTART
    with pytest.raises(OSError, match=r"(?i)connect"):
        await listen(cookie=cookie)
    await site.start()
    again = await greeted(await listen(cookie=cookie))
    site.bus.publish(ringing())
    assert (await read(again))["what"] == "ringing"


async def test_many_links_leave_nothing_behind(site: Site, listen: Listen) -> None:
    cookie = await site.cookie("operator")
    links = [await greeted(await listen(cookie=cookie)) for _ in range(30)]
    assert site.hub.count == 30
    for link in links[::2]:
        await link.close()
    for link in links[1::2]:
        link.transport.abort()  # a laptop that is closed says no goodbye
    await until(lambda: site.hub.count == 0)
