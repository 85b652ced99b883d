"""Security of an account and one customer out of two, with hands: a second factor from the picture to the next sign-in,
acting for a dealer under a banner, merging and back."""

import re

import pyotp
import pytest
from playwright.async_api import expect
from sqlalchemy import update

from callcore.kernel.database import Database
from callcore.network.tables import UserRow
from tests.e2e.conftest import Visit
from tests.e2e.visitor import MAIL, Visitor, password

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def _forget_factor(visitor: Visitor, login: str) -> None:
    """The office is everybody's: other tests sign in by a password alone."""
    database = Database(visitor.office.stand.settings.database.url.get_secret_value())
    async with database.transaction() as session:
        await session.execute(
            update(UserRow)
            .where(UserRow.email == login + MAIL)
            .values(totp_secret="", totp_since=None, totp_used_step=0, recovery_hashes=[])
        )
    await database.close()


async def test_a_second_factor_from_the_picture_to_the_next_sign_in(visit: Visit) -> None:
    visitor = await visit("marketer")
    page = visitor.page
    try:
        await visitor.go("/account")
        await expect(page.get_by_text("это вы сейчас")).to_be_visible()
        await page.get_by_role("link", name="Подключить").click()
        await page.get_by_role("button", name="Подключить").click()
        await expect(page.locator(".qr svg")).to_be_visible()
        totp = pyotp.TOTP(await page.locator(".secret").inner_text())
        await page.fill("#f-code", totp.now())
        await page.get_by_role("button", name="Подключить").click()
        codes = await page.locator(".codes li").all_inner_texts()
        assert len(codes) == 10
        await page.get_by_role("link", name="Коды сохранены").click()
        await expect(page.get_by_text("Запасных кодов осталось: 10")).to_be_visible()

        other = await visit()
        await other.go("/sign-in?next=/account")
        await other.page.fill("#f-email", "marketer" + MAIL)
        await other.page.fill("#f-password", password(other.office))
        await other.page.click("form:has(#f-password) button[type=submit]")
        await expect(other.page).to_have_url(re.compile("/sign-in/code"))
        other.forgive("status of 401")
        await other.page.fill("#f-code", "000000")
        await other.page.get_by_role("button", name="Войти").click()
        await expect(other.page.get_by_role("alert")).to_contain_text("Код не подошёл")
        await other.page.fill("#f-code", codes[3])
        await other.page.get_by_role("button", name="Войти").click()
        await expect(other.page).to_have_url(re.compile("/account$"))
        await expect(other.page.get_by_text("запасных кодов осталось: 9")).to_be_visible()
    finally:
        await _forget_factor(visitor, "marketer")


async def test_a_manager_acts_for_a_dealer_under_a_banner_and_comes_back(visit: Visit) -> None:
    visitor = await visit("manufacturer")
    page = visitor.page
    await visitor.go("/people?of=dealers")
    await page.locator("table.rows tbody a").first.click()
    await page.get_by_role("link", name=re.compile("^Войти как")).click()
    await page.fill("#f-reason", "Дилер просит помочь с заказом")
    await page.locator("form:has(#f-reason) button[type=submit]").click()
    banner = page.locator("aside.acting")
    await expect(banner).to_contain_text("Вы действуете как")
    await visitor.go("/orders")
    await expect(banner).to_be_visible()
    await visitor.go("/account", status=403)
    await visitor.go("/orders")
    await banner.get_by_role("button", name="Выйти из роли").click()
    await expect(banner).to_have_count(0)
    admin = await visit("admin")
    await admin.go("/audit?subject=acting")
    await expect(admin.page.get_by_text("Дилер просит помочь с заказом").first).to_be_visible()


async def test_two_cards_become_one_and_two_again(visit: Visit) -> None:
    visitor = await visit("manufacturer")
    page = visitor.page
    await visitor.go("/customers/duplicates")
    await page.get_by_role("link", name="Сравнить").first.click()
    await page.get_by_role("button", name="Объединить").click()
    await expect(page.get_by_text("Карточки объединены")).to_be_visible()
    await expect(page.get_by_text("Объединённые карточки")).to_be_visible()
    await page.get_by_role("button", name="Вернуть").click()
    await expect(page.get_by_text("Объединение отменено")).to_be_visible()
    await expect(page.get_by_text("Похоже, у этого клиента есть вторая карточка")).to_be_visible()
