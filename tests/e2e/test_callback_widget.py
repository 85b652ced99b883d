"""The button on somebody else's page over its whole life: one tag, the form, the proof of work, the request in the list of who
works it, the call, its end; and what is refused, in words."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from callcore.demo.callbacks import SITE_KEY
from dialplans.plan import Behaviour
from tests.e2e.conftest import Visit
from tests.e2e.talks import own_phone
from tests.e2e.test_call_button import PROVEN_S, at_any_hour
from tests.installation.office import Office, until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

NUMBER, TYPED = "+79163004455", "8 916 300-44-55"
PAGE = """<!doctype html><meta charset="utf-8"><title>Окна</title><h1>Окна и двери</h1>
<script src="{site}/widget/callback.js" data-site="{key}" async></script>"""


@asynccontextmanager
async def somebody_elses_site(office: Office) -> AsyncIterator[str]:
    """Its address; another origin by its name and port."""
    html = PAGE.format(site=office.stand.address, key=SITE_KEY)

    async def shop(_request: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", shop)
    app.router.add_get("/favicon.ico", shop)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://localhost:{server.port}/"


async def fill(page: Page, number: str) -> None:
    button = page.get_by_role("button", name="Перезвоните мне")
    if not await page.get_by_role("dialog").is_visible():
        await button.click()
    await page.get_by_label("Телефон").fill(number)
    await page.get_by_label("Согласен").check()
    await page.get_by_role("button", name="Жду звонка").click()


def ask_often(office: Office) -> None:
    """As if the same address had asked for five more numbers within the hour."""
    (row,) = office.rows("SELECT * FROM callbacks WHERE number = ?", NUMBER)
    names = [name for name in row.keys() if name != "id"]  # noqa: SIM118 - a row of sqlite3 gives its values
    for place in range(5):
        other = dict(row) | {"public_id": f"often-{place}", "open_key": None, "number": f"+7916300000{place}"}
        marks = ", ".join("?" * len(names))
        sql = f"INSERT INTO callbacks ({', '.join(names)}) VALUES ({marks})"
        office.write(sql, *(other[name] for name in names))


async def test_a_click_on_another_site_becomes_a_talk_and_is_closed_by_it(
    office: Office, visit: Visit
) -> None:
    operator = await visit("operator")
    phone = await own_phone(office, "operator")
    await office.behave((phone.key,), Behaviour.ACCEPT)
    async with at_any_hour(office), somebody_elses_site(office) as shop:
        await operator.go_live("/callbacks")
        visitor = await visit()
        visitor.forgive("status of 4(22|29)")
        page = visitor.page
        await page.goto(f"{shop}?utm_medium=cpc&utm_campaign=vesna")
        await fill(page, "8 809 123-45-67")
        await expect(page.get_by_role("alert")).to_contain_text("На платные номера не перезваниваем")
        await fill(page, TYPED)
        await expect(page.get_by_role("status")).to_contain_text("Мы перезвоним вам через 30 секунд")
        await page.get_by_role("button", name="Хорошо").click()

        card = operator.page.locator(".task", has_text=re.compile("300.44.55"))  # it came without a reload
        await expect(card).to_contain_text("Кнопка на сайте")
        await card.get_by_role("button", name="Позвонить сейчас").click()
        await operator.go_live("/callbacks?tab=calling")

        async def talks() -> bool:
            sql = "SELECT id FROM call_attempts WHERE number = ? AND state = 'talking'"
            return bool(office.rows(sql, NUMBER))

        await until("both talk", talks)
        await expect(card).to_contain_text("разговор")
        await operator.page.wait_for_timeout(PROVEN_S * 1000)
        await office.stand.carrier.put_down(phone.key)
        await expect(operator.page.locator("#callbacks")).to_contain_text("Сейчас никому не звоним")
        await operator.go("/callbacks?tab=closed")
        await expect(card).to_contain_text("Поговорили")
        assert await office.stand.carrier.calls_to(NUMBER) == 1
        (row,) = office.rows("SELECT state, medium, campaign, page FROM callbacks WHERE number = ?", NUMBER)
        assert tuple(row) == ("done", "cpc", "vesna", shop)

        ask_often(office)
        await fill(page, "8 916 300-99-99")
        await expect(page.get_by_role("alert")).to_contain_text("С вашего адреса уже много заявок")
