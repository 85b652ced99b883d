"""The manufacturer's way, whole: an order is typed with its place on the map, handed to a dealer, vouched for, closed without a
sale; the customer gets the question, answers it by the link, and the factory reads it and finds the order in the figures."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.visitor import Visitor
from tests.installation.office import Office, until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]
SAID = "Так и не назвали срок <b>поставки</b>"


async def typed_order(admin: Visitor) -> int:
    """Its number. The pin is set by a click on the map and dragged."""
    page = admin.page
    await admin.go("/orders/new")
    await page.get_by_label("Имя", exact=True).fill("Степан Ладожский")
    await page.get_by_label("Телефон", exact=True).fill("8 912 440-66-32")
    await page.get_by_label("Почта", exact=True).fill("first.buyer@example.test")
    await page.get_by_label("Согласен на обработку").check()
    await page.get_by_role("button", name="Пустая строка").click()
    for label, value in (("Название", "Панель"), ("Количество", "40"), ("Цена, ₽", "222,75")):
        await page.get_by_label(label, exact=True).fill(value)
    await page.get_by_label("Регион", exact=True).select_option(label="Москва")
    board = page.locator("[data-pin-map] .leaflet-container")
    await board.click(position={"x": 60, "y": 90})
    before = await page.get_by_label("Долгота").input_value()
    pin = page.locator(".pin-mark")
    await pin.drag_to(board, target_position={"x": 130, "y": 120})
    await expect(page.get_by_label("Долгота")).not_to_have_value(before)
    await page.get_by_role("button", name="Создать заказ").last.click()
    await expect(page).to_have_url(re.compile(r"/orders/\d+"))
    await expect(page.locator("#lines")).to_contain_text("8\N{NO-BREAK SPACE}910,00\N{NO-BREAK SPACE}₽")
    await expect(page.locator("#place-card .pin-fixed .pin-mark")).to_be_visible()
    return int(page.url.rsplit("/", 1)[1].partition("?")[0].partition("#")[0])


async def test_an_order_from_the_telephone_to_the_answer_after_its_end(office: Office, visit: Visit) -> None:
    admin = await visit("admin")
    page = admin.page
    number = await typed_order(admin)
    await page.locator(".offer-more", has_text="Передать дилеру").locator("summary").click()
    hand = page.locator(".offer-more", has_text="Передать дилеру")
    await hand.locator("select").select_option(index=1)
    await hand.locator("form .btn").click()
    await expect(page.locator(".notice-success")).to_contain_text(f"Заказ № {number} передан")
    await page.locator("#vouch > summary").click()
    await page.locator("#vouch").get_by_label("Как вы это узнали").fill("Звонил сам")
    await page.locator("#vouch").get_by_role("button", name="Подтвердить").click()
    await expect(page.locator("#state")).to_contain_text("был разговор")
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
    assert "Степан" in await admin.go(f"/orders?q={number}")
    report = await admin.go("/orders/report?by=campaign")
    assert "Итоги заказов" in report
    reason = page.locator("table", has_text="Причина").locator("tbody tr").first
    await expect(reason).to_contain_text("%")
    assert not admin.complaints
