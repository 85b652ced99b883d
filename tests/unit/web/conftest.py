"""A whole site over fakes, and a browser that keeps its cookies."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import jinja2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from callcore.kernel.errors import Conflict, Invalid, NotFound, PbxUnavailable
from callcore.network.model import Role
from tests.fakes.clock import FakeClock
from tests.fakes.sign_in import FakeSignIn, viewer
from tests.pages import PagesOnce, compiled_pages
from web.app import make_app
from web.deps import DemoLogin, HealthCheck, MetricsText, WebDeps
from web.rooms import NavItem, Room, Route, get, post
from web.security.access import PUBLIC, SIGNED_IN, roles
from web.ui.flash import Flash, see_other

Browser = TestClient[web.Request, web.Application]
MakeBrowser = Callable[..., Awaitable[Browser]]

_REFUSALS = {
    "missing": NotFound("no-such-call"),
    "pbx": PbxUnavailable("pbx-down", "connection refused at 10.1.2.3"),
    "conflict": Conflict("stale"),
    "invalid": Invalid("bad-number"),
    "bug": ZeroDivisionError("secret inside"),
    "slow": TimeoutError(),
}


async def _refuse(request: web.Request) -> web.Response:
    raise _REFUSALS[request.match_info["what"]]


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _change(_request: web.Request) -> web.Response:
    return see_other("/ui", Flash("success", "Заказ <принят>"))


def a_room() -> Room:
    return Room(
        "sample",
        (
            get("/hello", _hello, SIGNED_IN),
            get("/factory", _hello, roles(Role.ADMIN, Role.MANUFACTURER)),
            get("/refuse/{what}", _refuse, PUBLIC),
            get("/api/refuse/{what}", _refuse, PUBLIC),
            post("/change", _change, SIGNED_IN),
        ),
        (
            NavItem("Привет", "/hello", "phone", SIGNED_IN, "Работа", "g h"),
            NavItem("Завод", "/factory", "route", roles(Role.ADMIN, Role.MANUFACTURER), "Сеть"),
        ),
    )


@pytest.fixture
def sign_in() -> FakeSignIn:
    return FakeSignIn(operator=viewer(), admin=viewer(Role.ADMIN, full_name="Пётр Ким"))


@pytest.fixture(scope="session")
def template_cache(tmp_path_factory: pytest.TempPathFactory) -> jinja2.BytecodeCache:
    return compiled_pages(tmp_path_factory)


@pytest.fixture(scope="session")
def pages_once(template_cache: jinja2.BytecodeCache) -> PagesOnce:
    return PagesOnce(template_cache)


@pytest.fixture(autouse=True)
def _read_and_compiled_once(monkeypatch: pytest.MonkeyPatch, pages_once: PagesOnce) -> None:
    pages_once.take_place(monkeypatch)


@pytest.fixture
def deps(sign_in: FakeSignIn, template_cache: jinja2.BytecodeCache) -> WebDeps:
    async def health() -> tuple[HealthCheck, ...]:
        return (HealthCheck("database", True, "ok"),)

    return WebDeps(
        sign_in=sign_in,
        clock=FakeClock(),
        rooms=(a_room(),),
        demo=True,
        demo_logins=(DemoLogin("Оператор", "operator@demo.test", "demo"),),
        search_path="/hello",
        pbx_connected=lambda: True,
        health=health,
        metrics=lambda: MetricsText(b"calls 1\n", "text/plain; version=0.0.4"),
        max_body_bytes=10_000,
        template_cache=template_cache,
    )


@pytest.fixture
async def browse(deps: WebDeps) -> AsyncIterator[MakeBrowser]:
    """`await browse(secure=True)` opens a site whose deps differ in that; closed after the test."""
    opened: list[Browser] = []

    async def open_site(*extra: Route, **changes: object) -> Browser:
        rooms = (*deps.rooms, Room("extra", extra)) if extra else deps.rooms
        client = TestClient(TestServer(make_app(replace(deps, rooms=rooms, **changes))))
        await client.start_server()
        opened.append(client)
        return client

    yield open_site
    for client in opened:
        await client.close()


@pytest.fixture
async def browser(browse: MakeBrowser) -> Browser:
    return await browse()


@pytest.fixture
async def operator(browser: Browser) -> Browser:
    """A browser in which the operator is signed in; its CSRF token is «csrf-0»."""
    answer = await browser.post(
        "/sign-in", data={"email": "operator@demo.test", "password": "demo"}, allow_redirects=False
    )
    assert answer.status == 303
    return browser


@pytest.fixture
async def serve_app() -> AsyncIterator[Callable[[web.Application], Awaitable[Browser]]]:
    """Serves an application that the test itself has built."""
    opened: list[Browser] = []

    async def serve(app: web.Application) -> Browser:
        client = TestClient(TestServer(app))
        await client.start_server()
        opened.append(client)
        return client

    yield serve
    for client in opened:
        await client.close()
