"""A customer calls, the operator's telephone rings, and the card is on the desk before the operator has picked up."""

import asyncio
import re
import time
from sqlite3 import Row

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import Visit
from tests.e2e.talks import own_phone
from tests.e2e.visitor import Visitor
from tests.installation.office import Office
from web.ui.formats import phone as shown_phone

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

POP_LIMIT_S = 1.0
NOTE = "Просит образец панели «дуб», перезвонить после обеда"


def customer_with_open_order(office: Office) -> Row:
    """Whom the desk must know: name, number and the newest order that is not closed."""
    return office.rows(
        """SELECT c.id, c.name, k.value AS phone, o.number AS order_number, o.id AS order_id
        FROM customers c JOIN customer_contacts k ON k.customer_id = c.id AND k.kind = 'phone' AND k.is_main
        JOIN orders o ON o.customer_id = c.id AND o.status_class != 'closed' AND o.kind = 'order'
        WHERE c.name != '' AND NOT EXISTS (SELECT 1 FROM orders n WHERE n.customer_id = c.id
            AND n.status_class != 'closed' AND (n.created_at, n.id) > (o.created_at, o.id))
        ORDER BY o.id DESC LIMIT 1"""
    )[0]


async def open_desk(visit: Visit) -> Visitor:
    visitor = await visit("operator")
    await visitor.go_live("/desk")
    return visitor


async def _show_any_card_once(visitor: Visitor) -> None:
    """The demo compiles its templates at their first use; the first caller of the day is not whom we measure."""
    any_call = visitor.office.rows("SELECT call_id FROM calls WHERE direction = 'inbound' LIMIT 1")[0]
    answer = await visitor.context.request.get(f"/desk/calls/{any_call['call_id']}")
    assert answer.ok


def card_on(visitor: Visitor) -> Locator:
    return visitor.page.locator("[data-desk-card]").first


async def test_the_card_pops_within_a_second_of_the_ringing_and_follows_the_call(
    office: Office, visit: Visit
) -> None:
    customer = customer_with_open_order(office)
    phone = await own_phone(office, "operator")
    visitor = await open_desk(visit)
    page, card = visitor.page, card_on(visitor)
    await _show_any_card_once(visitor)
    assert await page.title() == "Рабочий стол · Dealerline"
    calling = await office.call(customer["phone"], to_did=office.operators_did, talk_s=4)

    async def shown() -> float:
        await card.wait_for(state="visible", timeout=30_000)
        return time.monotonic()

    rang, popped = await asyncio.gather(phone.rings_since(), shown())
    late = popped - rang
    assert late <= POP_LIMIT_S, f"{late:.2f} s after the ringing"

    await expect(card).to_have_attribute("data-moment", "ringing")
    await expect(card.locator("h2")).to_have_text(customer["name"])
    await expect(card.locator(".desk-number")).to_have_text(shown_phone(customer["phone"]))
    await expect(card).to_contain_text("горячая линия")
    await expect(card.locator(".desk-order")).to_contain_text(str(customer["order_number"]))
    await expect(page).to_have_title(re.compile(f"Звонок: {re.escape(customer['name'])}"))
    await expect(page.locator(".desk-phones li", has_text="Оператор 1")).to_contain_text("звонит")

    note = card.locator("textarea")
    await note.fill(NOTE)
    await phone.pick_up()
    await expect(card).to_have_attribute("data-moment", "talking")
    await expect(card).to_contain_text("Вы говорите")
    await expect(page).to_have_title(re.compile("^Рабочий стол"))
    assert await note.input_value() == NOTE
    assert (await office.over(calling)).startswith("ANSWER")
    await expect(card).to_have_attribute("data-moment", "ended")
    await expect(card).to_contain_text("Отвечен")
    assert await note.input_value() == NOTE
    await expect(page.locator(".desk-last li").first).to_contain_text(customer["name"])

    await card.get_by_role("button", name="Записать").click()
    await expect(page.locator("#toasts")).to_contain_text(
        f"Комментарий записан в заказ № {customer['order_number']}"
    )
    await expect(note).to_have_value("")
    await card.get_by_role("link", name="Перезвонить").click()
    await expect(page.get_by_role("button", name="Позвонить клиенту")).to_be_visible()
    await visitor.go(f"/orders/{customer['order_number']}")
    await expect(page.locator("#timeline .comment").first).to_have_text(NOTE)


async def test_a_new_caller_gets_a_request_and_a_missed_call_stays_on_the_desk(
    office: Office, visit: Visit
) -> None:
    number = "+79160000741"
    phone = await own_phone(office, "operator")
    visitor = await open_desk(visit)
    card = card_on(visitor)
    calling = await office.call(number, to_did=office.operators_did, talk_s=2)
    await phone.rings_since()
    await expect(card.locator("h2")).to_have_text("Новый клиент")
    await expect(card.locator(".desk-number")).to_have_text(shown_phone(number))
    await office.stand.carrier.hang_up(calling)
    await expect(card).to_contain_text("Не дождался")
    order = office.rows(
        "SELECT o.number, o.kind FROM orders o JOIN calls c ON c.order_id = o.id WHERE c.caller_number = ?",
        number,
    )[0]
    assert order["kind"] == "request"
    await expect(card.locator(".desk-order")).to_contain_text(str(order["number"]))
    await card.locator("[data-close]").click()
    await expect(card).to_have_count(0)


async def test_away_from_the_desk_a_ringing_phone_shows_the_way_to_the_card(
    office: Office, visit: Visit
) -> None:
    phone = await own_phone(office, "operator")
    visitor = await visit("operator")
    page = visitor.page
    await visitor.go_live("/orders")
    calling = await office.call("+79160000742", to_did=office.operators_did, talk_s=1)
    await phone.rings_since()
    await page.get_by_role("link", name="Открыть карточку").click()
    await expect(card_on(visitor)).to_have_attribute("data-moment", "ringing")
    await expect(card_on(visitor)).to_contain_text(shown_phone("+79160000742"))
    await office.stand.carrier.hang_up(calling)
