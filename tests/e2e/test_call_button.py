"""The button's whole life with real telephones: a press, a double click, the states on the page, the talk, the number that opens,
the status that may be set."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from sqlite3 import Row

import pytest
from playwright.async_api import Locator, expect

from dialplans.plan import Behaviour
from tests.e2e.conftest import Visit
from tests.e2e.talks import OwnPhone
from tests.installation.office import Office, until
from web.ui.formats import phone as shown_phone

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PROVEN_S = 3
# Every state of the box, in the order in which the page showed them.
NOTE_STATES = """
addEventListener("DOMContentLoaded", () => {
  window.callStates = [];
  new MutationObserver(() => {
    const state = document.querySelector("[data-attempt]")?.dataset.state;
    if (state && window.callStates.at(-1) !== state) window.callStates.push(state);
  }).observe(document.body, { childList: true, subtree: true });
});
"""


@asynccontextmanager
async def at_any_hour(office: Office) -> AsyncIterator[None]:
    """Customers may be called now, and a short talk proves."""
    kept = office.rows("SELECT value FROM settings WHERE key = 'calls'")
    hours = {"from_minute": 0, "until_minute": 1440, "callback_from_minute": 0, "callback_until_minute": 1440}
    value = {"proven_talk_s": PROVEN_S, **hours}
    office.write(
        "INSERT OR REPLACE INTO settings (key, value, version, at) VALUES ('calls', ?, 1, '2026-01-01 00:00:00.000000')",
        json.dumps(value),
    )
    try:
        yield
    finally:
        office.write("DELETE FROM settings WHERE key = 'calls'")
        assert not kept


def orders_of_dealer(office: Office, condition: str = "1 = 1") -> list[Row]:
    """Taken by the dealer whose telephones ring here, and not over."""
    return office.rows(
        f"""SELECT o.number, k.value AS phone FROM orders o
        JOIN customer_contacts k ON k.customer_id = o.customer_id AND k.kind = 'phone' AND k.is_main
        JOIN dids d ON d.org_id = o.org_id AND d.number = ?
        WHERE o.status_class != 'closed' AND o.kind = 'order' AND o.deleted_at IS NULL AND {condition}
        ORDER BY o.id""",
        office.did,
    )


UNREACHED = """o.status = 'accepted' AND o.contacted_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.caller_number = k.value AND c.talk_s >= 3)"""


async def choose_phone(office: Office, box: Locator, behaviour: Behaviour) -> None:
    """One of the person's telephones that are on, and what it does when it rings."""
    await expect(box.locator("select")).to_be_visible()
    options = box.locator("select option")
    values = [await one.get_attribute("value") or "" for one in await options.all()]
    known = await office.stand.carrier.behaviours()
    mine = next(key for key in values if key and known[key] is not Behaviour.UNREGISTERED)
    await office.behave((mine,), behaviour)
    await box.locator("select").select_option(mine)


async def test_a_press_rings_us_then_the_customer_and_the_talk_opens_the_number(
    office: Office, visit: Visit
) -> None:
    order, *_ = orders_of_dealer(office, UNREACHED)
    address, digits = f"/orders/{order['number']}", order["phone"][-7:]
    async with at_any_hour(office):
        visitor = await visit("dealer")
        page = visitor.page
        await visitor.context.add_init_script(NOTE_STATES)
        await visitor.go_live(address)
        customer, box = page.locator("#customer"), page.locator("[data-press-box]")
        await expect(customer).to_contain_text("[скрыт]")
        await expect(customer).to_contain_text(f"Номер откроется после разговора от {PROVEN_S} секунд")
        assert digits not in re.sub(r"\D", "", await page.content())
        await choose_phone(office, box, Behaviour.ACCEPT)
        await office.behave((order["phone"],), Behaviour.NO_ANSWER)
        await box.get_by_role("button", name="Позвонить клиенту").dblclick()
        await expect(box).to_have_attribute("data-state", "dialling", timeout=30_000)
        await expect(box).to_contain_text("Звоним клиенту")
        await OwnPhone(office, "customer").pick_up()
        await expect(box).to_have_attribute("data-state", "talking")
        await expect(box).to_contain_text("Разговор")
        await expect(box.locator("[data-talk-s]")).to_have_text(re.compile(r"0[0-9]:0[45678]"))
        await box.get_by_role("button", name="Прервать").click()
        await expect(box).to_contain_text("Поговорили")
        states = await page.evaluate("window.callStates")
        assert states[-1] == "ended"
        assert set(states) >= {"ours", "dialling", "talking"}
        assert states == sorted(states, key=["made", "sent", "ours", "dialling", "talking", "ended"].index)
        await expect(customer).to_contain_text(shown_phone(order["phone"]), timeout=30_000)
        assert await office.stand.carrier.calls_to(order["phone"]) == 1
        assert (
            len(
                office.rows(
                    "SELECT id FROM call_attempts WHERE number = ? AND key LIKE 'press:%'", order["phone"]
                )
            )
            == 1
        )
        assert not [frame for frame in visitor.frames if digits in frame]

        async def is_proven() -> list[Row]:
            proven = "SELECT id FROM orders WHERE number = ? AND contacted_at IS NOT NULL"
            return office.rows(proven, order["number"])

        await until("the talk is a proof", is_proven)
        await visitor.go(address)
        await page.locator("#f-status-status").select_option(label="Обработан")
        await page.get_by_role("button", name="Перевести").click()
        await expect(page.locator("#state")).to_contain_text("был разговор")
        assert (
            office.rows("SELECT status FROM orders WHERE number = ?", order["number"])[0]["status"]
            == "processed"
        )


async def test_the_button_works_without_script(office: Office, visit: Visit) -> None:
    order = orders_of_dealer(office)[-1]
    async with at_any_hour(office):
        visitor = await visit("dealer", java_script_enabled=False)
        page = visitor.page
        await visitor.go(f"/orders/{order['number']}")
        await page.locator("#customer").get_by_role("link", name="Позвонить клиенту").click()
        await choose_phone(office, page.locator("[data-press-box]"), Behaviour.NO_ANSWER)
        await page.get_by_role("button", name="Позвонить клиенту").click()
        await expect(page).to_have_url(re.compile(r"/press/out-"))

        async def is_ringing() -> bool:
            await page.get_by_role("link", name="Обновить").click()
            return await page.get_by_text("Возьмите трубку").is_visible()

        await until("our phone rings", is_ringing)
        async with page.expect_navigation():
            await page.get_by_role("button", name="Прервать").click()

        async def is_over() -> bool:
            _ = await page.reload()
            return await page.get_by_text("Вы прервали звонок").is_visible()

        await until("the call is given up", is_over)
        assert await office.stand.carrier.calls_to(order["phone"]) == 0
