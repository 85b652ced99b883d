"""«Распределение звонков» in the browser: change a share, try it on past calls, save, return; what-if."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SHARE = "[name='stages.1.quotas.0.limit']"
SAVE = "button[name=do][value=save]"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_share_is_changed_tried_saved_and_taken_back(visit: Visit, script: bool) -> None:
    visitor = await visit("admin", java_script_enabled=script)
    page = visitor.page
    await visitor.go("/routing")
    before = await page.input_value(SHARE)
    version = int((await page.inner_text(SAVE)).rsplit(" ", 1)[1])

    await page.fill(SHARE, "90")
    if script:
        await expect(page.locator("#percent-sum")).to_have_text("126 %")
    visitor.forgive("status of 422")
    await page.click("button[name=do][value=try]")
    await expect(page.get_by_role("alert")).to_contain_text("Сумма долей 126 %")
    assert await page.input_value(SHARE) == "90"

    await page.fill(SHARE, "30")
    await page.fill("#f-note", "Больше звонков столице")
    await page.click("button[name=do][value=try]")
    trial = page.locator(".trial")
    await expect(trial).to_contain_text("Проверка на последних звонках")
    await expect(trial.locator("tbody tr").first).to_be_visible()
    assert await page.input_value("#f-note") == "Больше звонков столице"

    await page.click(SAVE)
    await expect(page.get_by_role("status").filter(has_text=f"Версия {version} сохранена")).to_be_visible()
    newest = page.locator(".versions > li").first
    await expect(newest).to_contain_text(f"{before} % → 30 %")
    await expect(newest).to_contain_text("Больше звонков столице")

    await page.locator(".versions > li").nth(1).get_by_role("button", name="Вернуть эту версию").click()
    await expect(newest).to_contain_text(f"Возврат к версии {version - 1}")
    assert await page.input_value(SHARE) == before
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_what_if_explains_a_night_call(visit: Visit) -> None:
    visitor = await visit("supervisor")
    page = visitor.page
    await visitor.go("/routing/what-if")
    await page.fill("#f-from", "8 (916) 000-12-34")
    await page.select_option("#f-to", value="+74950001001")
    await page.fill("#f-at", "2026-03-08")
    await page.fill("[name=at-clock]", "3")
    await page.get_by_role("button", name="Показать").click()
    await expect(page.locator("#call-why")).to_contain_text("Регион: Москва")
    await expect(page.locator("ol.steps li").last).to_contain_text("Дежурный")
