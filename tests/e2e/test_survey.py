"""An order is closed without a sale; the customer gets the question, answers it by the link, and the factory reads it."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.installation.office import Office, until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
SAID = "Так и не назвали срок <b>поставки</b>"


async def test_closing_asks_the_customer_and_his_answer_is_read(office: Office, visit: Visit) -> None:
    (order,) = office.rows(
        "SELECT number, customer_id FROM orders WHERE kind = 'order' AND status_class = 'contacted' "
        "AND org_id IS NOT NULL AND deleted_at IS NULL ORDER BY id LIMIT 1"
    )
    number = order["number"]
    office.write(
        "INSERT INTO customer_contacts (customer_id, kind, value, is_main) VALUES (?, 'email', ?, 1)",
        order["customer_id"],
        "first.buyer@example.test",
    )
    admin = await visit("admin")
    page = admin.page
    await admin.go(f"/orders/{number}")
    await page.locator("summary", has_text="Завершить заказ").click()
    form = page.locator(f"form[action='/orders/{number}/close']")
    await form.locator("input[name=result][value=failed]").check()
    await form.locator("select[name=reason]").select_option(index=1)
    await form.get_by_role("button", name="Завершить").click()
    await expect(page.locator(".notice-success")).to_contain_text("закрыт")

    async def letter() -> str | None:
        await admin.go("/demo/messages")
        rows = page.locator(".caught-list > li", has_text=f"Почему заказ {number} не состоялся?")
        return await rows.first.inner_text() if await rows.count() else None

    text = await until("the letter with the question has come", letter, limit_s=60)
    assert "first.buyer@example.test" in text
    link = re.search(r"https?://[^\s/]+(/s/\S+)", text)
    assert link is not None
    admin.forgive("frame is sandboxed")  # a letter may run nothing, not even what this test puts into pages
    looked = page.locator(".caught-list > li", has_text=f"Почему заказ {number}").get_by_role(
        "link", name="Как в почте"
    )
    assert "Почему заказ" in await admin.go(str(await looked.get_attribute("href")))

    customer = await visit()
    await customer.go(link[1])
    await expect(customer.page.locator("h1")).to_have_text("Почему заказ не состоялся?")
    await customer.page.locator("input[name=score][value='2']").check()
    await customer.page.get_by_label("Что помешало?").fill(SAID)
    await customer.page.get_by_role("button", name="Отправить").click()
    await expect(customer.page.locator("h1")).to_have_text("Спасибо за ответ!")
    await expect(customer.page.locator("blockquote")).to_have_text(SAID)

    await admin.go("/feedback?kind=review")
    row = page.locator(".feedback-list li", has_text=SAID)
    await expect(row).to_contain_text(f"Заказ {number}")
    await row.get_by_role("link").click()
    await page.get_by_role("button", name="Показывать").click()
    await expect(page.locator(".notice-success")).to_contain_text("показан")
    await admin.go(f"/orders/{number}/deliveries")
    await expect(page.locator(".delivery-list")).to_contain_text("Опрос после завершения")
