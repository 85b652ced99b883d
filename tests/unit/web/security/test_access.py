"""Signing in and out, who may pass, and requests that other sites send."""

import pytest

from callcore.network.model import Role
from tests.fakes.sign_in import FakeSignIn, viewer
from tests.unit.web.conftest import Browser, MakeBrowser
from web.rooms import post
from web.security.access import PUBLIC, SIGNED_IN, permits, roles
from web.security.origin import safe_next

pytestmark = pytest.mark.unit
GOOD = {"email": "operator@demo.test", "password": "demo"}


def test_rules_of_access() -> None:
    assert permits(PUBLIC, None)
    assert not permits(SIGNED_IN, None)
    assert permits(SIGNED_IN, viewer())
    assert permits(roles(Role.OPERATOR), viewer(Role.OPERATOR))
    assert not permits(roles(Role.ADMIN), viewer(Role.OPERATOR))
    with pytest.raises(ValueError, match="at least one"):
        roles()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/calls?day=1", "/calls?day=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\nb", "/"),
        ("/a\tb", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_only_own_paths_are_safe(target: str | None, expected: str) -> None:
    assert safe_next(target) == expected


async def test_a_stranger_is_led_to_sign_in_and_back(browser: Browser) -> None:
    answer = await browser.get("/hello?day=1", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/hello%3Fday%3D1")
    signed = await browser.post("/sign-in", data=GOOD | {"next": "/hello?day=1"}, allow_redirects=False)
    assert (signed.status, signed.headers["Location"]) == (303, "/hello?day=1")
    assert await (await browser.get("/hello")).text() == "hello"


async def test_a_foreign_next_is_dropped(browser: Browser) -> None:
    answer = await browser.post("/sign-in", data=GOOD | {"next": "//evil.example"}, allow_redirects=False)
    assert answer.headers["Location"] == "/"


async def test_the_cookie_is_out_of_reach_of_scripts_and_sites(browse: MakeBrowser) -> None:
    plain = await (await browse()).post("/sign-in", data=GOOD, allow_redirects=False)
    assert "HttpOnly" in plain.headers["Set-Cookie"]
    assert "SameSite=Lax" in plain.headers["Set-Cookie"]
    secure = await (await browse(secure=True)).post("/sign-in", data=GOOD, allow_redirects=False)
    cookie = secure.headers["Set-Cookie"]
    assert cookie.startswith("__Host-dealerline=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_a_wrong_password_keeps_the_email_and_says_what_to_do(browser: Browser) -> None:
    answer = await browser.post("/sign-in", data={"email": "operator@demo.test", "password": "no"})
    text = await answer.text()
    assert answer.status == 401
    assert "Почта или пароль не подходят" in text
    assert 'value="operator@demo.test"' in text
    assert 'value="no"' not in text


async def test_too_many_attempts_tell_when_to_come_back(browser: Browser, sign_in: FakeSignIn) -> None:
    sign_in.blocked = True
    answer = await browser.post("/sign-in", data=GOOD)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "240")
    assert "04:00" in await answer.text()


async def test_signing_in_again_ends_the_old_session(operator: Browser, sign_in: FakeSignIn) -> None:
    await operator.post("/sign-in", data=GOOD | {"csrf_token": "csrf-0"}, allow_redirects=False)
    assert set(sign_in.sessions) == {"token-1"}


async def test_signing_out_ends_the_session(operator: Browser, sign_in: FakeSignIn) -> None:
    answer = await operator.post("/sign-out", data={"csrf_token": "csrf-0"}, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
    assert sign_in.sessions == {}
    assert (await operator.get("/hello", allow_redirects=False)).status == 303


async def test_a_closed_page_is_refused_to_the_role(operator: Browser) -> None:
    answer = await operator.get("/factory")
    assert answer.status == 403
    assert "Нет доступа" in await answer.text()


async def test_programs_get_401_not_a_redirect(browser: Browser) -> None:
    answer = await browser.get("/hello", headers={"Accept": "application/json"})
    assert (answer.status, (await answer.json())["code"]) == (401, "sign-in-required")
    fragment = await browser.get("/hello", headers={"HX-Request": "true"})
    assert (fragment.status, fragment.headers["HX-Redirect"]) == (401, "/sign-in")


async def test_a_change_needs_the_token_of_the_session(operator: Browser) -> None:
    async def change(**given: object) -> int:
        return (await operator.post("/change", allow_redirects=False, **given)).status

    assert await change() == 403
    assert await change(data={"csrf_token": "csrf-1"}) == 403
    assert await change(data={"csrf_token": "Ж"}) == 403
    assert await change(data={"csrf_token": "csrf-0"}) == 303
    assert await change(headers={"X-CSRF-Token": "csrf-0"}) == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_sites_may_not_send_forms(operator: Browser, headers: dict[str, str]) -> None:
    answer = await operator.post("/change", data={"csrf_token": "csrf-0"}, headers=headers)
    assert answer.status == 403
    login = await operator.post("/sign-in", data=GOOD, headers=headers)
    assert login.status == 403


async def test_the_own_site_may(operator: Browser) -> None:
    own = {"Origin": str(operator.make_url("/")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    answer = await operator.post("/change", data={"csrf_token": "csrf-0"}, headers=own, allow_redirects=False)
    assert answer.status == 303


async def test_a_foreign_page_may_not_open_a_socket(operator: Browser) -> None:
    handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Origin": "https://evil.example"}
    assert (await operator.get("/hello", headers=handshake)).status == 403


async def test_the_address_behind_a_proxy_is_the_last_hop(browse: MakeBrowser, sign_in: FakeSignIn) -> None:
    forged = {"X-Forwarded-For": "10.9.9.9, 198.51.100.7"}
    await (await browse(behind_proxy=True)).post("/sign-in", data=GOOD, headers=forged, allow_redirects=False)
    await (await browse()).post("/sign-in", data=GOOD, headers=forged, allow_redirects=False)
    assert [ip for _, ip, _ in sign_in.attempts] == ["198.51.100.7", "127.0.0.1"]


@pytest.mark.xdist_group("every template is compiled")
async def test_demo_logins_are_offered_in_the_demo_only(browse: MakeBrowser) -> None:
    assert "operator@demo.test" in await (await (await browse(demo=True)).get("/sign-in")).text()
    assert "operator@demo.test" not in await (await (await browse(demo=False)).get("/sign-in")).text()


async def test_a_public_form_works_without_a_session(browse: MakeBrowser) -> None:
    async def echo(request):
        from aiohttp import web

        return web.Response(text=str((await request.post())["text"]))

    browser = await browse(post("/echo", echo, PUBLIC))
    assert await (await browser.post("/echo", data={"text": "да"})).text() == "да"
