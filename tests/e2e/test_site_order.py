"""The dealer's way, whole: a customer orders on his site, he takes it, the customer complains by his link, the factory vouches
for the talk, the order is worked on and fulfilled, points come, the customer answers the question, the dealer reads it."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.visitor import MAIL
from tests.installation.office import Office, until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WISH = "Позвоните после шести <b>вечера</b>"


async def test_an_order_from_the_site_to_the_answer_after_its_end(office: Office, visit: Visit) -> None:
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
    await expect(page.locator(".talk").first).to_contain_text("Можно в четверг?")
    await page.get_by_text("Жалоба", exact=True).click()
    await page.get_by_label("Что случилось").fill("Никто не звонит")
    await page.get_by_role("button", name="Отправить отзыв").click()
    await expect(page.locator(".notice-success")).to_contain_text("Жалоба передана")

    admin = await visit("admin")
    assert "Никто не звонит" in await admin.go("/feedback?kind=complaint")

    await admin.go(f"/orders/{number[0]}")
    await admin.page.locator("#vouch > summary").click()
    await admin.page.locator("#vouch").get_by_label("Как вы это узнали").fill("Клиент приехал в салон")
    await admin.page.locator("#vouch").get_by_role("button", name="Подтвердить").click()
    await expect(admin.page.locator(".notice-success")).to_contain_text("Контакт с клиентом подтверждён")

    work = dealer.page
    await dealer.go(f"/orders/{number[0]}")
    await work.locator("#f-status-status").select_option(label="Обработан")
    await work.get_by_role("button", name="Перевести").click()
    await expect(work.locator(".notice-success")).to_contain_text("Состояние изменено")
    await work.get_by_role("link", name="Завершить", exact=True).click()
    form = work.locator("#close")
    await form.get_by_label("Сколько заплатил клиент").fill("8910")
    await form.get_by_role("button", name="Завершить", exact=True).click()
    results = work.locator("#results")
    await expect(results).to_contain_text("8\N{NO-BREAK SPACE}910,00\N{NO-BREAK SPACE}₽")
    await expect(results).to_contain_text("+100")
    points = office.rows(
        "SELECT points FROM points_entries WHERE order_id = (SELECT id FROM orders WHERE number = ?)",
        number[0],
    )
    assert [row["points"] for row in points] == [100]

    async def question() -> bool:
        await page.goto(link)
        return await page.get_by_role("link", name="Ответить").count() > 0

    await until("the question stands on the customer's page", question, limit_s=60)
    await page.get_by_role("link", name="Ответить").click()
    await page.locator("input[name=score][value='5']").check()
    await page.get_by_role("button", name="Отправить").click()
    await expect(page.locator("h1")).to_have_text("Спасибо за ответ!")
    await dealer.go(f"/orders/{number[0]}")
    await expect(results).to_contain_text("5 из 5")
