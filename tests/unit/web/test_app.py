"""What holds for every address: declared access, headers, static files."""

from dataclasses import replace

import pytest
from aiohttp import web

from tests.unit.web.conftest import Browser, MakeBrowser
from web.app import make_app
from web.deps import WebDeps
from web.keys import ACCESS, STATIC

pytestmark = pytest.mark.unit


def test_every_route_declares_its_access(deps: WebDeps) -> None:
    app = make_app(deps)
    undeclared = [route for route in app.router.routes() if route not in app[ACCESS]]
    assert undeclared == []


async def test_a_route_that_declares_none_is_closed(deps: WebDeps, serve_app) -> None:
    async def forgotten(_request: web.Request) -> web.Response:
        return web.Response(text="secret")

    app = make_app(deps)
    app.router.add_get("/forgotten", forgotten)
    answer = await (await serve_app(app)).get("/forgotten")
    assert answer.status == 403
    assert "secret" not in await answer.text()


async def test_every_answer_carries_the_security_headers(operator: Browser) -> None:
    for path in ("/hello", "/ui", "/nowhere", "/refuse/bug", "/healthz"):
        headers = (await operator.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers


async def test_https_is_insisted_on_where_it_is_used(browse: MakeBrowser) -> None:
    answer = await (await browse(secure=True)).get("/sign-in")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


async def test_pages_hold_nothing_inline(operator: Browser) -> None:
    text = await (await operator.get("/ui")).text()
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert text.count("<script") == text.count("<script src=")


async def test_static_files_live_for_ever_under_their_hash(browser: Browser, deps: WebDeps) -> None:
    static = make_app(deps)[STATIC]
    answer = await browser.get(static.url("app.css"))
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    old = await browser.get("/static/0123/app.css")
    assert (old.status, old.headers["Cache-Control"]) == (200, "no-cache")
    assert (await browser.get(f"/static/{static.version}/../app.py")).status == 404
    with pytest.raises(LookupError):
        static.url("no-such.css")


async def test_health_and_metrics(browser: Browser, browse: MakeBrowser) -> None:
    healthy = await browser.get("/healthz")
    assert healthy.status == 200
    assert (await healthy.json())["checks"]["database"]["ok"] is True
    assert await (await browser.get("/metrics")).text() == "calls 1\n"
    outside = await browse(behind_proxy=True, metrics_token="long-secret")
    stranger = {"X-Forwarded-For": "198.51.100.7"}
    assert (await outside.get("/metrics", headers=stranger)).status == 403
    bearer = stranger | {"Authorization": "Bearer long-secret"}
    assert (await outside.get("/metrics", headers=bearer)).status == 200


@pytest.mark.xdist_group("every template is compiled")
async def test_the_gallery_is_shown_in_the_demo_only(browse: MakeBrowser) -> None:
    assert (await (await browse(demo=True)).get("/ui")).status == 200
    assert (await (await browse(demo=False)).get("/ui")).status == 404


async def test_the_front_door_leads_to_the_first_page_of_the_role(operator: Browser) -> None:
    answer = await operator.get("/", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/hello")


async def test_without_rooms_the_front_door_explains_itself(deps: WebDeps, serve_app) -> None:
    browser = await serve_app(make_app(replace(deps, rooms=())))
    await browser.post(
        "/sign-in", data={"email": "operator@demo.test", "password": "demo"}, allow_redirects=False
    )
    answer = await browser.get("/")
    assert answer.status == 200
    assert "администратор" in await answer.text()


async def test_navigation_shows_what_the_role_may_open(browser: Browser, operator: Browser) -> None:
    text = await (await operator.get("/ui")).text()
    assert 'href="/hello"' in text
    assert 'href="/factory"' not in text
