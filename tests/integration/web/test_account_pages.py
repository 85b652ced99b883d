"""The second factor, own sessions and acting for a dealer as a browser meets them, on the whole site."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from aiohttp import ClientSession
from sqlalchemy import select, update

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.network.tables import SessionRow, UserRow
from tests.fakes.clock import FakeClock
from tests.integration.web.guarded_site import PASSWORD, GuardedSite, open_site

pytestmark = pytest.mark.integration

FACTOR = "/account/second-factor"
JSON = {"Accept": "application/json"}


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


async def token_of(browser: ClientSession) -> str:
    async with browser.get("/notices") as answer:
        found = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text())
    assert found is not None
    return found[1]


async def send(browser: ClientSession, path: str, **form: str) -> tuple[int, str, str]:
    """Status, where it leads, and the text."""
    data = {"csrf_token": await token_of(browser)} | form
    async with browser.post(path, data=data, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def text_of(browser: ClientSession, path: str, status: int = 200) -> str:
    async with browser.get(path, allow_redirects=False) as answer:
        assert answer.status == status, (path, answer.status)
        return await answer.text()


def code_at(site: GuardedSite, secret: str, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(site.clock.now().timestamp()) + 30 * steps)


async def enrol(site: GuardedSite, browser: ClientSession) -> tuple[str, list[str]]:
    """The secret off the page and the recovery codes."""
    assert (await send(browser, f"{FACTOR}/begin"))[1] == FACTOR
    page = await text_of(browser, FACTOR)
    assert "<svg" in page
    drawn = page[page.index('<div class="qr">') :]
    drawn = drawn[: drawn.index("</svg>")]
    assert "viewBox" in drawn, "without it a smaller picture is cut off"
    assert "style=" not in drawn
    (secret,) = re.findall(r'class="secret">(\w+)<', page)
    status, _, wrong = await send(browser, f"{FACTOR}/confirm", code="000000")
    assert (status, "Код не подошёл" in wrong) == (422, True)
    status, _, shown = await send(browser, f"{FACTOR}/confirm", code=code_at(site, secret))
    codes = re.findall(r"<li>(\w{5}-\w{5})</li>", shown)
    assert (status, len(codes)) == (200, 10)
    assert codes[0] not in await text_of(browser, FACTOR)
    return secret, codes


async def knock(site: GuardedSite, role: Role) -> ClientSession:
    """The password is right, the code is awaited."""
    browser = site.browser()
    form = {"email": f"{role.value}@example.test", "password": PASSWORD, "next": "/calls"}
    async with browser.post("/sign-in", data=form, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in/code?next=/calls")
    await text_of(browser, "/calls", 303)
    assert "Код из приложения" in await text_of(browser, "/sign-in/code")
    return browser


async def give(browser: ClientSession, code: str) -> int:
    form = {"code": code, "next": "/calls"}
    async with browser.post("/sign-in/code", data=form, allow_redirects=False) as answer:
        assert answer.status != 303 or answer.headers["Location"] == "/calls"
        return answer.status


async def test_a_code_is_asked_for_after_the_password_and_taken_once(site: GuardedSite) -> None:
    admin = await site.signed_in(Role.ADMIN)
    secret, recovery = await enrol(site, admin)
    async with site.database.session() as session:
        row = await session.scalar(select(UserRow).where(UserRow.role == "admin"))
    assert row is not None
    assert secret not in row.totp_secret
    assert not any(code in str(row.recovery_hashes) for code in recovery)

    site.clock.advance(timedelta(minutes=1))
    first, second = await knock(site, Role.ADMIN), await knock(site, Role.ADMIN)
    code = code_at(site, secret)
    assert sorted(await asyncio.gather(give(first, code), give(second, code))) == [303, 401]
    again = await knock(site, Role.ADMIN)
    assert await give(again, code) == 401  # seen over a shoulder, worth nothing
    assert await give(again, code_at(site, secret, steps=-1)) == 401
    assert await give(again, recovery[0].upper().replace("-", " ")) == 303
    assert await give(await knock(site, Role.ADMIN), recovery[0]) == 401
    assert "запасных кодов осталось: 9" in await text_of(again, "/account")

    late = await knock(site, Role.ADMIN)
    site.clock.advance(timedelta(minutes=5, seconds=1))
    assert await give(late, code_at(site, secret)) == 401
    assert await give(late, "1") == 401
    guesser = await knock(site, Role.ADMIN)
    for _ in range(5):
        assert await give(guesser, "123123") in (401, 429)
    assert await give(guesser, code_at(site, secret)) == 429
    site.clock.advance(timedelta(minutes=16))
    assert await give(await knock(site, Role.ADMIN), code_at(site, secret)) == 303
    async with site.browser().post("/sign-in/code", data={"code": code}) as answer:
        assert answer.status == 401


async def test_a_role_that_needs_a_second_factor_opens_nothing_before_it(site: GuardedSite) -> None:
    admin, supervisor = await site.signed_in(Role.ADMIN), await site.signed_in(Role.SUPERVISOR)
    assert (await send(admin, "/rights/second-factor", roles="supervisor", version="0"))[0] == 303
    async with supervisor.get("/calls", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, FACTOR)
    async with supervisor.get("/calls", headers=JSON) as answer:
        assert (answer.status, (await answer.json())["code"]) == (403, "second-factor-needed")
    async with supervisor.get(FACTOR) as answer:
        found = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text())
    assert found is not None
    form = {"csrf_token": found[1]}
    async with supervisor.post(f"{FACTOR}/begin", data=form) as answer:
        (secret,) = re.findall(r'class="secret">(\w+)<', await answer.text())
    form["code"] = code_at(site, secret)
    async with supervisor.post(f"{FACTOR}/confirm", data=form) as answer:
        assert answer.status == 200
    await text_of(supervisor, "/calls")
    site.clock.advance(timedelta(minutes=1))
    assert (await send(supervisor, f"{FACTOR}/off", code=code_at(site, secret)))[1] == FACTOR
    await text_of(supervisor, "/calls")  # demanded of the role: it stays on

    async with site.database.session() as session:
        user_id = await session.scalar(select(UserRow.id).where(UserRow.role == "supervisor"))
    assert (await send(supervisor, f"/people/{user_id}/second-factor", reason="сам себе"))[0] == 403
    assert (await send(admin, f"/people/{user_id}/second-factor", reason=""))[0] == 422
    reason = "Потерян телефон"
    assert (await send(admin, f"/people/{user_id}/second-factor", reason=reason))[0] == 303
    await text_of(supervisor, "/calls", 303)
    async with site.database.session() as session:
        row = await session.scalar(select(AuditRow).where(AuditRow.action == "user:totp-reset"))
    assert row is not None
    assert (row.entity_id, row.data["reason"]) == (str(user_id), reason)


async def test_sessions_are_seen_and_ended_and_a_new_password_ends_the_others(site: GuardedSite) -> None:
    here, there, third = [await site.signed_in(Role.MARKETER) for _ in range(3)]
    stranger = await site.signed_in(Role.SEO)
    page = await text_of(here, "/account")
    ids = re.findall(r"/account/sessions/(\w{64})/end", page)
    assert (len(ids), page.count("это вы сейчас")) == (2, 1)
    assert (await send(stranger, f"/account/sessions/{ids[0]}/end"))[1] == "/account"
    assert (await send(here, f"/account/sessions/{ids[0]}/end"))[0] == 303
    alive = [one for one in (there, third) if await is_in(one)]
    assert len(alive) == 1
    form = {"old": "не тот пароль", "password": "новый длинный пароль", "again": "новый длинный пароль"}
    status, _, text = await send(here, "/account/password", **form)
    assert (status, "Нынешний пароль не подошёл" in text) == (422, True)
    assert (await send(here, "/account/password", **form | {"old": PASSWORD, "again": "другой"}))[0] == 422
    short = {"old": PASSWORD, "password": "кратко", "again": "кратко"}
    assert (await send(here, "/account/password", **short))[0] == 422
    assert (await send(here, "/account/password", **form | {"old": PASSWORD}))[0] == 303
    assert await is_in(here)
    assert await is_in(stranger)
    assert not await is_in(alive[0])


async def is_in(browser: ClientSession) -> bool:
    async with browser.get("/notices", allow_redirects=False) as answer:
        return answer.status == 200


async def test_acting_for_a_dealer_is_seen_logged_with_both_names_and_ends(site: GuardedSite) -> None:
    manager, operator = await site.signed_in(Role.MANUFACTURER), await site.signed_in(Role.OPERATOR)
    dealer, person = site.seeds.dealer_id, site.seeds.person_id
    act = f"/dealers/{dealer}/act"
    assert (await send(operator, act, person=str(person), reason="Хочу"))[0] == 403
    assert "Входить" not in await text_of(manager, act)
    assert (await send(manager, act, person=str(person), reason=" "))[0] == 422
    async with site.database.session() as session:
        ids = {row.role: row.id for row in await session.scalars(select(UserRow))}
    staff = str(ids["supervisor"])
    assert (await send(manager, act, person=staff, reason="Помочь"))[0] == 422
    said = await send(manager, act, person=str(person), reason="Помочь с заказом")
    assert said[0] == 303, re.findall(r"field-error[^<]*<.*", said[2])

    banner = "Вы действуете как"
    for path in ("/orders", f"/dealers/{dealer}", "/calls", "/notices", "/customers"):
        assert banner in await text_of(manager, path), path
    for path in ("/account", FACTOR, act, "/dids", "/people", "/audit"):
        await text_of(manager, path, 403)
    assert (await send(manager, "/account/sessions/end-others"))[0] == 403
    assert (await send(manager, f"/people/{ids['dealer_owner']}/role", role="dealer_manager"))[0] == 403
    text = "Перезвонить завтра"
    assert (await send(manager, "/orders/41/comments", text=text))[0] in (200, 303)
    assert (await send(manager, "/pause", minutes="15", reason="lunch"))[0] in (200, 303, 409, 422)
    async with site.database.session() as session:
        rows = list(await session.scalars(select(AuditRow).where(AuditRow.on_behalf_id == person)))
        started = await session.scalar(select(AuditRow).where(AuditRow.action == "acting:started"))
    assert started is not None
    assert (started.actor_id, started.on_behalf_id) == (ids["manufacturer"], None)
    assert started.data["reason"] == "Помочь с заказом"
    assert all(row.actor_id == ids["manufacturer"] for row in rows)

    assert (await send(manager, "/acting/end"))[1] == f"/dealers/{dealer}"
    assert banner not in await text_of(manager, "/orders")
    await text_of(manager, "/account")
    assert (await send(manager, act, person=str(person), reason="Ещё раз"))[0] == 303
    assert banner in await text_of(manager, "/orders")
    site.clock.advance(timedelta(minutes=30, seconds=1))
    assert banner not in await text_of(manager, "/orders")
    assert (await send(manager, act, person=str(person), reason="И ещё"))[0] == 303
    async with site.database.transaction() as session:
        await session.execute(update(UserRow).where(UserRow.id == person).values(is_active=False))
    assert banner not in await text_of(manager, "/orders")
    async with site.database.session() as session:
        assert await session.scalar(select(SessionRow.user_id).where(SessionRow.user_id == person)) is None
