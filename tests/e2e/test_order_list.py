"""The order list by keyboard: tabs, rows, a saved view, the palette; an order that comes is announced and moves nothing."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.visitor import Visitor
from tests.installation.office import Office

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

ROWS = "tr[data-order]"


def order_comes(office: Office) -> int:
    """A copy of the newest running order with the next number, and the line of its timeline that tells of it."""
    newest = dict(
        office.rows("SELECT * FROM orders WHERE status_class = 'contacted' ORDER BY id DESC LIMIT 1")[0]
    )
    top = office.rows("SELECT max(id) AS id, max(number) AS number, max(created_at) AS at FROM orders")[0]
    newest |= {"id": top["id"] + 1, "number": top["number"] + 1, "public_id": f"copy{top['id']}"}
    newest["created_at"] = top["at"]
    names, marks = ", ".join(newest), ", ".join("?" * len(newest))
    office.write(f"INSERT INTO orders ({names}) VALUES ({marks})", *newest.values())
    office.write(
        "INSERT INTO order_events (order_id, seq, at, kind, call_id, data) VALUES (?, 1, ?, 'created', '', '{}')",
        newest["id"],
        newest["created_at"],
    )
    return int(newest["number"])


async def test_the_list_by_keyboard(visit: Visit) -> None:
    manager = await visit("manufacturer")
    page = manager.page
    await manager.go_live("/orders?tab=all")
    await expect(page.locator(".pager")).to_contain_text(re.compile(r"Показано с 1 по 25 из \d"))
    await tabs_show_what_they_count(page)
    await rows_obey_keys(page)
    await a_view_is_saved(page)
    await the_palette_leads(manager)


async def tabs_show_what_they_count(page: Page) -> None:
    tab = page.locator(".tab", has_text="Дилер отказался")
    count = int(await tab.locator(".tab-count").inner_text())
    await tab.click()
    await expect(page.locator(ROWS)).to_have_count(count)
    await page.locator(".tab", has_text="Все").click()
    await expect(page.locator(ROWS)).to_have_count(25)


async def rows_obey_keys(page: Page) -> None:
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    second = page.locator(ROWS).nth(1)
    await expect(second).to_be_focused()
    await page.keyboard.press("x")
    await expect(second.locator(".pick")).to_be_checked()
    await expect(page.locator("[data-bulk-count]")).to_have_text("Отмечено: 1")
    await page.keyboard.press(" ")
    await expect(page.locator("#panel")).to_contain_text("Открыть заказ")
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await expect(page.locator("#f-q")).to_be_focused()
    number = await second.get_attribute("data-order")
    await page.fill("#f-q", number or "")
    await page.keyboard.press("Enter")
    await expect(page.locator(ROWS).first).to_have_attribute("data-order", number or "")
    await expect(page.locator(".chip")).to_contain_text([f"Поиск: {number}"])
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(rf"/orders/{number}$"))
    await page.keyboard.press("?")
    await expect(page.locator("#keys[open]")).to_be_visible()
    await page.keyboard.press("Escape")  # closes the window and does no more
    await expect(page.locator("#keys[open]")).to_have_count(0)
    await expect(page).to_have_url(re.compile(rf"/orders/{number}$"))
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile(rf"/orders\?.*q={number}"))  # with its filters


async def a_view_is_saved(page: Page) -> None:
    await page.goto("/orders?stage=closed&sort=sum")
    await page.locator(".view-menu summary").click()
    await page.fill("#f-name", "Дорогие завершённые")
    await page.get_by_role("button", name="Сохранить вид").click()
    await expect(page.locator(".notice-success")).to_contain_text("Вид сохранён")
    await page.goto("/orders?tab=mine")
    await page.locator(".view-menu summary").click()
    await page.get_by_role("link", name="Дорогие завершённые").click()
    await expect(page).to_have_url(re.compile(r"stage=closed&sort=sum&view=\d+$"))
    await page.locator(".view-menu summary").click()
    await page.get_by_role("button", name="Удалить вид Дорогие завершённые").click()
    await expect(page.locator(".notice-success")).to_contain_text("удалён")


async def the_palette_leads(manager: Visitor) -> None:
    page = manager.page
    await page.wait_for_load_state()  # the words are there before the scripts are
    await page.keyboard.press("Control+k")
    field, lines = page.locator("#palette-q"), page.locator("#palette [role=option]")
    await expect(field).to_be_focused()
    await field.fill("карт")
    await expect(lines).to_have_count(1)
    await expect(lines.first).to_have_attribute("aria-selected", "true")
    await expect(field).to_have_attribute("aria-activedescendant", "palette-1")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/map$"))
    await page.wait_for_load_state()
    await page.keyboard.press("?")
    knob = page.locator("[data-keys-switch]")
    async with page.expect_response("**/keyboard"):
        await knob.uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("o")
    await page.keyboard.press("Control+k")  # works without single keys too
    await expect(page.locator("#palette")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/map$"))
    await manager.context.request.get("/keyboard")
    await page.keyboard.press("Escape")
    await page.evaluate("sessionStorage.clear()")
    await page.reload()  # another window learns of it from the server
    await expect(knob).not_to_be_checked()
    await page.get_by_label("Меню пользователя").click()
    await page.get_by_role("button", name="Клавиши").click()
    async with page.expect_response("**/keyboard"):
        await knob.check()


async def test_an_order_that_comes_is_announced_and_moves_nothing(office: Office, visit: Visit) -> None:
    manager = await visit("manufacturer")
    page = manager.page
    await manager.go_live("/orders?tab=all")
    first = await page.locator(ROWS).first.get_attribute("data-order")
    count = page.locator(".tab", has_text="Все").locator(".tab-count")
    before = await count.inner_text()
    number = order_comes(office)
    bar = page.locator("#fresh .fresh-link")
    await expect(bar).to_contain_text("1\N{NO-BREAK SPACE}новый")
    await expect(count).not_to_have_text(before)
    await expect(page.locator(ROWS).first).to_have_attribute("data-order", first or "")
    await bar.click()
    await expect(page.locator(ROWS).first).to_have_attribute("data-order", str(number))
    office.write("UPDATE orders SET deleted_at = created_at WHERE number = ?", number)
