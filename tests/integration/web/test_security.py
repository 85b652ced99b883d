"""What protects the site, asked of the whole site with the real sign-in on both databases."""

import io
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from aiohttp import ClientSession, WSServerHandshakeError
from sqlalchemy import update

from callcore.bootstrap import services
from callcore.kernel.database import Database
from callcore.kernel.logs import configure_logs
from callcore.network.model import Role
from callcore.network.tables import UserRow
from tests.fakes.clock import FakeClock
from tests.integration.web.door_forms import form_for
from tests.integration.web.guarded_site import CUSTOMER, NUMBER, PASSWORD, GuardedSite, open_site
from web.security.access import FOREIGN as FROM_ANYWHERE
from web.security.access import PUBLIC, Access, ProgramAccess

pytestmark = pytest.mark.integration

GOOD = {"email": "operator@example.test", "password": PASSWORD}
OPEN_TO_ALL = {
    "/static/{version}/{path}",
    "/sign-in",
    "/sign-in/code",
    "/sign-out",
    "/healthz",
    "/metrics",
    "/join/{token}",
    "/s/{token}",
    "/u/{token}",
    "/api/openapi.json",
    "/api/docs",
    "/widget/callback.js",
    "/callback/{key}",
    "/site/order",
    "/site/{org_id}/order",
    "/o/{public_id}",
    "/o/{public_id}/message",
    "/o/{public_id}/confirm",
    "/o/{public_id}/feedback",
    "/o/{public_id}/unsubscribe",
    "/o/{public_id}/files/{file_id}",
}
# Changes that end on a page and not with a way on: something is shown once, or the form needs what this test has not.
SHOWN_AT_ONCE = {
    "/dealers/new": 200,
    "/dealers/{id}/invites": 200,
    "/dealers/{id}/logo": 422,
    "/people/{id}/reset": 409,
    "/people/{id}/hours": 409,
    "/outlets/{id}/edit": 409,
    "/outlets/{id}/remove": 409,
    "/phones/{id}": 409,
    "/phones/{id}/secret": 409,
    "/phones/{id}/secret/renew": 409,
    "/api-keys": 200,
    "/keyboard": 200,
    "/orders/import": 422,
    "/value/costs": 422,
    "/value/costs/file": 422,
    "/orders/{number}/accept": 404,  # not offered to the one who presses
    "/orders/{number}/decline": 404,
    "/dealers/{id}/trade": 409,
    "/orders/{number}/release": 422,
    "/orders/{number}/assign": 422,
    **{
        f"/orders/{{number}}/{name}": 422
        for name in (
            "status",
            "postpone",
            "contact",
            "close",
            "reopen",
            "delete",
            "deadline",
            "lines",
            "promo",
            "files",
        )
    },
    "/orders/bulk/{undo_id}/undo": 404,
    "/orders/{number}/files/{file}/remove": 404,
    "/orders/{number}/files/{file}/restore": 404,
    "/dealers/{id}/orders-in-hand": 422,
    "/feedback/{id}": 422,
    "/messages/quiet": 422,
    "/messages/words/{event}/{recipient}/{channel}": 422,
    "/robot/phrases": 422,
    "/callback/{key}": 422,  # without a consent
    "/robot/orders/{number}/send": 422,  # it is switched off
    "/robot/orders/{number}/off": 422,
    "/s/{token}": 422,
    "/u/{token}": 404,
    "/sign-in/code": 401,
    "/account/password": 422,
    "/account/second-factor/confirm": 422,
    "/dealers/{id}/act": 422,
    "/people/invites": 422,
    "/rights/second-factor": 409,
    "/customers/claims": 403,
    "/customers/claims/check": 422,
    "/customers/{id}/merge": 404,
    "/customers/{id}/forget": 422,
    "/customers/{id}/edit": 422,
    "/customers/{id}/contacts": 422,
}
POLICY = "Content-Security-Policy"
JSON = {"Accept": "application/json"}
TELLTALES = ("Traceback", 'File "', "site-packages", "aiohttp", "sqlalchemy")


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


def get_routes(site: GuardedSite) -> list[str]:
    return [
        pattern for method, pattern, access in site.routes() if method == "GET" and not for_programs(access)
    ]


def for_programs(access: Access) -> bool:
    """These read no cookie: tests/integration/web/test_api.py and test_callback_pages.py ask them."""
    return isinstance(access, ProgramAccess) or access == FROM_ANYWHERE


def unsafe_routes(site: GuardedSite) -> list[tuple[str, str]]:
    return [one[:2] for one in unsafe_doors(site)]


def unsafe_doors(site: GuardedSite) -> list[tuple[str, str, Role]]:
    """Each with somebody who may press there: the administrator, else the first of those that it names."""
    return [
        (method, pattern, _guest(access))
        for method, pattern, access in site.routes()
        if method not in ("GET", "HEAD") and not for_programs(access)
    ]


def _guest(access: Access) -> Role:
    if not isinstance(access, frozenset) or Role.ADMIN in access:
        return Role.ADMIN
    return next(role for role in Role if role in access)


def cookie_of(browser: ClientSession) -> str:
    return next(iter(browser.cookie_jar)).value


# --- sessions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secure", [True, False])
async def test_flags_of_the_cookie(
    database: Database, clock: FakeClock, tmp_path: Path, secure: bool
) -> None:
    async with open_site(database, clock, tmp_path / "store", secure=secure) as site:
        async with site.client().post("/sign-in", data=GOOD, allow_redirects=False) as answer:
            (cookie,) = answer.headers.getall("Set-Cookie")
            hsts = answer.headers.get("Strict-Transport-Security", "")
        name, _, rest = cookie.partition("=")
        flags = {flag.strip() for flag in rest.split(";")[1:]}
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= flags
        assert not any(flag.startswith("Domain") for flag in flags)
        assert ("Secure" in flags, name.startswith("__Host-"), "max-age" in hsts) == (secure,) * 3
        async with site.client(Cookie=cookie.partition(";")[0]).get("/desk") as page:
            assert page.status == 200


async def test_a_planted_token_is_worth_nothing(site: GuardedSite) -> None:
    planted = "planted-by-somebody-else"
    headers = {"Cookie": f"dealerline={planted}"}
    async with site.client(**headers).post("/sign-in", data=GOOD, allow_redirects=False) as answer:
        assert answer.cookies["dealerline"].value != planted
    async with site.client(**headers).get("/desk", allow_redirects=False) as answer:
        assert answer.status == 303


async def test_signing_in_again_ends_the_former_session(site: GuardedSite) -> None:
    browser = await site.signed_in()
    former = cookie_of(browser)
    form = GOOD | {"csrf_token": await site.csrf_token(browser)}
    async with browser.post("/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    assert cookie_of(browser) != former
    async with site.client(Cookie=f"dealerline={former}").get("/desk", allow_redirects=False) as answer:
        assert answer.status == 303


async def test_signing_out_kills_the_session(site: GuardedSite) -> None:
    browser = await site.signed_in()
    stolen = site.client(Cookie=f"dealerline={cookie_of(browser)}")
    async with stolen.get("/desk") as answer:
        assert answer.status == 200
    form = {"csrf_token": await site.csrf_token(browser)}
    async with browser.post("/sign-out", data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/sign-in"
    for client in (browser, stolen):
        async with client.get("/desk", allow_redirects=False) as answer:
            assert answer.status == 303


async def test_a_session_ends_with_idleness_and_with_the_account(site: GuardedSite) -> None:
    idle, fired = await site.signed_in(Role.OPERATOR), await site.signed_in(Role.MARKETER)
    async with site.database.transaction() as session:
        await session.execute(update(UserRow).where(UserRow.role == "marketer").values(is_active=False))
    async with fired.get("/calls", allow_redirects=False) as answer:
        assert answer.status == 303
    site.clock.advance(timedelta(hours=12, minutes=1))
    async with idle.get("/calls", allow_redirects=False) as answer:
        assert answer.status == 303


# --- requests from elsewhere ----------------------------------------------------------------------------------


async def test_every_change_needs_the_token_of_the_session(site: GuardedSite) -> None:
    other = await site.signed_in(Role.OPERATOR)
    foreign = await site.csrf_token(other)
    guests: dict[Role, ClientSession] = {}
    for method, pattern, role in unsafe_doors(site):
        browser = guests[role] = guests.get(role) or await site.signed_in(role)
        path = site.seeds.path(pattern)
        for form in ({}, {"csrf_token": ""}, {"csrf_token": foreign}, {"csrf_token": "Ж"}):
            async with browser.request(method, path, data=form, headers=JSON) as answer:
                assert (answer.status, (await answer.json())["code"]) == (403, "csrf"), (path, form)
        async with browser.request(method, path, json={"csrf_token": foreign}, headers=JSON) as answer:
            assert answer.status == 403, path


class Guests:
    """People who press buttons one after another; whose session a button has ended signs in again."""

    def __init__(self, site: GuardedSite) -> None:
        self._site = site
        self._inside: dict[Role, tuple[ClientSession, str]] = {}

    async def press(self, role: Role, method: str, pattern: str) -> tuple[int, str]:
        """Status and text."""
        status, text = await self._try(role, method, pattern)
        is_odd = status in (401, 403, 404) and status != SHOWN_AT_ONCE.get(pattern)
        if is_odd or (status == 303 and text.startswith("/sign-in?")):
            del self._inside[role]
            status, text = await self._try(role, method, pattern)
        return status, text

    async def _try(self, role: Role, method: str, pattern: str) -> tuple[int, str]:
        if role not in self._inside:
            browser = await self._site.signed_in(role)
            self._inside[role] = browser, await self._site.csrf_token(browser)
        browser, token = self._inside[role]
        form = form_for(self._site, pattern) | {"csrf_token": token}
        path = self._site.seeds.path(pattern)
        async with browser.request(method, path, data=form, allow_redirects=False) as answer:
            if pattern in ("/sign-in", "/sign-out"):
                del self._inside[role]
            return answer.status, answer.headers.get("Location", "") or await answer.text()


async def test_every_change_passes_with_the_token(site: GuardedSite) -> None:
    guests, wrong = Guests(site), []
    for method, pattern, role in unsafe_doors(site):
        status, text = await guests.press(role, method, pattern)
        usual = 200 if pattern.endswith("/summary") else 303
        if status != SHOWN_AT_ONCE.get(pattern, usual):
            wrong.append(
                (pattern, status, re.findall(r'class="(?:field-error|notice-title)[^>]*>(.*?)</p>', text))
            )
    assert not wrong, "\n".join(map(str, wrong))


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


async def test_other_sites_change_nothing(site: GuardedSite) -> None:
    for headers in FOREIGN:
        browser = await site.signed_in(Role.ADMIN)
        form = {"csrf_token": await site.csrf_token(browser)}
        for method, pattern in unsafe_routes(site):
            path = site.seeds.path(pattern)
            async with browser.request(method, path, data=form, headers=JSON | headers) as answer:
                assert (answer.status, (await answer.json())["code"]) == (403, "cross-site"), path
        with pytest.raises(WSServerHandshakeError) as refused:
            await browser.ws_connect("/live", headers=headers)
        assert refused.value.status == 403


async def test_the_own_page_opens_the_live_link(site: GuardedSite) -> None:
    browser = await site.signed_in()
    async with browser.ws_connect("/live", headers={"Origin": site.address}) as link:
        assert json.loads(await link.receive_str(timeout=60))["type"] == "hello"
    with pytest.raises(WSServerHandshakeError) as refused:
        await site.client().ws_connect("/live", headers={"Origin": site.address})
    assert refused.value.request_info.url.path == "/sign-in"


# --- doors ----------------------------------------------------------------------------------------------------


async def test_the_open_doors_are_these_and_no_others(site: GuardedSite) -> None:
    assert {pattern for _, pattern, access in site.routes() if access == PUBLIC} == OPEN_TO_ALL


async def test_a_stranger_gets_no_data(site: GuardedSite) -> None:
    closed = [
        (method, pattern)
        for method, pattern, access in site.routes()
        if access != PUBLIC and not for_programs(access)
    ]
    assert len(closed) > 20
    stranger = site.browser()
    for method, pattern in closed:
        path = site.seeds.path(pattern)
        async with stranger.request(method, path, allow_redirects=False) as answer:
            assert answer.status == 303, path
            assert answer.headers["Location"].startswith("/sign-in?next=/"), path
            assert not await answer.read()
        for headers in (JSON, {"HX-Request": "true"}):
            async with stranger.request(method, path, headers=headers) as answer:
                assert answer.status == 401, path
                text = await answer.text()
        assert NUMBER[2:] not in text
        assert CUSTOMER not in text


async def test_every_role_at_every_door(site: GuardedSite) -> None:
    statuses = {role: await tried_doors(site, await site.signed_in(role)) for role in Role}
    assert all(200 in seen for seen in statuses.values())
    assert 403 in statuses[Role.OPERATOR]
    assert 404 in statuses[Role.SEO]


async def tried_doors(site: GuardedSite, browser: ClientSession) -> set[int]:
    seen = set()
    for pattern in get_routes(site):
        path = site.seeds.path(pattern)
        expected = {400} if pattern == "/live" else {200, 303, 403, 404}
        async with browser.get(path, allow_redirects=False) as answer:
            assert answer.status in expected, (path, answer.status)
            seen.add(answer.status)
            text = (await answer.read()).decode(errors="replace")
        if answer.status in (403, 404):
            assert not any(word in text for word in (*TELLTALES, CUSTOMER, NUMBER[2:])), path
    return seen


async def test_odd_addresses_are_refused_calmly(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    rest = f"Cookie: dealerline={cookie_of(browser)}\r\nHost: 127.0.0.1\r\nConnection: close"
    for pattern in (pattern for pattern in get_routes(site) if "{" in pattern):
        for value in ("a%00b", "-1", "0", "9" * 18, "9" * 40, "%ED%A0%80", "%27%22%3C", "%D0%96", "."):
            path = re.sub(r"\{\w+\}", value, pattern)
            answer = await site.raw(f"GET {path} HTTP/1.1\r\n{rest}\r\n\r\n".encode())
            assert int(answer.split(b" ")[1]) in (303, 404), (path, answer[:300])


async def test_odd_questions_are_refused_calmly(site: GuardedSite) -> None:
    browser = await site.signed_in(Role.ADMIN)
    rest = f"Cookie: dealerline={cookie_of(browser)}\r\nHost: 127.0.0.1\r\nConnection: close"
    names = (
        "q", "number", "period", "since", "until", "org", "status", "direction", "region", "source", "talk", "after",
        "before", "recording", "kind", "result", "tab", "fragment", "show", "next",
    )  # fmt: skip
    for page in ("/calls", "/calls/fresh", "/orders", "/customers", "/desk", "/tasks", "/notices"):
        for name in names:
            for value in ("%00%27%25_%ED%A0%80", "9" * 18):
                path = f"{page}?{name}={value}"
                answer = await site.raw(f"GET {path} HTTP/1.1\r\n{rest}\r\n\r\n".encode())
                assert int(answer.split(b" ")[1]) in (200, 400, 404), (path, answer[:300])


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "/%0d%0aSet-Cookie: a=b\r\nSet-Cookie: a=b",
    " //evil.example",
    "evil.example",
]


async def test_sign_in_leads_to_no_other_site(site: GuardedSite) -> None:
    for target in ELSEWHERE:
        browser = site.browser()
        async with browser.post("/sign-in", data=GOOD | {"next": target}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            assert len(answer.headers.getall("Set-Cookie")) == 1
        async with browser.get("/sign-in", params={"next": target}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")


# --- answers --------------------------------------------------------------------------------------------------


async def test_headers_of_every_kind_of_answer(site: GuardedSite) -> None:
    browser = await site.signed_in()
    async with browser.get("/sign-out", headers=JSON) as wrong_method:
        assert wrong_method.status == 405
    kinds = {
        "/calls": 200,
        "/healthz": 200,
        "/metrics": 200,
        "/nowhere": 404,
        "/sign-out": 405,
        "/static/0/app.css": 200,
        "/static/0/none.css": 404,
        "/live": 400,
        f"/recordings/{site.seeds.recording_id}/audio": 200,
        f"/recordings/{site.seeds.recording_id}/waveform.json": 200,
        "/": 303,
    }
    for path, status in kinds.items():
        async with browser.get(path, allow_redirects=False) as answer:
            assert answer.status == status, path
            headers = answer.headers
        assert "default-src 'self'" in headers[POLICY], path
        assert "frame-ancestors 'none'" in headers[POLICY], path
        assert "unsafe" not in headers[POLICY], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert headers["X-Request-Id"], path
        expected = {"no-cache"} if path == "/static/0/app.css" else {"no-store", "private, no-store"}
        assert headers["Cache-Control"] in expected or path.endswith("/audio"), (
            path,
            headers["Cache-Control"],
        )
        assert "public" not in headers["Cache-Control"], path


async def test_a_bug_tells_nothing_of_itself(site: GuardedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: object, **_values: object) -> None:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr(services, "journal", broken)
    browser = await site.signed_in()
    for headers in ({}, JSON, {"HX-Request": "true"}):
        async with browser.get("/calls", headers=headers) as answer:
            assert answer.status == 500
            text = await answer.text() if not headers else str(await answer.json())
            assert answer.headers["X-Request-Id"] in text
        assert not any(word in text for word in (*TELLTALES, "ZeroDivision", "secret inside"))
        assert "Ошибка на нашей стороне" in text


TRAVERSALS = [
    "GET /static/0/../../../../etc/passwd",
    "GET /static/0/%2e%2e/%2e%2e/app.py",
    "GET /static/0/..%2f..%2fapp.py",
    "GET /static/0/..%5c..%5capp.py",
    "GET /static/0//etc/passwd",
    "GET /static/0/%00",
    "GET //etc/passwd",
]


async def test_nothing_but_static_files_is_served(site: GuardedSite) -> None:
    for request_line in TRAVERSALS:
        answer = await site.raw(
            f"{request_line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        )
        assert int(answer.split(b" ")[1]) in (400, 404), answer[:200]
        assert b"root:" not in answer
        assert b"import " not in answer


# --- limits ---------------------------------------------------------------------------------------------------


async def test_passwords_cannot_be_guessed(site: GuardedSite) -> None:
    browser = site.browser()
    wrong = GOOD | {"password": "не тот пароль"}
    for _ in range(5):
        async with browser.post("/sign-in", data=wrong) as answer:
            assert answer.status == 401
    for form in (wrong, GOOD):
        async with browser.post("/sign-in", data=form, allow_redirects=False) as answer:
            text = await answer.text()
            assert answer.status == 429
            assert 0 < int(answer.headers["Retry-After"]) <= 900
            assert "Слишком много попыток входа" in text
            assert form["password"] not in text
    site.clock.advance(timedelta(minutes=15, seconds=1))
    async with browser.post("/sign-in", data=GOOD, allow_redirects=False) as answer:
        assert answer.status == 303


async def test_a_body_has_a_limit(site: GuardedSite) -> None:
    browser = await site.signed_in()
    token = await site.csrf_token(browser)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 65536

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    path = site.seeds.path("/orders/{number}/comments")
    async with browser.post(path, data=io.BytesIO(b"text=" + b"x" * 3_000_000), headers=form) as answer:
        assert answer.status == 413
        assert "Слишком большой запрос" in await answer.text()
    async with browser.post(path, data=chunks(), headers=form) as answer:
        assert answer.status == 413
    async with browser.post(
        path, data={"csrf_token": token, "text": "Слово\0"}, allow_redirects=False
    ) as answer:
        assert answer.status == 303


SPOILT_FORMS = [
    "Content-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\na=b",
    "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n\r\na=b",
    "Content-Type: application/x-www-form-urlencoded; charset=nonsense\r\nContent-Length: 3\r\n\r\na=b",
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4\r\n\r\na=\xff\xfe",
    "Content-Type: nonsense\r\nContent-Length: 3\r\n\r\na=b",
]


async def test_a_spoilt_form_is_refused_calmly(site: GuardedSite) -> None:
    for rest in SPOILT_FORMS:
        head = "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        answer = await site.raw((head + rest).encode("latin-1"))
        assert 400 <= int(answer.split(b" ")[1]) < 500, answer[:300]
        assert not any(word.encode() in answer for word in TELLTALES)
        assert b"\r\nServer: Dealerline\r\n" in answer


BROKEN_REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nCookie: dealerline=" + b"a" * 20_000 + b"\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
]


async def test_broken_requests_disturb_nobody(site: GuardedSite) -> None:
    for request_bytes in BROKEN_REQUESTS:
        answer = await site.raw(request_bytes)
        assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:100]
        assert not any(word.encode() in answer.partition(b"\r\n\r\n")[2] for word in TELLTALES)
        async with site.client().get("/sign-in") as alive:
            assert alive.status == 200


# --- traces and failures --------------------------------------------------------------------------------------


async def test_no_log_line_holds_a_whole_number(
    site: GuardedSite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)
    before = structlog.get_config()
    configure_logs("debug", "json")
    try:
        browser = await site.signed_in(Role.ADMIN)
        digits = NUMBER[1:]
        for path in (
            f"/calls?number={digits}",
            f"/orders?q=%2B{digits}",
            f"/customers?q={digits}",
            f"/calls/{digits}",
            f"/orders/{digits}",
            f"/customers/{digits}",
            f"/nowhere/{digits}",
            f"/calls?after={digits}",
            f"/desk/calls/{digits}",
        ):
            async with browser.get(path) as answer:
                assert answer.status in (200, 400, 404), path
        async with site.client().post("/sign-in", data={"email": digits, "password": digits}) as answer:
            assert answer.status == 401
    finally:
        structlog.configure(**before)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert sum(line["event"] == "http request" for line in lines) >= 11
    assert all(line["request_id"] for line in lines)
    text = json.dumps(lines)
    assert digits not in text
    assert NUMBER[2:] not in text
    assert PASSWORD not in text
    assert cookie_of(browser) not in text


def interruptible(url: str, way: Path) -> tuple[str, Callable[[], None], Callable[[], None]]:
    """The same database by a way that can be taken (new connections only) and given back."""
    if url.startswith("sqlite"):
        file = Path(url.partition(":///")[2])
        moved = file.with_suffix(".moved")

        def lose() -> None:
            file.rename(moved)
            file.mkdir()  # a missing file would be made anew, empty

        def give_back() -> None:
            file.rmdir()
            moved.rename(file)

        return url, lose, give_back
    before, _, folder = url.partition("?host=")
    socket = way / ".s.PGSQL.5432"
    aim = Path(folder) / socket.name
    socket.symlink_to(aim)
    return f"{before}?host={way}", socket.unlink, lambda: socket.symlink_to(aim)


async def test_the_database_goes_and_comes_back(database_url: str, clock: FakeClock, tmp_path: Path) -> None:
    """SQLite loses the file's place, PostgreSQL its socket and all connections."""
    way = tmp_path / "way"
    way.mkdir()
    url, lose, give_back = interruptible(database_url, way)
    database = Database(url)
    try:
        async with open_site(database, clock, tmp_path / "store") as site:
            browser = await site.signed_in()
            await database.close()
            lose()
            for path in ("/calls", "/desk", "/orders", "/orders/41"):
                async with browser.get(path) as answer:
                    text = await answer.text()
                    assert answer.status == 503, (path, answer.status)
                    assert "База данных не отвечает" in text
                    assert "Повторите через минуту" in text
                    assert not any(word in text for word in (*TELLTALES, str(way)))
            async with browser.post("/sign-in", data=GOOD, headers=JSON) as answer:
                assert (answer.status, (await answer.json())["code"]) == (503, "database-unavailable")
            async with browser.get("/static/0/app.css") as answer:
                assert answer.status == 200
            give_back()
            async with browser.get("/calls") as answer:
                assert answer.status == 200
    finally:
        await database.close()
