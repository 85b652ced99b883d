"""A browser that runs no script: sign in, journal, filters, a recording, a comment, the desk."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.talks import Talk
from tests.e2e.visitor import MAIL, password

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

NOTE = "Записано без единой строки скрипта"


async def test_the_core_works_without_script(visit: Visit, talk: Talk) -> None:
    visitor = await visit(java_script_enabled=False)
    page = visitor.page
    await visitor.go("/calls")
    await page.fill("#f-email", f"operator{MAIL}")
    await page.fill("#f-password", password(visitor.office))
    await page.click("form:has(#f-password) button[type=submit]")
    await expect(page).to_have_url(re.compile(r"/calls$"))
    await expect(page.locator("tr[data-call]")).to_have_count(25)

    await page.fill("#f-number", talk.number)
    await page.get_by_role("button", name="Показать").click()
    row = page.locator(f"tr[data-call='{talk.call_id}']")
    await expect(row).to_be_visible()
    await row.locator("a.row-link").click()
    await expect(page.locator("#call-why")).to_contain_text("Кого пробовали и почему")
    audio = page.locator("#call-recordings audio[controls]")
    await expect(audio).to_be_visible()
    await expect(page.locator(".player-controls")).to_be_hidden()
    sound = await visitor.context.request.get(await audio.get_attribute("src") or "")
    assert (sound.status, sound.headers["content-type"]) == (200, "audio/mpeg")

    await page.locator(f"#call-facts a[href='/orders/{talk.order_number}']").click()
    await page.fill("#f-text", NOTE)
    await page.get_by_role("button", name="Записать").click()
    await expect(page.get_by_role("status").filter(has_text="Комментарий записан")).to_be_visible()
    await expect(page.locator("#timeline .comment").first).to_have_text(NOTE)

    await visitor.go(f"/desk/calls/{talk.call_id}")
    await page.fill("[data-desk-card] textarea", f"{NOTE}, со стола")
    await page.locator("[data-desk-card]").get_by_role("button", name="Записать").click()
    await expect(page.get_by_role("status").filter(has_text="Комментарий записан")).to_be_visible()
    await visitor.go(f"/orders/{talk.order_number}")
    await expect(page.locator("#timeline .comment").first).to_have_text(f"{NOTE}, со стола")
