"""An order finds its dealer in the browser: refused, taken, given back, handed over by the head office, and explained."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Visit
from tests.installation.office import Office

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

OFFERED = """
SELECT o.number FROM order_windows w JOIN orders o ON o.id = w.order_id JOIN users u ON u.org_id = w.org_id
WHERE u.email = 'dealer@demo.dealerline.example' AND w.closed_at IS NULL AND w.opens_at <= CURRENT_TIMESTAMP
  AND o.status_class = 'open' ORDER BY o.number DESC
"""


async def choose(page: Page, form: str, reason: int) -> None:
    """The form of one button of the offer: opened, its list set, sent."""
    box = page.locator(".offer-more", has_text=form)
    await box.locator("summary").click()
    await box.locator("select").select_option(index=reason)
    await box.locator("form .btn").click()


async def test_an_order_is_refused_taken_given_back_and_handed_over(office: Office, visit: Visit) -> None:
    first, second = (row["number"] for row in office.rows(OFFERED)[:2])
    dealer, staff = await visit("dealer"), await visit("manufacturer")
    page = dealer.page
    await page.goto("/orders?tab=available")
    await page.locator(f"a[href='/orders/{first}']").first.click()
    await expect(page.locator(".offer-title")).to_have_text("Заказ предложен вам")
    await choose(page, "Отказаться", 1)
    await expect(page.locator(".notice")).to_contain_text(f"Вы отказались от заказа № {first}")
    await page.goto(f"/orders/{second}")
    await page.locator(".offer").get_by_role("button", name="Принять").click()
    await expect(page.locator(".notice-success")).to_contain_text(f"Заказ № {second} ваш")
    await choose(page, "Вернуть", 2)
    await expect(page.locator(".notice-success")).to_contain_text(f"Заказ № {second} возвращён")

    desk = staff.page
    await desk.goto(f"/orders/{second}")
    await choose(desk, "Передать дилеру", 2)
    await expect(desk.locator(".notice-success")).to_contain_text(f"Заказ № {second} передан")
    await desk.goto(f"/orders/{second}/why")
    await expect(desk.locator("h1")).to_have_text("Почему этот дилер")
    await expect(desk.locator(".why-note").filter(has_text="вернул").first).to_be_visible()
    owner = office.rows(
        "SELECT g.name FROM orders o JOIN organizations g ON g.id = o.org_id WHERE number = ?", second
    )
    await expect(desk.locator(".page-header, header").filter(has_text=owner[0]["name"]).first).to_be_visible()
