"""A call from the journal's bar of news to its recording, and the same recording on the order and on the customer."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, Response, expect

from callcore.kernel.clock import SystemClock
from dialplans.plan import Behaviour
from tests.audio import is_heard
from tests.e2e.conftest import Visit
from tests.e2e.talks import CUSTOMER_HZ, RECORDING_LIMIT_S, Talk, talk_of
from tests.e2e.visitor import Visitor
from tests.installation.office import Office, until
from web.ui.formats import phone as shown_phone

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PLAYER = "[data-player].is-drawn"


async def _only_first_dealer_phone(office: Office) -> int:
    """All others are busy; gives the voice of the first."""
    first, *others = office.dealer_keys
    await office.behave(tuple(others), Behaviour.BUSY)
    return office.tone_of(first)


async def test_a_new_call_goes_from_the_bar_of_news_to_a_recording_that_plays(
    office: Office, visit: Visit, tmp_path: Path
) -> None:
    number, talk_s = "+79160000761", 8.0
    visitor = await visit("operator")
    page = visitor.page
    partial: list[Response] = []
    page.on("response", lambda answer: partial.append(answer) if answer.status == 206 else None)
    await visitor.go_live("/calls")
    voice = await _only_first_dealer_phone(office)
    calling = await office.call(number, talk_s=talk_s, tone_hz=CUSTOMER_HZ)

    await page.locator("#fresh").get_by_text("1 новый звонок — показать").click()
    row = page.locator("tr[data-call]").first
    await expect(row).to_contain_text(shown_phone(number))
    await expect(row).to_contain_text("Панельград")
    await row.locator("td").nth(4).click()
    await expect(page).to_have_url(re.compile(r"/calls/[^/?]+$"))
    await expect(page.locator("#call-head")).to_contain_text("Разговор")
    assert (await office.over(calling)).startswith("ANSWER")
    await expect(page.locator("#call-head")).to_contain_text("Отвечен")
    await expect(page.locator("#call-legs [role=listitem]")).to_have_count(3)
    await expect(page.locator("#call-legs")).to_contain_text("Салон, касса")
    why = page.locator("#call-why")
    await expect(why).to_contain_text("Кого пробовали и почему")
    await expect(why.locator("tr.why-in:has(td.why-mark)")).to_have_count(1 + 1)
    await expect(why).to_contain_text("Порядок попыток")
    await expect(page.locator("#call-story")).to_contain_text("Принял звонок")

    player = page.locator(PLAYER)
    await expect(player).to_be_visible(timeout=RECORDING_LIMIT_S * 1000)
    talk = await talk_of(office, number, voice)
    await _listen(page, player, talk)
    assert partial, "the browser asked for a range and got one"
    assert all("range" in answer.request.headers for answer in partial)
    await _both_are_heard(visitor, talk, tmp_path)


async def _listen(page: Page, player: Locator, talk: Talk) -> None:
    """Play, pause, and go to another place by a click on the waveform."""
    audio = player.locator("audio")

    async def current() -> float:
        return await audio.evaluate("it => it.currentTime")

    await player.locator("[data-play]").click()

    async def moves() -> bool:
        return await current() > 0.3

    await until("the recording plays", moves)
    duration = await audio.evaluate("it => it.duration")
    assert abs(duration - talk.talk_s) <= 1.5
    await expect(player.locator("[data-play]")).to_have_attribute("aria-pressed", "true")
    await player.locator("[data-play]").click()
    await expect(player.locator("[data-play]")).to_have_attribute("aria-pressed", "false")
    await expect(player.locator("[data-now]")).not_to_have_text("")

    for share in (0.75, 0.25):
        box = await player.locator("[data-wave]").bounding_box()
        assert box is not None
        await page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)

        async def is_there(wanted: float = share * duration) -> bool:
            return abs(await current() - wanted) < 0.4

        await until(f"the place is {share:.0%}", is_there)


async def _both_are_heard(visitor: Visitor, talk: Talk, folder: Path) -> None:
    address = f"/recordings/{talk.recording_id}/audio"
    whole = await visitor.context.request.get(address, headers={"Range": "bytes=0-"})
    middle = await visitor.context.request.get(address, headers={"Range": "bytes=1000-1999"})
    body = await whole.body()
    assert (whole.status, middle.status) == (206, 206)
    assert middle.headers["content-range"] == f"bytes 1000-1999/{len(body)}"
    assert await middle.body() == body[1000:2000]
    file = folder / "talk.mp3"
    file.write_bytes(body)
    assert is_heard(file, CUSTOMER_HZ, channel=0)
    assert is_heard(file, talk.voice_hz, channel=1)
    assert not is_heard(file, talk.voice_hz, channel=0)
    assert not is_heard(file, CUSTOMER_HZ, channel=1)


async def _ids(page: Page) -> list[str]:
    return await page.locator("tr[data-call]").evaluate_all("rows => rows.map(row => row.dataset.call)")


async def test_the_journal_is_filtered_by_number_status_and_period(
    office: Office, visit: Visit, talk: Talk
) -> None:
    visitor = await visit("supervisor")
    page = visitor.page
    await visitor.go("/calls")
    await page.fill("#f-number", talk.number[-4:])
    await page.get_by_role("button", name="Показать").click()
    await expect(page.locator(".chips")).to_contain_text(f"Номер: {talk.number[-4:]}")
    found = office.rows(
        "SELECT call_id FROM calls WHERE caller_number LIKE ? ORDER BY started_at DESC",
        f"%{talk.number[-4:]}",
    )
    assert talk.call_id in await _ids(page)
    assert await _ids(page) == [row["call_id"] for row in found]
    await page.locator(".chips a").first.click()
    await expect(page).to_have_url(re.compile(r"/calls$"))

    await page.select_option("#f-status", "missed")
    await page.get_by_role("button", name="Показать").click()
    await expect(page.locator(".chips")).to_contain_text("Итог: Пропущен")
    marks = await page.locator("tr[data-call] td:nth-child(5)").all_inner_texts()
    missed = office.rows("SELECT count(*) AS n FROM calls WHERE result = 'missed'")[0]["n"]
    assert len(marks) == min(25, missed) > 0
    assert {mark.strip() for mark in marks} == {"Пропущен"}

    await visitor.go("/calls")
    await page.get_by_role("link", name="7 дней").click()
    await expect(page.get_by_role("link", name="7 дней", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    assert await all_ids(page) == ids_since(office, days=7)


def ids_since(office: Office, days: int, condition: str = "1", *values: object) -> list[str]:
    """Calls since midnight of Moscow so many days back, today being one of them, newest first."""
    today = SystemClock().now().astimezone(ZoneInfo("Europe/Moscow")).date()
    first = datetime.combine(today - timedelta(days=days - 1), datetime.min.time(), ZoneInfo("Europe/Moscow"))
    rows = office.rows(
        f"SELECT call_id FROM calls WHERE started_at >= ? AND {condition} ORDER BY started_at DESC, id DESC",
        first.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        *values,
    )
    return [row["call_id"] for row in rows]


async def all_ids(page: Page) -> list[str]:
    """All pages of the open journal, by the link to the next one."""
    found = await _ids(page)
    following = page.locator(".pager a[rel=next]")
    while await following.count():
        address = await following.get_attribute("href")
        await page.goto(address or "")
        found += await _ids(page)
    return found


async def test_the_recording_stands_on_the_open_order_within_a_minute_and_on_the_customer(
    office: Office, visit: Visit
) -> None:
    number = "+79160000762"
    voice = await _only_first_dealer_phone(office)
    visitor = await visit("operator")
    page = visitor.page
    calling = await office.call(number, talk_s=4)
    row = await until("they talk", lambda: next(iter(office.calls_of(number)), None))
    order = await until(
        "the call has its request",
        lambda: office.rows(
            "SELECT o.number FROM orders o JOIN calls c ON c.order_id = o.id WHERE c.id = ?", row["id"]
        ),
    )
    await visitor.go_live(f"/orders/{order[0]['number']}")
    await expect(page.locator("#timeline [data-player]")).to_have_count(0)
    assert (await office.over(calling)).startswith("ANSWER")
    ended = time.monotonic()
    await expect(page.locator(f"#timeline {PLAYER}")).to_be_visible(timeout=60_000)
    assert time.monotonic() - ended <= 60
    talk = await talk_of(office, number, voice)
    assert await _waveforms(page) == [f"/recordings/{talk.recording_id}/waveform.json"]
    await page.locator(".defs a[href^='/customers/']").first.click()
    await expect(page.locator(PLAYER)).to_be_visible()
    assert await _waveforms(page) == [f"/recordings/{talk.recording_id}/waveform.json"]


async def _waveforms(page: Page) -> list[str]:
    return await page.locator("[data-player]").evaluate_all("all => all.map(one => one.dataset.waveform)")
