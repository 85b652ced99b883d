"""«Настройки соединения с LeadsDB» through the site, against a real server of leads on the loopback."""

from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from callcore.kernel.database import Database
from callcore.network.model import Role
from tests.fakes.clock import FakeClock
from tests.fakes.leads import FakeLeadBase, lead
from tests.integration.web.guarded_site import GuardedSite, open_site

pytestmark = pytest.mark.integration
PAGE = "/settings/leads"
SECRET = "geheim<und>lang"


@pytest.fixture
async def site(database: Database, clock: FakeClock, tmp_path: Path) -> AsyncIterator[GuardedSite]:
    async with open_site(database, clock, tmp_path / "store") as opened:
        yield opened


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Two leads, one of them broken."""
    base = FakeLeadBase(lead(1), lead(2, phone="12"))

    async def answer(request: web.Request) -> web.Response:
        told = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        if told != f"we:{SECRET}":
            return web.Response(status=401)
        body = base.told(request.query.get("after", ""))
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/api/leads", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/api"))


async def press(site: GuardedSite, browser: ClientSession, path: str, **form: str) -> tuple[int, str]:
    """The page where it ends."""
    form["csrf_token"] = await site.csrf_token(browser)
    async with browser.post(path, data=form) as answer:
        return answer.status, (await answer.text()).replace("\N{NO-BREAK SPACE}", " ")


async def test_the_administrator_connects_fetches_and_reads_the_log(site: GuardedSite, address: str) -> None:
    browser = await site.signed_in(Role.ADMIN)
    form = {"address": address, "login": "we", "source": "leadsdb", "every_minutes": "15"}
    async with browser.get(PAGE) as answer:
        assert "Соединения ещё нет" in await answer.text()
    assert "Сначала сохраните адрес" in (await press(site, browser, f"{PAGE}/sync"))[1]

    pages = [
        await press(site, browser, PAGE, **form | {"every_minutes": "often"}, secret=SECRET, version="0")
    ]
    assert pages[0][0] == 422
    assert "Введите целое число" in pages[0][1]
    assert "введите его ещё раз" in pages[0][1]
    assert address in pages[0][1]  # nothing else that was typed is lost
    pages.append(await press(site, browser, PAGE, **form, secret="wrong", version="0"))
    pages.append(await press(site, browser, f"{PAGE}/check"))
    assert "База не пускает" in pages[-1][1]
    pages.append(await press(site, browser, PAGE, **form, secret=SECRET, version="0"))
    assert pages[-1][0] == 409  # somebody saved since: here oneself
    pages.append(await press(site, browser, PAGE, **form, secret=SECRET, version="1"))
    pages.append(await press(site, browser, f"{PAGE}/check"))
    assert "Соединение есть" in pages[-1][1]
    pages.append(await press(site, browser, f"{PAGE}/sync"))
    assert "Забрали: 1 новый лид. Не приняты: 1" in pages[-1][1]
    for words in ("Заказы:", "<b>L2</b> — Это не похоже на номер", "Всего забрали: <b>1</b>"):
        assert words in pages[-1][1], words
    pages.append(await press(site, browser, f"{PAGE}/sync", whole="1"))
    assert "Уже были у нас: 1" in pages[-1][1]
    async with browser.get(f"{PAGE}/log", headers={"HX-Request": "true"}) as answer:
        pages.append((answer.status, await answer.text()))
    async with browser.get("/audit") as answer:
        pages.append((answer.status, await answer.text()))
    assert "Соединение с LeadsDB сохранено" in pages[-1][1]
    for _, text in pages:
        assert "geheim" not in text


async def test_nobody_else_sees_it(site: GuardedSite) -> None:
    for role in (Role.MANUFACTURER, Role.SUPERVISOR):
        browser = await site.signed_in(role)
        async with browser.get(PAGE) as answer:
            assert answer.status == 403
        async with browser.get("/settings") as answer:
            assert PAGE not in await answer.text()
