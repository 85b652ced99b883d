"""Phone width, dark theme, keyboard."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.talks import Talk

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
LEAST_PX = 24
# WCAG 2.5.8 leaves out links inside a sentence; a tick box is as large as its label.
_TOO_SMALL = """least => [...document.querySelectorAll(
  "button, .btn, summary, select, textarea, label.form-check, .period, .chip, .tab, .side-link, .row-link, "
  + ".player-download, [role=slider], input:not([type=hidden]):not([type=checkbox]):not([type=radio])")]
  .filter(it => it.checkVisibility({ visibilityProperty: true }) && !it.closest(".visually-hidden"))
  .map(it => [it, it.getBoundingClientRect()])
  .filter(([it, box]) => box.width > 0 && box.right > 0 && Math.min(box.width, box.height) < least - 0.01)
  .map(([it, box]) => `${it.tagName}.${it.className} «${it.textContent.trim().slice(0, 30)}» ${box.width}x${box.height}`)"""


def _pages(talk: Talk) -> dict[str, str]:
    return {
        "journal": "/calls",
        "call": f"/calls/{talk.call_id}",
        "order": f"/orders/{talk.order_number}",
        "orders": "/orders",
        "customer": f"/customers/{talk.customer_id}",
        "desk": f"/desk/calls/{talk.call_id}",
    }


async def _is_wider_than_the_screen(page: Page) -> list[str]:
    """Names of elements that stick out at the right."""
    return await page.evaluate(
        """() => document.scrollingElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
        .filter(it => it.getBoundingClientRect().right > innerWidth + 1).map(it => `${it.tagName}.${it.className}`)"""
    )


async def test_pages_fit_a_phone_and_can_be_touched(visit: Visit, talk: Talk) -> None:
    visitor = await visit("operator", **PHONE)
    wrong = {}
    for name, path in _pages(talk).items():
        await visitor.go(path)
        if name in ("call", "order", "customer"):
            await expect(visitor.page.locator("[data-player].is-drawn").first).to_be_visible()
        if found := await _is_wider_than_the_screen(visitor.page):
            wrong[f"{name}: wider than the screen"] = found[:10]
        if found := await visitor.page.evaluate(_TOO_SMALL, LEAST_PX):
            wrong[f"{name}: too small to touch"] = sorted(set(found))
    dealer = await visit("dealer", **PHONE)  # his top bar holds most
    for path in ("/transfers", "/efficiency"):
        await dealer.go(path)
        if found := await _is_wider_than_the_screen(dealer.page):
            wrong[f"{path} of a dealer: wider than the screen"] = found[:10]
    assert not wrong, wrong
    await visitor.page.locator(".bar-menu").click()
    await visitor.page.locator("nav#nav").get_by_role("link", name="Звонки", exact=True).click()
    await expect(visitor.page).to_have_url(re.compile(r"/calls$"))


async def _lightness(page: Page) -> float:
    """0 black … 255 white, of the page's ground."""
    colour = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    parts = [float(part) for part in re.findall(r"[\d.]+", colour)][:3]
    return sum(parts) / 3


async def test_dark_follows_the_system_and_a_choice_is_kept(visit: Visit, talk: Talk) -> None:
    visitor = await visit("operator", color_scheme="dark")
    page = visitor.page
    for path in _pages(talk).values():
        await visitor.go(path)
        assert await _lightness(page) < 70
    await page.get_by_role("button", name="Светлая тема").click()
    assert await _lightness(page) > 200
    await visitor.go("/calls")
    assert await _lightness(page) > 200
    await expect(page.get_by_role("button", name="Светлая тема")).to_have_attribute("aria-pressed", "true")


async def test_the_keyboard_searches_goes_and_opens_rows(visit: Visit) -> None:
    visitor = await visit("operator")
    page = visitor.page
    await visitor.go("/orders")
    await page.keyboard.press("/")
    await expect(page.locator("[data-focus-key]")).to_be_focused()
    await page.keyboard.type("gc")
    await expect(page.locator("[data-focus-key]")).to_have_value("gc")
    await page.locator("[data-focus-key]").blur()
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await expect(page).to_have_url(re.compile(r"/calls$"))
    rows = page.locator("tr[data-href]")
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        await page.keyboard.press(key)
        await expect(rows.nth(place)).to_be_focused()
    address = await rows.nth(1).get_attribute("data-href")
    await page.keyboard.press(" ")
    await expect(page.locator("#panel[open]")).to_contain_text("Открыть звонок")
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel[open]")).to_have_count(0)
    await rows.nth(1).focus()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(re.escape(address or "?") + "$"))
    await page.keyboard.press("?")
    await expect(page.locator("#keys[open]")).to_contain_text("Звонки")
