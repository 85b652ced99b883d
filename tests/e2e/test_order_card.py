"""A dealer's order on its page: two tabs edit its lines, it is closed with a reason, printed, and found closed by the factory."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.visitor import MAIL
from tests.installation.office import Office

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


def own_order(office: Office) -> int:
    """One of the dealer's that is worked on and has a single contact with its customer."""
    rows = office.rows(
        "SELECT number FROM orders WHERE kind = 'order' AND status_class = 'contacted' AND contacted_at IS NOT NULL"
        " AND org_id = (SELECT org_id FROM users WHERE email = ?) AND deleted_at IS NULL"
        " AND EXISTS (SELECT 1 FROM order_lines WHERE order_id = orders.id) ORDER BY id DESC LIMIT 1",
        f"dealer{MAIL}",
    )
    return int(rows[0]["number"])


async def test_two_tabs_then_the_end_and_the_paper(office: Office, visit: Visit) -> None:
    number = own_order(office)
    dealer = await visit("dealer")
    first, second = dealer.page, await dealer.context.new_page()
    for page in (first, second):
        await page.goto(f"/orders/{number}?open=lines")
    quantity = "input[name=quantity]"
    await first.locator(quantity).first.fill("313")
    await first.get_by_role("button", name="Сохранить состав").click()
    await expect(first.locator(".notice-success")).to_contain_text("Состав сохранён")

    await second.locator(quantity).first.fill("717")
    await second.get_by_role("button", name="Ещё строка").click()
    added = second.locator("[data-edit-line]").last
    await added.get_by_label("Название").fill("Подъём на этаж")
    await added.get_by_label("Количество").fill("1")
    await added.get_by_label("Цена").fill("1200,50")
    await second.get_by_role("button", name="Сохранить состав").click()
    conflict = second.locator(".conflict")
    await expect(conflict).to_contain_text("Пока вы редактировали")
    await expect(conflict).to_contain_text("→ 313")
    await expect(second.locator(quantity).first).to_have_value("717")
    await second.get_by_role("button", name="Взять своё").click()
    await expect(second.locator("#lines")).to_contain_text("1\N{NO-BREAK SPACE}200,50\N{NO-BREAK SPACE}₽")
    await expect(second.locator("#timeline")).to_contain_text("Изменён состав")

    await second.get_by_role("link", name="Завершить", exact=True).click()
    form = second.locator("#close")
    await form.get_by_label("Не выполнен").check()
    await form.get_by_role("button", name="Завершить", exact=True).click()
    await expect(form).to_contain_text("Выберите причину из списка")
    await form.get_by_label("Почему").select_option(label="Клиент передумал")
    await form.get_by_role("button", name="Завершить", exact=True).click()
    await expect(second.locator("#results")).to_contain_text("Клиент передумал · решение клиента")
    await second.get_by_role("link", name="Изменения").click()
    await expect(second.locator("#timeline")).to_contain_text("Завершён: не выполнен")

    await second.emulate_media(media="print")
    await expect(second.locator("nav.side")).to_be_hidden()
    await expect(second.locator(".order-tabs")).to_be_hidden()
    await expect(second.get_by_text("Подъём на этаж").first).to_be_visible()
    await second.goto(f"/orders/{number}/print")
    await expect(second.locator(".sheet")).to_contain_text(re.compile(r"не выполнен: клиент передумал"))
    await expect(second.get_by_role("button", name="Напечатать")).to_be_hidden()

    factory = await visit("manufacturer")
    await factory.go(f"/orders/{number}")
    await factory.page.locator("#reopen > summary").click()
    reopen = factory.page.locator("#reopen")
    await reopen.get_by_label("Почему").fill("Клиент вернулся")
    await reopen.get_by_role("button", name="Вернуть в работу").click()
    await expect(factory.page.locator("#state")).to_contain_text("не подтверждён")
    dealer.forgive("status of 4(09|22)")
    assert not dealer.complaints
