"""Two dealers at every address of the router: what is the other's does not exist.

It walks the router itself, so a new route is asked too: it answers 404 to the other dealer, or it stands in a table here
with the reason why it need not.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.passwords import hash_password
from tests.factories.network import make_org, make_user
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import PASSWORD, GuardedSite, open_site
from tests.integration.web.masked_world import LEAK
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
