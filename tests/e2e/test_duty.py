"""The supervisor sees a gap in the roster and closes it, makes a week, and ends an operator's pause."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from callcore.kernel.clock import SystemClock
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


def monday_ahead(weeks: int) -> datetime:
    today = SystemClock().now().astimezone(UTC)
    return today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)


async def test_a_week_is_made_and_a_gap_is_closed(visit: Visit) -> None:
    visitor = await visit("supervisor")
    page = visitor.page
    await visitor.go("/duty")
    gaps = page.locator(".gap-list li")
    await expect(gaps.first).to_contain_text("звонки пойдут на резерв")
    for _ in range(await gaps.count()):
        await gaps.first.get_by_role("button", name="Закрыть окно").click()
        await expect(page.get_by_role("status").filter(has_text="Окно закрыто")).to_be_visible()
    await expect(gaps).to_have_count(0)

    monday = monday_ahead(5)
    await visitor.go(f"/duty?week={monday:%Y-%m-%d}")
    await expect(page.locator(".nothing-title")).to_have_text("На этой неделе смен нет")
    await page.get_by_role("link", name="Составить на неделю").click()
    await page.select_option("#f-phone-1", index=1)
    await page.get_by_role("button", name="Показать, что получится").click()
    await expect(page.locator(".notice-title")).to_contain_text(re.compile(r"Будет записано: 7\s"))
    await page.get_by_role("button", name="Записать", exact=True).click()
    await expect(page.get_by_role("status").filter(has_text="Записано")).to_be_visible()
    await expect(page.locator("a.piece-shift")).to_have_count(13)  # seven nights, cut at midnight


async def test_a_pause_in_the_top_bar(visit: Visit) -> None:
    visitor = await visit("operator")
    page = visitor.page
    await visitor.go("/calls")
    await page.locator("#pause-bar summary").click()
    await page.locator("#pause-bar .pause-row", has_text="совещание").get_by_role("button", name="30").click()
    await expect(page.locator("#pause-bar .pause-on")).to_contain_text("совещание")
    supervisor = await visit("supervisor")
    await supervisor.go("/pause")
    row = supervisor.page.locator(".pause-people li", has_text="совещание")
    await row.get_by_role("button", name="Вернуть на линию").click()
    await expect(row).to_have_count(0)
    await visitor.go("/calls")
    await expect(page.locator("#pause-bar summary")).to_be_visible()
