"""The door: a wrong password, the first page of each role and its navigation, the way back to the wanted page."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.visitor import MAIL, Visitor, password

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WORK = [
    "Рабочий стол",
    "Звонки",
    "Записи",
    "Переводы",
    "Обратные звонки",
    "Телефония",
    "Заказы",
    "Клиенты",
    "Задачи",
    "Отзывы и жалобы",
]
WITHOUT_DESK = WORK[1:]
# The navigation, and the page where the role lands: the desk is for those who have a telephone.
STAFF = ["Дилеры", "Праздники", "Дежурства", "Карта"]
VALUE = ["Выгода"]
DEALERS = ["Дилеры", "Карта"]
DAY = ["Сводка"]
SETTINGS = ["Номера", "Распределение звонков", "Распределение заказов", "Настройки заказов", "Робот"]
OF_ADMIN = [*SETTINGS[:-1], "LeadsDB", SETTINGS[-1]]
TOLD = ["Сообщения", "Ключи API"]
CAUGHT = ["Почта и SMS демо"]
TOLD_HERE = [TOLD[0], *CAUGHT, TOLD[1]]
PEOPLE, AUDIT = ["Сотрудники"], ["Журнал действий"]
ROLES = {
    "admin": (DAY + WORK + STAFF + VALUE + OF_ADMIN + TOLD_HERE + PEOPLE + AUDIT, "Сводка"),
    "manufacturer": (DAY + WORK + STAFF + VALUE + SETTINGS + TOLD_HERE + PEOPLE, "Сводка"),
    "supervisor": (DAY + WORK + STAFF + VALUE + SETTINGS + CAUGHT + PEOPLE + AUDIT, "Сводка"),
    "operator": (DAY + WORK + STAFF + SETTINGS[-1:] + CAUGHT, "Рабочий стол"),
    "marketer": (
        DAY + WITHOUT_DESK + ["Дилеры", "Праздники", "Карта", *VALUE, "Номера", "Промокоды"],
        "Звонки",
    ),
    "dealer": (DAY + WORK + DEALERS + TOLD, "Рабочий стол"),
    "dealer.manager": (DAY + WORK + DEALERS, "Рабочий стол"),
    "subdealer": (DAY + WORK + DEALERS + TOLD, "Рабочий стол"),
    "seo": ([], ""),
}
SIGN_IN = "form:has(#f-password)"


async def _knock(visitor: Visitor, login: str, word: str) -> None:
    await visitor.page.fill("#f-email", login + MAIL)
    await visitor.page.fill("#f-password", word)
    await visitor.page.click(f"{SIGN_IN} button[type=submit]")


async def test_a_wrong_password_says_so_and_the_right_one_leads_to_the_wanted_page_and_out_again(
    visit: Visit,
) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.go("/orders?tab=mine")
    await expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    visitor.forgive("status of 401")
    await _knock(visitor, "operator", "не тот пароль")
    await expect(page.get_by_role("alert")).to_contain_text("Почта или пароль не подходят")
    assert await page.input_value("#f-email") == f"operator{MAIL}"
    await _knock(visitor, "operator", password(visitor.office))
    await expect(page).to_have_url(re.compile(r"/orders\?tab=mine$"))
    await page.click("summary.bar-user")
    await page.get_by_role("button", name="Выйти").click()
    await expect(page).to_have_url(re.compile(r"/sign-in$"))
    await visitor.go("/calls")
    await expect(page).to_have_url(re.compile(r"/sign-in\?next="))


@pytest.mark.parametrize("login", ROLES)
async def test_each_demo_role_signs_in_by_one_press_and_sees_its_own_navigation(
    visit: Visit, login: str
) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.go("/sign-in")
    await page.click(f"button.door-person:has(small:text-is('{login}{MAIL}'))")
    await expect(page.locator("summary.bar-user")).to_be_visible()
    navigation, first = ROLES[login]
    links = page.locator("nav#nav .side-link > span")
    assert await links.all_inner_texts() == navigation
    await expect(page.locator("nav#nav [aria-current=page] > span")).to_have_text([first] if first else [])
    for title, path in {"Рабочий стол": "/desk", "Звонки": "/calls"}.items():
        if title not in navigation:
            is_staff = login == "marketer"
            await visitor.go(path, status=403 if is_staff else 404)
            await expect(page.locator("h1")).to_contain_text(
                "Нет доступа" if is_staff else "Такой страницы нет"
            )
