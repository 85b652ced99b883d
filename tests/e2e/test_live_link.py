"""The desk stays open while the application is restarted and while the link to the PBX is cut."""

import asyncio

import pytest
from playwright.async_api import Route, WebSocketRoute, expect

from tests.e2e.conftest import Visit
from tests.e2e.talks import Talk, own_phone
from tests.e2e.test_desk import card_on, open_desk
from tests.e2e.visitor import Visitor
from tests.installation.office import Office, until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

UP, DOWN, WAIT = "АТС на связи", "нет связи с АТС", "восстанавливаю связь…"


def _changes(words: list[str]) -> list[str]:
    return [word for number, word in enumerate(words) if number == 0 or words[number - 1] != word]


async def test_the_desk_comes_back_by_itself_after_a_restart_and_shows_the_call_that_rings_right_after(
    office: Office, visit: Visit
) -> None:
    number = "+79160000751"
    phone = await own_phone(office, "operator")
    visitor = await open_desk(visit)
    visitor.forgive("WebSocket connection to .* failed|ERR_CONNECTION_REFUSED")
    mark = visitor.page.locator("[data-live-text]")
    await expect(mark).to_have_text(UP)
    await office.stand.application.stop()
    await expect(mark).to_have_text(WAIT)
    await expect(visitor.page.locator("[data-desk-lost=wait]")).to_be_visible()
    await office.stand.application.start()
    calling = await office.call(number, to_did=office.operators_did, talk_s=2)
    await phone.rings_since()
    await expect(card_on(visitor)).to_have_attribute("data-moment", "ringing")
    await expect(mark).to_have_text(UP)
    await expect(visitor.page.locator("[data-desk-lost=wait]")).to_be_hidden()
    words = _changes(await visitor.link_words())
    assert (words[0], words[-1]) == (UP, UP)
    assert WAIT in words
    await phone.pick_up()
    await expect(card_on(visitor)).to_have_attribute("data-moment", "talking")
    assert (await office.over(calling)).startswith("ANSWER")


async def test_a_cut_link_to_the_pbx_is_told_and_its_return_too(office: Office, visit: Visit) -> None:
    visitor = await open_desk(visit)
    mark = visitor.page.locator("[data-live-text]")
    await expect(mark).to_have_text(UP)
    await office.cut_link()

    async def was_told() -> bool:
        return _changes(await visitor.link_words())[-2:] == [DOWN, UP]

    await until("the words were up, down, up", was_told)


class Wire:
    """Stands on the live link of one page: lets it open when told, passes on greetings alone, cuts it."""

    def __init__(self) -> None:
        self.may_open = asyncio.Event()
        self._link: WebSocketRoute | None = None

    async def tap(self, visitor: Visitor) -> None:
        await visitor.page.route_web_socket("**/live", self._join)

    async def _join(self, link: WebSocketRoute) -> None:
        await self.may_open.wait()
        self._link = link
        link.connect_to_server().on_message(lambda told: self._pass(link, str(told)))

    def _pass(self, link: WebSocketRoute, told: str) -> None:
        if '"hello"' in told:
            link.send(told)

    async def cut(self) -> None:
        assert self._link is not None
        await self._link.close()


async def test_news_that_were_lost_are_made_good_when_the_link_comes(office: Office, visit: Visit) -> None:
    """Between page and link, and while the link is away: the journal's row and the call's page catch up."""
    number = "+79160000752"
    phone = await own_phone(office, "operator")
    journal, page = await visit("supervisor"), await visit("supervisor")
    wire, late_wire = Wire(), Wire()
    wire.may_open.set()
    await wire.tap(journal)
    await late_wire.tap(page)
    calling = await office.call(number, to_did=office.operators_did, talk_s=60)
    await phone.rings_since()
    call = await until(
        "the journal knows that it rings",
        lambda: next((one for one in office.calls_of(number) if one["state"] == "ringing"), None),
    )
    await journal.go("/calls")
    await page.go(f"/calls/{call['call_id']}")
    row = journal.page.locator(f"tr[data-call='{call['call_id']}']")
    await phone.pick_up()
    await until("they talk", lambda: [one for one in office.calls_of(number) if one["state"] == "talking"])
    await office.stand.carrier.hang_up(calling)
    await until("the call is over", lambda: office.ended_call_of(number))
    await expect(row).to_contain_text("Вызов")
    await expect(page.page.locator("#call-head")).to_contain_text("Вызов")
    await wire.cut()
    late_wire.may_open.set()
    await expect(row).to_contain_text("Отвечен")
    await expect(page.page.locator("#call-head")).to_contain_text("Отвечен")


async def test_an_answer_that_comes_late_does_not_hide_a_newer_one(office: Office, visit: Visit) -> None:
    """The desk asks for all of its cards when the link comes; the call goes on before that answer is there."""
    number = "+79160000753"
    phone = await own_phone(office, "operator")
    calling = await office.call(number, to_did=office.operators_did, talk_s=30)
    await phone.rings_since()
    await until("it is known", lambda: [one for one in office.calls_of(number) if one["state"] == "ringing"])
    visitor = await visit("operator")
    is_answered, may_arrive = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        is_answered.set()
        await may_arrive.wait()
        await route.fulfill(response=answer)

    await visitor.page.route("**/desk/calls", hold)
    async with visitor.page.expect_response("**/desk/calls") as late:
        await visitor.go("/desk")
        await is_answered.wait()
        await expect(card_on(visitor)).to_have_attribute("data-moment", "ringing")
        await phone.pick_up()
        await expect(card_on(visitor)).to_have_attribute("data-moment", "talking")
        may_arrive.set()
    assert 'data-moment="ringing"' in await (await late.value).text()
    await visitor.page.wait_for_timeout(300)
    await expect(card_on(visitor)).to_have_attribute("data-moment", "talking")
    await office.stand.carrier.hang_up(calling)
    await expect(card_on(visitor)).to_have_attribute("data-moment", "ended")


async def test_all_parts_of_a_page_are_renewed_at_once(talk: Talk, visit: Visit) -> None:
    """None of them waits in the line of another, where a third would take its place."""
    visitor = await visit("supervisor")
    await visitor.go_live(f"/calls/{talk.call_id}")
    asked: set[str] = set()
    visitor.page.on("request", lambda request: asked.add(request.url.partition("fragment=")[2]))
    news = {"detail": {"call_id": talk.call_id, "what": "ended"}}
    await visitor.page.evaluate("news => dispatchEvent(new CustomEvent('live:call', news))", news)
    await until("three parts are asked for", lambda: {"live", "recordings", "technical"} <= asked, 10)
