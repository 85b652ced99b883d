"""From the overview to the calls behind a figure, over the map to a region, and a number that is added and switched off."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.talks import Talk

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
NUMBER = "8 (495) 000-77-41"


async def test_a_leader_lands_on_the_overview_and_goes_to_the_calls(visit: Visit, talk: Talk) -> None:
    visitor = await visit("supervisor")
    page = visitor.page
    await visitor.go_live("/")
    await expect(page).to_have_url(re.compile(r"/overview$"))
    await expect(page.locator(f".rungs li a[href*='{talk.call_id}']")).to_have_count(1)
    figure = page.locator("a.stat", has_text="Отвечено")
    count = int(await figure.locator(".stat-value").inner_text())
    assert count >= 1
    await figure.click()
    await expect(page).to_have_url(re.compile("status=taken"))
    await expect(page.locator(f"tr[data-call='{talk.call_id}']")).to_be_visible()
    assert await page.locator("tr[data-call]").count() == min(count, 25)


@pytest.mark.parametrize("options", [{}, PHONE, {"color_scheme": "dark"}], ids=["wide", "phone", "dark"])
async def test_pages_fit_and_the_map_works_by_keyboard(visit: Visit, options: dict[str, object]) -> None:
    visitor = await visit("admin", **options)
    page = visitor.page
    for path in ("/overview", "/map?by=calls", "/dids", "/dids/1", "/map/RU-SVE"):
        await visitor.go(path)
        assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), path
    await visitor.go("/map?show=bare")
    area = page.locator("a.area[href='/map/RU-SVE']")
    await expect(area).to_have_attribute("aria-label", re.compile(r"Свердловская область: .*готовы сейчас"))
    await area.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Свердловская область")
    await expect(page.locator("#call-why")).to_contain_text("Кого рассмотрим и почему")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_number_is_added_changed_and_switched_off(visit: Visit, script: bool) -> None:
    visitor = await visit("manufacturer", java_script_enabled=script)
    page = visitor.page
    await visitor.go("/dids")
    await page.get_by_role("link", name="Добавить номер").first.click()
    await page.fill("#f-number", "+7 495 000-10-01")
    await page.fill("#f-label", "Ярмарка")
    await page.check("input[name=whose][value=caller]")
    visitor.forgive("status of 422")
    await page.get_by_role("button", name="Добавить номер").click()
    await expect(page.locator("#e-number")).to_contain_text("уже есть в списке")
    assert await page.input_value("#f-label") == "Ярмарка"
    await page.fill("#f-number", f"{NUMBER}" if script else NUMBER.replace("41", "42"))
    await page.get_by_role("button", name="Добавить номер").click()
    await expect(page.get_by_role("status").filter(has_text="Номер добавлен")).to_be_visible()
    await page.fill("#f-greeting", "Здравствуйте, это ярмарка")
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.get_by_role("status").filter(has_text="Сохранено")).to_be_visible()
    await expect(page.locator(".heard").first).to_contain_text("«Здравствуйте, это ярмарка»")
    await page.get_by_role("switch", name="Номер работает").click()
    await expect(page.get_by_role("status").filter(has_text="номер выключен")).to_be_visible()
    await page.get_by_role("button", name="Вернуть").click()
    await expect(page.get_by_role("status").filter(has_text="снова работает")).to_be_visible()
