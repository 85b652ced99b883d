"""Two dealers at every address of the router: what is the other's does not exist. And one dealer who may not see a number
at every page: not one of its digits leaves the server.

Both walk the router itself, so a new route is asked too: it answers 404 to the other dealer, or it stands in a table here
with the reason why it need not.
"""

import io
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientResponse, ClientSession
from sqlalchemy import update

from callcore.calls.tables import CallRow
from callcore.customers.tables import CustomerRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.passwords import hash_password
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event
from tests.factories.network import make_org, make_user
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import NUMBER, PASSWORD, GuardedSite, open_site
from web.security.access import PUBLIC, SIGNED_IN, ProgramAccess

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
        if "{" not in pattern or access == PUBLIC or isinstance(access, ProgramAccess) or pattern in NOBODYS:
            continue
        may = access == SIGNED_IN or Role.DEALER_OWNER in access
        form = {"csrf_token": token, "text": "Перезвонить"} if method == "POST" else None
        path = site.seeds.path(pattern)
        async with browser.request(method, path, data=form, allow_redirects=False) as answer:
            text = (await answer.read()).decode(errors="replace")
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
    browser, seen, leaks = await site.signed_in(Role.DEALER_OWNER), 0, []
    for method, pattern, access in site.routes():
        if method != "GET" or isinstance(access, ProgramAccess) or pattern in SAY_NOTHING:
            continue
        if pattern.startswith(CUSTOMERS):
            continue
        path = site.seeds.path(pattern)
        for headers in ({}, {"HX-Request": "true"}):
            async with browser.get(path, headers=headers, allow_redirects=False) as answer:
                text = await plain(answer)
            if LEAK.search(text) or "praskovya@example" in text or site.seeds.public_id in text:
                leaks.append((path, context_of(text)))
        seen += answer.status == 200
    assert seen > 20
    assert not leaks, leaks
    for query in (TAIL, NUMBER, "440-18-25", "1825"):
        for page in ("/customers", "/orders", "/calls"):
            async with browser.get(page, params={"q": query, "number": query}) as answer:
                text = re.sub(r"<(?:input|a class=\"chip\"|title)[^>]*>[^<]*", "", await answer.text())
            assert "Прасковья" not in text, (page, query)


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
