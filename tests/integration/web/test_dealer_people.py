"""Coming in by a link, people and their access, with the real sign-in on both databases."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import func, select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.outbox import OutboxRow
from callcore.network.invites import Invites
from callcore.network.model import Role
from callcore.network.staff_tables import InviteRow
from callcore.network.tables import OrgRow, UserRow
from tests.factories.network import make_org, make_user
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration
PASSWORD = "новый длинный пароль"
ME = {"full_name": "Ирина Гостева", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


async def token_of(browser: ClientSession) -> str:
    async with browser.get("/dealers") as answer:
        return (await answer.text()).split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


async def send(browser: ClientSession, path: str, status: int = 303, /, **form: str) -> str:
    form = {"csrf_token": await token_of(browser)} | form
    async with browser.post(path, data=form, allow_redirects=False) as answer:
        text = html.unescape(await answer.text())
        assert answer.status == status, f"{path}: {answer.status} {text[:3000]}"
        return text


async def show(browser: ClientSession, path: str, status: int = 200) -> str:
    async with browser.get(path, allow_redirects=False) as answer:
        assert answer.status == status, (path, answer.status)
        return html.unescape(await answer.text())


def link_in(text: str) -> str:
    found = re.search(r"http://[^/]+(/join/[\w-]{43})\"", text)
    assert found is not None, "no link with 256 random bits on the page"
    return found[1]


async def join(browser: ClientSession, link: str, status: int = 303, **more: str) -> str:
    async with browser.post(link, data=ME | more, allow_redirects=False) as answer:
        text = html.unescape(await answer.text())
        assert answer.status == status, (answer.status, text[:2000])
        return answer.headers.get("Location", text)


async def test_a_new_dealer_comes_in_by_the_link_and_begins_with_the_checklist(site: GuardedSite) -> None:
    staff, guest = await site.signed_in(Role.MANUFACTURER), site.browser()
    link = link_in(
        await send(staff, "/dealers/new", 200, name="ООО «Новый»", email="Owner@New.test", region_code="")
    )
    text = await show(guest, link)
    assert "ООО «Новый»" in text
    assert "<script" not in text.split("<body", 1)[1]
    checklist = await join(guest, link)
    assert re.fullmatch(r"/dealers/\d+/checklist", checklist)
    assert "Чего не хватает" in await show(guest, checklist)
    async with guest.get("/", allow_redirects=False) as answer:
        assert answer.headers["Location"] == checklist, "the first page until all is done"
    async with site.database.session() as session:
        user = await session.scalar(select(UserRow).where(UserRow.email == "owner@new.test"))
        org = await session.scalar(select(OrgRow).where(OrgRow.name == "ООО «Новый»"))
        outbox = await session.scalars(select(OutboxRow).where(OutboxRow.topic == "invite:made"))
        rows = [row.data for row in outbox]
        trail = [row.data for row in await session.scalars(select(AuditRow))]
    assert user is not None
    assert org is not None
    assert (user.role, user.full_name, user.org_id) == ("dealer_owner", "Ирина Гостева", org.id)
    assert (org.is_authorised, org.takes_site_calls, org.takes_site_orders) == (False, False, False)
    assert len(rows) == 1
    assert link.rpartition("/")[2] not in repr((rows, trail)), "the secret is written down nowhere"


async def test_an_owner_invites_managers_and_subdealers_of_any_depth(site: GuardedSite) -> None:
    owner, dealer = await site.signed_in(Role.DEALER_OWNER), f"/dealers/{site.seeds.dealer_id}"
    for wrong in ({"role": "admin"}, {"role": "subdealer"}, {"role": ""}, {"email": "кто-то"}):
        form = {"email": "m@new.test", "role": "dealer_manager"} | wrong
        await send(owner, f"{dealer}/invites", 422, **form)
    link = link_in(await send(owner, f"{dealer}/invites", 200, email="m@new.test", role="dealer_manager"))
    manager = site.browser()
    await join(manager, link)
    await show(manager, f"{dealer}/edit", 404)
    below = link_in(await send(owner, "/dealers/new", 200, name="Субдилер", email="s@new.test", parent_id=""))
    head = site.browser()
    home = await join(head, below)
    deeper = link_in(await send(head, "/dealers/new", 200, name="Ещё ниже", email="d@new.test"))
    await join(site.browser(), deeper)
    assert "Ещё ниже" in await show(owner, dealer)
    await show(head, dealer, 404)
    await show(owner, home)
    async with site.database.transaction() as session:
        factory = await session.scalar(select(OrgRow).where(OrgRow.kind == "manufacturer"))
        stranger = await make_org(session, parent=factory)
    form = {"name": "Чужой", "email": "x@new.test", "parent_id": str(stranger.id)}
    await send(owner, "/dealers/new", 422, **form)
    await send(owner, f"/dealers/{stranger.id}/invites", 404, email="x@y.ru", role="dealer_manager")
    await send(await site.signed_in(Role.DEALER_MANAGER), "/dealers/new", 404, **form)


async def test_a_link_works_once_for_seven_days_and_not_after_it_is_taken_back(site: GuardedSite) -> None:
    owner, dealer = await site.signed_in(Role.DEALER_OWNER), f"/dealers/{site.seeds.dealer_id}"

    async def invited(email: str) -> str:
        return link_in(await send(owner, f"{dealer}/invites", 200, email=email, role="dealer_manager"))

    used, replaced, late = (
        await invited("a@new.test"),
        await invited("b@new.test"),
        await invited("c@new.test"),
    )
    await join(site.browser(), used)
    assert "уже вошли" in await join(site.browser(), used, 410)
    again = await invited("b@new.test")
    assert "отозвана" in await show(site.browser(), replaced, 410)
    people = await show(owner, f"{dealer}/people")
    numbers = re.findall(r'action="/invites/(\d+)/revoke"', people)
    for number in numbers:
        await send(owner, f"/invites/{number}/revoke")
    assert "отозвана" in await join(site.browser(), again, 410)
    late = await invited("c@new.test")
    site.clock.advance(timedelta(days=7))
    for answer in (await show(site.browser(), late, 410), await join(site.browser(), late, 410)):
        assert "семь дней" in answer


async def test_what_is_typed_wrongly_comes_back_and_uses_nothing_up(site: GuardedSite) -> None:
    owner = await site.signed_in(Role.DEALER_OWNER)
    sent = await send(
        owner, f"/dealers/{site.seeds.dealer_id}/invites", 200, email="a@new.test", role="dealer_manager"
    )
    link = link_in(sent)
    for wrong, said in (
        ({"password": "мало", "again": "мало"}, "От 10 до 200"),
        ({"again": "другой длинный пароль"}, "не совпали"),
        ({"full_name": " "}, "От 2 до"),
    ):
        text = await join(site.browser(), link, 422, **wrong)
        assert said in text
        assert PASSWORD not in text
    await join(site.browser(), link)


async def test_an_address_that_has_an_account_is_not_told_of(site: GuardedSite) -> None:
    """Neither when the link is made nor by the page behind it; only whoever comes in by it is refused."""
    owner, dealer = await site.signed_in(Role.DEALER_OWNER), f"/dealers/{site.seeds.dealer_id}"
    pages = []
    for email in ("operator@example.test", "nobody@example.test"):
        made = await send(owner, f"{dealer}/invites", 200, email=email, role="dealer_manager")
        link = link_in(made)
        pages.append((await show(site.browser(), link)).replace(email, "").replace(link, ""))
        status = 409 if email.startswith("operator") else 303
        await join(site.browser(), link, status)
    strip = [re.sub(r"nonce-[\w-]+|content=\"[\w-]{16}\"", "", page) for page in pages]
    assert strip[0] == strip[1]


async def test_links_cannot_be_guessed_by_trying(site: GuardedSite) -> None:
    guest, seen = site.browser(), []
    for number in range(22):
        async with guest.get(f"/join/guess-{number}") as answer:
            seen.append(answer.status)
    assert seen == [404] * 20 + [429] * 2
    site.clock.advance(timedelta(minutes=16))
    assert "скопирована не целиком" in await show(guest, "/join/x", 404)


async def test_of_two_who_come_at_once_one_gets_in(database: Database, clock: FakeClock) -> None:
    async with database.transaction() as session:
        factory = await make_org(session)
        dealer = await make_org(session, parent=factory)
        owner = await make_user(session, dealer, role="dealer_owner")
    viewer = viewer_for(owner, dealer)
    invites = Invites(database, clock)
    link = await invites.invite(viewer, dealer.id, "a@new.test", Role.DEALER_MANAGER)
    came = await asyncio.gather(
        *(invites.accept(link.token, f"Гость {number}", PASSWORD, "127.0.0.1") for number in range(3)),
        return_exceptions=True,
    )
    refused = [one for one in came if isinstance(one, BaseException)]
    assert len(refused) == 2, came
    assert any(isinstance(one, NotAllowedNow) for one in refused) or database.is_sqlite
    async with database.session() as session:
        users = select(func.count()).select_from(UserRow).where(UserRow.email == "a@new.test")
        assert await session.scalar(users) == 1
        row = await session.get_one(InviteRow, link.id)
        assert row.token_hash != link.token


def viewer_for(user: UserRow, org: OrgRow) -> Any:
    from callcore.network.model import Viewer

    return Viewer(user.id, user.full_name, Role(user.role), org.id, org.name, org.path, (), org.tz)


async def test_access_is_closed_at_once_and_a_password_is_chosen_anew(site: GuardedSite) -> None:
    owner, manager = await site.signed_in(Role.DEALER_OWNER), await site.signed_in(Role.DEALER_MANAGER)
    person = f"/people/{site.seeds.person_id}"
    await send(owner, f"{person}/active/off")
    async with manager.get("/calls", allow_redirects=False) as answer:
        assert answer.status == 303, "the open session ended"
    await send(owner, f"{person}/reset", 409)
    await send(owner, f"{person}/active/on")
    link = link_in(await send(owner, f"{person}/reset", 200))
    again = await site.signed_in(Role.DEALER_MANAGER)
    guest = site.browser()
    assert await join(guest, link) == "/"
    await show(guest, "/calls")
    async with again.get("/calls", allow_redirects=False) as answer:
        assert answer.status == 303, "sessions with the old password ended"
    text = await show(owner, f"/dealers/{site.seeds.dealer_id}/people")
    assert "dealer_manager@example.test" in text


async def test_roles_within_the_dealer_and_nobody_locks_himself_out(site: GuardedSite) -> None:
    owner, person = await site.signed_in(Role.DEALER_OWNER), f"/people/{site.seeds.person_id}"
    for role in ("admin", "operator", "subdealer", "", "nonsense"):
        await send(owner, f"{person}/role", 422, role=role)
    await send(owner, f"{person}/role", role="dealer_owner")
    promoted = await site.signed_in(Role.DEALER_MANAGER)
    async with site.database.session() as session:
        ids = {row.role: row.id for row in await session.scalars(select(UserRow).order_by(UserRow.id))}
        me = await session.scalar(select(UserRow.id).where(UserRow.email == "dealer_owner@example.test"))
    for path in (f"/people/{me}/active/off", f"/people/{me}/role"):
        assert "Свою роль" in await send(owner, path, 409, role="dealer_manager")
    await send(promoted, f"/people/{me}/role", role="dealer_manager")
    for path in (f"/people/{ids['admin']}/active/off", f"/people/{ids['operator']}/reset"):
        await send(promoted, path, 404)
    await show(promoted, f"/people/{ids['admin']}", 404)
    await send(owner, f"{person}/active/off", 404)
