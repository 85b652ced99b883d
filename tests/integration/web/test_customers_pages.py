"""The customer's card and the list as a browser gets them: orders, calls with recordings, rights, masks."""

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import BytecodeCache

from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from callcore.orders.model import OrderEventKind
from callcore.orders.timeline import add_event
from tests.factories.network import make_user
from tests.factories.sales import make_customer, make_order
from tests.fakes.clock import MONDAY_NOON, FakeClock
from tests.integration.web.call_stage import MASKED, NUMBER, SHOWN, Stage, build_stage, digits_of

pytestmark = pytest.mark.integration

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def stage(database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache) -> Stage:
    return await build_stage(database, clock, tmp_path / "store", template_cache)


async def make_story(stage: Stage, *, talk_s: int = 75, name: str = "Роман Ильин") -> CustomerRow:
    """A customer of «vector» with an order and a recorded call."""
    async with stage.database.transaction() as session:
        customer = await make_customer(session, phone=NUMBER, name=name, region_code="RU-SVE")
        session.add(
            ContactRow(customer_id=customer.id, kind="email", value="ilin@example.test", is_main=False)
        )
        order = await make_order(
            session,
            customer,
            number=416,
            status="processed",
            status_class="contacted",
            org_id=stage.orgs["vector"].id,
            created_at=MONDAY_NOON,
            source="site",
            total_kopecks=891_000,
        )
        call = await stage.call(
            session,
            call_id="2026.1",
            result="answered",
            talk_s=talk_s,
            customer_id=customer.id,
            order_id=order.id,
        )
        await stage.recording(session, call)
        for who, text in (("vector", "Ждёт замера"), ("master", "Чужая тайна")):
            data = {"text": f"{text}, {NUMBER}"}
            author = (await make_user(session, stage.orgs[who], role="dealer_owner")).id
            await add_event(
                session, order.id, OrderEventKind.COMMENT, at=MONDAY_NOON, actor_id=author, data=data
            )
    return customer


async def page(browser: Any, address: str, status: int = 200) -> str:
    answer = await browser.get(address)
    assert answer.status == status, address
    return await answer.text()


async def test_the_card_gathers_everything(stage: Stage) -> None:
    customer = await make_story(stage)
    async with stage.browser("factory") as browser:
        text = await page(browser, f"/customers/{customer.id}")
    flow = text.split('aria-label="История"')[1]
    assert all(words in flow for words in ("Комментарий к заказу", "Заказ <a", "/recordings/1/audio"))
    for words in (
        "Ждёт замера",
        "Чужая тайна",
        "Роман Ильин",
        SHOWN,
        "ilin@example.test",
        "Свердловская область",
        "№ 416",
        "Обработан",
        'href="/orders/416"',
        'href="/calls/2026.1"',
        "Отвечен",
        "/recordings/1/audio",
        "сайт завода",
    ):
        assert words in text, words


async def test_another_dealer_does_not_know_the_customer(stage: Stage) -> None:
    customer = await make_story(stage)
    async with stage.browser("vector") as browser:
        text = await page(browser, f"/customers/{customer.id}")
        assert "Роман Ильин" in text
        assert "Ждёт замера" in text
        assert "Чужая тайна" not in text
        assert NUMBER not in text.split('aria-label="История"')[1]
        assert "Роман Ильин" in await page(browser, "/customers")
    async with stage.browser("master") as browser:
        assert "Роман" not in await page(browser, f"/customers/{customer.id}", 404)
        assert "Роман" not in await page(browser, "/customers")
        assert "Роман" not in re.sub(
            r'value="[^"]*"', "", await page(browser, "/customers?q=%D0%98%D0%BB%D1%8C%D0%B8%D0%BD")
        )
    async with stage.browser("factory", Role.SEO) as browser:
        await page(browser, "/customers", 404)
        await page(browser, f"/customers/{customer.id}", 404)


async def test_a_number_stays_hidden_until_a_proven_talk(stage: Stage) -> None:
    customer = await make_story(stage, talk_s=9)
    async with stage.browser("vector") as browser:
        for address in ("/customers", f"/customers/{customer.id}"):
            text = await page(browser, address)
            assert MASKED in text
            plain = re.sub(r"datetime=\S+|[\w-]+\.(?:css|js|svg|woff2)", "", text)
            assert NUMBER[-7:] not in digits_of(plain)
            assert "ilin@" not in text
        assert "Никого не нашли" in await page(browser, f"/customers?q={NUMBER[-7:]}")


async def test_customers_are_found_by_name_and_number(stage: Stage) -> None:
    customer = await make_story(stage)
    link = f'href="/customers/{customer.id}"'
    async with stage.browser("factory") as browser:
        for query in ("ильин", "8 (912) 440-18-25", "1825", "416", ""):
            answer = await browser.get("/customers", params={"q": query})
            assert link in await answer.text(), query
        for query in ("никто", "0000000", "%", "\x00", "x" * 5000, HOSTILE):
            answer = await browser.get("/customers", params={"q": query})
            text = await answer.text()
            assert answer.status == 200
            assert HOSTILE not in text
            assert (link in text) == (query == "\x00"), query


async def test_a_hostile_name_is_shown_as_text(stage: Stage) -> None:
    customer = await make_story(stage, name=HOSTILE)
    async with stage.browser("factory") as browser:
        for address in ("/customers", f"/customers/{customer.id}", "/calls", "/calls/2026.1"):
            text = await page(browser, address)
            assert HOSTILE not in text
            assert "&lt;img" in text


async def test_a_customer_without_a_name_number_or_order(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        nobody = CustomerRow(name="", created_at=MONDAY_NOON)
        session.add(nobody)
        await session.flush()
    async with stage.browser("factory") as browser:
        text = await page(browser, f"/customers/{nobody.id}")
        assert "Клиент без имени" in text
        assert "Контактов нет" in text
        assert "Без имени" in await page(browser, "/customers")
    async with stage.browser("vector") as browser:
        assert "Клиентов пока нет" in await page(browser, "/customers")
        await page(browser, f"/customers/{nobody.id}", 404)


@pytest.mark.parametrize("customer_id", ["0", "404", "x", "-1", "9" * 30, "%D9%A3"])
async def test_unknown_customers_are_not_found(stage: Stage, customer_id: str) -> None:
    async with stage.browser("factory") as browser:
        await page(browser, f"/customers/{customer_id}", 404)
