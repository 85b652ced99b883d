"""Two dealers at every address of the router: what is the other's does not exist. And one dealer who may not see a number
at every page: not one of its digits leaves the server.

Both walk the router itself, so a new route is asked too: it answers 404 to the other dealer, or it stands in a table here
with the reason why it need not.
"""

import io
import re
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse
from sqlalchemy import select, update

from callcore.calls.attempt_rows import move
from callcore.calls.attempts import AttemptState
from callcore.calls.reveal_tables import PhoneRevealRow
from callcore.calls.tables import CallRow
from callcore.customers.tables import CustomerRow
from callcore.kernel.database import Database
from callcore.network.model import PhonePolicy, Role
from callcore.network.passwords import hash_password
from callcore.network.tables import OrgRow
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event
from tests.factories.network import make_org, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.polling import until
from tests.integration.web.guarded_site import NUMBER, ORDER, PASSWORD, GuardedSite, open_site
from web.security.access import FOREIGN, PUBLIC, SIGNED_IN, ProgramAccess

pytestmark = pytest.mark.integration

# Nobody's in particular: names of regions and files, states, one's own sessions, settings by name.
NOBODYS = {
    "/map/{code}": "a region is the same for all",
    "/map/{code}/preview": "a region is the same for all",
    "/static/{version}/{path}": "files of the site",
    "/logos/{name}": "the name is the sum of the picture, known to who was shown it",
    "/account/sessions/{session}/end": "only the own ones are looked at",
    "/notices/{id}/read": "only the own ones are looked at",
}
# Not a page, and descriptions with an example that happens to be this number.
SAY_NOTHING = {"/live", "/api/openapi.json", "/api/docs"}
# The same address with these queries is something else.
OTHER_LOOKS = {
    "/calls/{call_id}": ("?fragment=preview", "?fragment=live", "?fragment=technical", "?fragment=row"),
    "/orders/{number}": ("?fragment=preview", "?fragment=timeline", "?open=close"),
    "/recordings/{id}/audio": ("?download=1",),
}
# The customer's own pages, by an address that no dealer is shown.
CUSTOMERS = "/o/{public_id}"
TAIL = NUMBER[-7:]
# The digits of the number with whatever people write between them.
LEAK = re.compile(r"[\s().\-–—_/]{0,3}".join(TAIL))
RIVAL = "rival@example.test"


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


async def rival(site: GuardedSite) -> ClientSession:
    """The head of another dealer, signed in."""
    async with site.database.transaction() as session:
        org = await make_org(session, name="Другой дилер")
        await make_user(session, org, role="dealer_owner", email=RIVAL, password_hash=hash_password(PASSWORD))
    browser = site.browser()
    form = {"email": RIVAL, "password": PASSWORD}
    async with browser.post("/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    return browser


async def test_what_is_anothers_does_not_exist(site: GuardedSite) -> None:
    browser = await rival(site)
    token, asked, odd = await site.csrf_token(browser), 0, []
    for method, pattern, access in site.routes():
        if (
            "{" not in pattern
            or access in (PUBLIC, FOREIGN)
            or isinstance(access, ProgramAccess)
            or pattern in NOBODYS
        ):
            continue
        may = access == SIGNED_IN or Role.DEALER_OWNER in access
        form = {"csrf_token": token, "text": "Перезвонить"} if method == "POST" else None
        path = site.seeds.path(pattern)
        async with browser.request(method, path, data=form, allow_redirects=False) as answer:
            text = (await answer.read()).decode(errors="replace")
        expected = 404  # also what is closed to the role: nobody is told that there is such a page
        if may and answer.status == 403:  # closed to the role inside: then alike for what does not exist
            async with browser.request(method, ghost(pattern, path), data=form) as nothing:
                may = nothing.status != 403
            expected = 404 if may else 403
        if answer.status != expected:
            odd.append(f"{method} {pattern}: {answer.status}, should be {expected}")
        assert "Тестова" not in text, pattern
        assert LEAK.search(text) is None, pattern
        asked += may
    assert asked > 30
    assert not odd, odd


def ghost(pattern: str, path: str) -> str:
    """The same address of what nobody has."""
    parts = zip(pattern.split("/"), path.split("/"), strict=True)
    return "/".join("987654" if "{" in name and value.isdigit() else value for name, value in parts)


async def hide(site: GuardedSite) -> None:
    """No proven talk; the number stands in every text that people type."""
    async with site.database.transaction() as session:
        await session.execute(update(CallRow).values(talk_s=3))
        spelled = "8 (912) 440-18-25"
        await session.execute(update(OrderRow).values(address=f"ул. Тихая, тел. {spelled}"))
        names = {"name": f"Прасковья {spelled}", "note": f"звонить {NUMBER}"}
        await session.execute(update(CustomerRow).values(**names))
        order_id = await session.scalar(OrderRow.__table__.select().with_only_columns(OrderRow.id))
        for text in (f"Просил набрать {NUMBER}", "его номер 9124401825", "912-440 18 25, вечером"):
            await add_event(
                session,
                order_id,
                OrderEventKind.COMMENT,
                at=site.clock.now() - timedelta(minutes=1),
                data={"text": text, "is_public": True},
            )


async def test_a_hidden_number_leaves_by_no_page(site: GuardedSite) -> None:
    """The head of a dealer sees most of what dealers see."""
    await hide(site)
    await check_nothing_leaks(site, with_fragments=True)


async def test_a_number_that_never_opens_is_hidden_after_the_talk_too(site: GuardedSite) -> None:
    await hide(site)
    async with site.database.transaction() as session:
        await session.execute(update(CallRow).values(talk_s=90))
        await session.execute(update(OrgRow).values(phone_policy=PhonePolicy.NEVER.value))
        order = (await session.execute(select(OrderRow.id, OrderRow.org_id))).one()
        session.add(
            PhoneRevealRow(
                order_id=order.id, org_id=order.org_id, number=NUMBER, call_id="out-1", at=site.clock.now()
            )
        )
    await check_nothing_leaks(site, with_fragments=False)


async def check_nothing_leaks(site: GuardedSite, *, with_fragments: bool) -> None:
    """Every page, its fragments, files and exports, their names, searches; what the live link says meanwhile."""
    browser, seen, leaks = await site.signed_in(Role.DEALER_OWNER), 0, []
    async with browser.ws_connect("/live", headers={"Origin": site.address}) as link:
        for path, headers in ways(site, with_fragments=with_fragments):
            async with browser.get(path, headers=headers, allow_redirects=False) as answer:
                text = f"{await plain(answer)} {names_of(answer)}"
            if LEAK.search(text) or "praskovya@example" in text or site.seeds.public_id in text:
                leaks.append((path, context_of(text)))
            seen += answer.status == 200
        assert seen > 40
        assert not leaks, leaks
        for query in (TAIL, NUMBER, "440-18-25", "1825"):
            for page in ("/customers", "/orders", "/calls"):
                async with browser.get(page, params={"q": query, "number": query}) as answer:
                    text = re.sub(r"<(?:input|a class=\"chip\"|title)[^>]*>[^<]*", "", await answer.text())
                assert "Прасковья" not in text, (page, query)
        await call_and_listen(site, browser, link)


def ways(site: GuardedSite, *, with_fragments: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Each address that is read, as a page and as a fragment, and those that a query turns into something else."""
    for method, pattern, access in site.routes():
        if method != "GET" or isinstance(access, ProgramAccess) or pattern in SAY_NOTHING:
            continue
        if pattern.startswith(CUSTOMERS):
            continue
        for query in ("", *OTHER_LOOKS.get(pattern, ())):
            path = site.seeds.path(pattern) + query
            yield path, {}
            if with_fragments:
                yield path, {"HX-Request": "true"}


def names_of(answer: ClientResponse) -> str:
    """Headers that could carry a number: the name of a file, an address to go to."""
    kept = ("Content-Disposition", "Location", "Link", "HX-Redirect", "HX-Trigger", "ETag")
    return " ".join(unquote(answer.headers[name]) for name in kept if name in answer.headers)


async def call_and_listen(site: GuardedSite, browser: ClientSession, link: ClientWebSocketResponse) -> None:
    """The whole life of a call out: what the server answers and what it sends by itself."""
    token = {"csrf_token": await site.csrf_token(browser)}
    form = token | {"kind": "order", "target": str(ORDER), "key": "pressed-in-crawl"}
    async with browser.post("/press", data=form) as answer:
        told = f"{answer.url} {await plain(answer)}"
        call_id = answer.url.name
    await until(lambda: site.pbx.originated)
    now = site.clock.now()
    for state in (AttemptState.OURS, AttemptState.DIALLING, AttemptState.TALKING):
        changed = await site.database.write(
            lambda connection, state=state: move(connection, call_id, state, now)
        )
        assert changed is not None
        site.bus.publish(changed)
        async with browser.get(f"/press/{call_id}", headers={"HX-Request": "true"}) as answer:
            told += await plain(answer)
    frames = ""
    while AttemptState.TALKING.value not in frames:
        frames += await link.receive_str(timeout=5)
    assert call_id in frames
    assert LEAK.search(frames + told) is None


async def plain(answer: ClientResponse) -> str:
    """Text of a page; of a spreadsheet all its parts. Times, names of assets and examples in fields tell of nobody."""
    body = await answer.read()
    if body.startswith(b"PK"):
        parts = zipfile.ZipFile(io.BytesIO(body))
        return " ".join(parts.read(name).decode(errors="replace") for name in parts.namelist())
    text = body.decode(errors="replace")
    return re.sub(r'datetime="[^"]*"|placeholder="[^"]*"|/static/\S+|[0-9a-f]{32,}', "", text)


def context_of(text: str) -> str:
    found = LEAK.search(text)
    return text[max(0, found.start() - 200) : found.end() + 40] if found else ""
