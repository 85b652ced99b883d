"""The desk stays open while the application is restarted and while the link to the PBX is cut."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.talks import own_phone
from tests.e2e.test_desk import card_on, open_desk
from tests.installation.office import Office, until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

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
