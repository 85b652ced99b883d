"""A dealer comes into the network: invited by the factory, joins in a browser of his own, fills his card and gets ready."""

import re
import time

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PASSWORD = "очень длинный пароль"


async def _missing(page: Page) -> int:
    return await page.locator("[aria-label='не хватает']").count()


@pytest.mark.parametrize("scripted", [True, False])
async def test_from_the_invitation_to_a_dealer_who_can_take_calls(visit: Visit, scripted: bool) -> None:
    name, email = f"Новый дилер {time.time_ns()}", f"owner{time.time_ns()}@new.example"
    factory = await visit("admin", java_script_enabled=scripted)
    await factory.go("/dealers")
    await factory.page.get_by_role("link", name="Добавить дилера").click()
    await factory.page.fill("#f-name", name)
    await factory.page.fill("#f-email", email)
    await factory.page.select_option("#f-region_code", label="Омская область")
    await factory.page.get_by_role("button", name="Добавить и получить ссылку").click()
    link = await factory.page.get_by_label("Ссылка").input_value()

    guest = await visit(java_script_enabled=scripted)
    page = guest.page
    await page.goto(link)
    await expect(page.locator("body")).to_contain_text(name)
    await page.fill("#f-full_name", "Ирина Гостева")
    await page.fill("#f-password", PASSWORD)
    await page.fill("#f-again", "не тот пароль вовсе")
    guest.forgive("status of 422")
    await page.get_by_role("button", name="Принять приглашение").click()
    await expect(page.locator("#e-again")).to_contain_text("не совпали")
    assert await page.input_value("#f-full_name") == "Ирина Гостева", "nothing typed is lost"
    await page.fill("#f-password", PASSWORD)
    await page.fill("#f-again", PASSWORD)
    await page.get_by_role("button", name="Принять приглашение").click()
    await expect(page).to_have_url(re.compile(r"/dealers/\d+/checklist$"))
    checklist = page.url
    assert await _missing(page) == 6

    await page.get_by_role("link", name="Заполнить карточку").click()
    await page.get_by_label("Почта").fill("info@new.example")
    await page.get_by_label("Телефон 1").fill("8 (3812) 00-00-01")
    await page.get_by_role("button", name="Сохранить карточку").click()
    await page.goto(checklist)
    assert await _missing(page) == 5

    await page.get_by_role("link", name="Добавить точку").click()
    await page.fill("#f-name", "Салон на Лермонтова")
    await page.fill("#f-city", "Омск")
    await page.get_by_role("button", name="Добавить точку").click()
    await page.locator("[name=mon-opens]").fill("09:00")
    await page.locator("[name=mon-closes]").fill("18:00")
    await page.get_by_role("button", name="Сохранить часы").click()
    await expect(page.locator(".notice-success")).to_contain_text("Часы сохранены")

    await page.goto(checklist)
    assert await _missing(page) == 2, "a phone, and what the factory has to do"
    await page.get_by_role("link", name="Добавить телефон").click()
    await page.get_by_label("Подпись").fill("Касса")
    await page.get_by_label("Номер", exact=True).fill(f"8 (381) 200-00-0{2 if scripted else 3}")
    await page.get_by_role("button", name="Добавить телефон").click()
    await expect(page.locator(".notice-success")).to_contain_text("Телефон добавлен")

    await factory.go(checklist.removesuffix("/checklist"))
    await factory.page.get_by_role("switch", name="Звонок с сайта", exact=True).click()
    await page.goto(checklist)
    await expect(page.locator("h1")).to_contain_text("Всё готово")
    assert await _missing(page) == 0
    await page.goto(link)
    guest.forgive("status of 410")
    await expect(page.locator("h1")).to_contain_text("уже вошли")
