"""A missed call becomes a task under the dealer's eyes, is taken and closed; its number never reaches the browser."""

import re

import pytest
from playwright.async_api import expect

from dialplans.plan import Behaviour
from tests.e2e.conftest import Visit
from tests.e2e.test_live_link import Wire
from tests.installation.office import Office, until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

NUMBER = "+79160000787"


async def test_missed_call_is_worked_through_without_reload(office: Office, visit: Visit) -> None:
    dealer = await visit("dealer")
    page = dealer.page
    await dealer.go_live("/tasks")
    badge = page.locator("[data-badge='/tasks/badge']")
    await expect(page.locator("[data-badge='/tasks/badge'][title]")).to_have_count(1)  # its number has come
    before = int(await badge.inner_text() or 0)
    unheard, wire = await visit("dealer"), Wire()
    await wire.tap(unheard)
    await unheard.go("/tasks")
    await office.behave(tuple(office.dealer_keys), Behaviour.NO_ANSWER)
    calling = await office.call(NUMBER)

    async def rings_at_the_dealer() -> bool:
        lines = (await office.channels()).splitlines()
        return any(
            line.startswith(f"PJSIP/{office.dealer_keys[0]}-") and "!Ringing!" in line for line in lines
        )

    await until("the dealer's phone rings", rings_at_the_dealer)
    await office.stand.carrier.hang_up(calling)
    await until("the journal has the call", lambda: office.ended_call_of(NUMBER))

    row = await until(
        "the task is there", lambda: office.rows("SELECT * FROM tasks WHERE caller_number = ?", NUMBER)
    )
    card = page.locator(f"[data-task='{row[0]['id']}']")
    await expect(card).to_contain_text("Пропущенный звонок")
    await expect(card).to_contain_text("никто не взял")
    await expect(badge).to_have_text(str(before + 1))
    await expect(page.locator("[data-badge='/notices/badge']")).to_have_text(re.compile(r"^\d+$"))

    late = unheard.page.locator(f"[data-task='{row[0]['id']}']")
    await expect(late).to_have_count(0)
    wire.may_open.set()
    await expect(late).to_contain_text("Пропущенный звонок")

    await page.keyboard.press("j")
    await expect(page.locator("article[data-href]").first).to_be_focused()
    await card.get_by_role("button", name="Взять").click()
    await expect(card).not_to_contain_text("никто не взял")
    await card.locator("summary", has_text="Позвонили").click()
    await card.get_by_label("Не дозвонились").check()
    await card.get_by_label("Комментарий").fill("занято")
    await card.get_by_role("button", name="Закрыть задачу").click()
    await expect(page.locator(".notice-success")).to_contain_text("Задача закрыта")
    await expect(card).to_have_count(0)
    await expect(badge).to_have_text(str(before) if before else "")
    tail = NUMBER[-7:]
    assert tail not in re.sub(r"\D", "", await page.content())
    assert not [frame for frame in dealer.frames if tail in frame]
    assert any('"task"' in frame for frame in dealer.frames)
    await page.get_by_role("button", name="Вернуть").click()
    await expect(page.locator("h1")).to_have_text("Пропущенный звонок: перезвонить")
