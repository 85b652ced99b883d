"""A customer orders on a dealer's site, the dealer takes it, the customer follows it by his link and complains."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.visitor import MAIL
from tests.installation.office import Office

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

WISH = "Позвоните после шести <b>вечера</b>"


async def test_a_customer_orders_and_follows_his_order(office: Office, visit: Visit) -> None:
    (org,) = office.rows(
        "SELECT o.id, o.name FROM users u JOIN organizations o ON o.id = u.org_id WHERE u.email = ?",
        f"dealer{MAIL}",
    )
    (goods,) = office.rows("SELECT name, article FROM products WHERE is_active ORDER BY id LIMIT 1")
    customer = await visit()
    page = customer.page
    await customer.go(f"/site/{org['id']}/order?utm_source=yandex&utm_medium=cpc&utm_campaign=spring")
    await page.get_by_label("Товар", exact=True).fill(goods["name"])
    await page.get_by_label("Сколько").first.fill("0")
    await page.get_by_label("Как вас зовут").fill("Инна Карасёва")
    await page.get_by_label("Телефон").fill("8 912 440-77-31")
    await page.get_by_label("Пожелания").fill(WISH)
    await page.get_by_label("Согласен на обработку").check()
    customer.forgive("status of 422")
    await page.get_by_role("button", name="Отправить заказ").click()
    await expect(page.locator(".field-error")).to_have_text("Количество должно быть больше нуля")
    assert await page.get_by_label("Пожелания").input_value() == WISH
    await page.get_by_label("Сколько").first.fill("40")
    await page.get_by_role("button", name="Отправить заказ").click()
    await expect(page).to_have_url(re.compile(r"/o/[a-z0-9]{26}$"))
    await expect(page.locator(".notice-success")).to_contain_text("заказ принят")
    link = page.url
    number = re.search(r"\d+", await page.locator("h1").inner_text())
    assert number is not None
    await expect(page.get_by_text("ещё подбираем")).to_be_visible()

    dealer = await visit("dealer")
    assert goods["article"] in await dealer.go(f"/orders/{number[0]}")
    assert number[0] in await dealer.go("/orders?tab=available")
    assert "440-77-31" not in await dealer.go(f"/orders/{number[0]}")
    await dealer.page.get_by_role("button", name="Принять").first.click()
    await expect(dealer.page.locator(".notice-success")).to_be_visible()

    await page.goto(link)
    await expect(page.locator(".pill")).to_have_text("Дилер принял заказ")
    await expect(page.locator(".defs")).to_contain_text(org["name"])
    await page.get_by_label("Сообщение").fill("Можно в четверг?")
    await page.get_by_role("button", name="Отправить", exact=True).click()
    await expect(page.locator(".talk")).to_contain_text("Можно в четверг?")
    await page.get_by_text("Жалоба", exact=True).click()
    await page.get_by_label("Что случилось").fill("Никто не звонит")
    await page.get_by_role("button", name="Отправить отзыв").click()
    await expect(page.locator(".notice-success")).to_contain_text("Жалоба передана")

    admin = await visit("admin")
    assert "Никто не звонит" in await admin.go("/feedback?kind=complaint")
