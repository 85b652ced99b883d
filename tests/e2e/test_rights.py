"""A dealer sees the own calls and no others, and of a customer's number only what may be shown."""

import re

import pytest
from playwright.async_api import Error, Response, expect

from dialplans.plan import Behaviour
from tests.e2e.conftest import Visit
from tests.e2e.talks import Talk, talk_of
from tests.e2e.test_journal import all_ids, ids_since
from tests.e2e.visitor import Visitor
from tests.installation.office import Office, until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

DEALER, STRANGER = "dealer", "owner.spb"


def _below(office: Office, slug_login: str) -> tuple[str, str]:
    """A condition on calls: those of this person's organisation and of all below it."""
    path = office.rows(
        "SELECT o.path FROM users u JOIN organizations o ON o.id = u.org_id WHERE u.email LIKE ?",
        f"{slug_login}@%",
    )[0]["path"]
    return "org_id IN (SELECT id FROM organizations WHERE path LIKE ?)", f"{path}%"


async def test_a_dealer_sees_exactly_the_own_calls(office: Office, visit: Visit, talk: Talk) -> None:
    condition, value = _below(office, DEALER)
    visitor = await visit(DEALER)
    await visitor.go("/calls?period=7d")
    shown = await all_ids(visitor.page)
    assert shown == ids_since(office, 7, condition, value)
    assert talk.call_id in shown
    assert len(shown) < len(ids_since(office, 7)), "others have calls too"
    assert await visitor.page.locator("#f-org option").all_inner_texts() != []


async def test_another_dealer_finds_neither_the_call_nor_its_recording_nor_its_order(
    visit: Visit, talk: Talk
) -> None:
    owner, stranger = await visit(DEALER), await visit(STRANGER)
    for path in (f"/calls/{talk.call_id}", f"/orders/{talk.order_number}", f"/customers/{talk.customer_id}"):
        await owner.go(path)
        await stranger.go(path, status=404)
        await expect(stranger.page.locator("h1")).to_have_text("Такой страницы нет")
    for path in ("audio", "audio?download=1", "waveform.json"):
        address = f"/recordings/{talk.recording_id}/{path}"
        assert (await owner.context.request.get(address)).status == 200
        assert (await stranger.context.request.get(address)).status == 404
    for part in ("row", "preview", "live", "recordings", "technical"):
        answer = await stranger.context.request.get(f"/calls/{talk.call_id}?fragment={part}")
        assert answer.status == 404


class Wire:
    """Everything that came to one browser: addresses, headers, bodies, frames, names of files."""

    def __init__(self, visitor: Visitor) -> None:
        self.texts: list[str] = []
        self._visitor = visitor
        self._coming = 0
        self._lost: list[str] = []
        visitor.page.on("websocket", lambda socket: socket.on("framereceived", self._on_frame))
        visitor.page.on("response", self._on_response)

    def _on_frame(self, data: str | bytes) -> None:
        self.texts.append(str(data))

    async def _on_response(self, answer: Response) -> None:
        """Bodies are read at once, for the browser forgets them with their page; one that is forgotten already is asked
        for again. Of sound and style only the head counts."""
        self.texts.append(f"{answer.url} {answer.headers}")
        if re.match("text/html|application/json|text/plain", answer.headers.get("content-type", "")):
            self._coming += 1
            try:
                self.texts.append(await answer.text())
            except Error:
                await self._ask_again(answer.url)
            finally:
                self._coming -= 1

    async def _ask_again(self, address: str) -> None:
        """What comes when the test has ended and its browser goes is nobody's loss; before that `read` tells of it."""
        try:
            await self.fetch(address)
        except Error:
            self._lost.append(address)

    async def go(self, path: str) -> None:
        """One more page, with all that it fetches by itself."""
        await self._visitor.go(path)
        await self._visitor.page.wait_for_load_state("networkidle")
        await self.read()

    async def read(self) -> None:
        await until("all bodies are read", lambda: self._coming == 0)
        assert self._lost == []

    async def fetch(self, path: str) -> None:
        self.texts.append(await (await self._visitor.context.request.get(path)).text())

    def holding(self, number: str) -> list[str]:
        """Texts that hold the number in whatever spelling: only digits are looked at."""
        digits = number[-10:]
        return [text for text in self.texts if digits in re.sub(r"\D", "", text)]


async def _walk(visitor: Visitor, talk: Talk) -> Wire:
    """Every page on which this customer stands, in whole and in parts, and the download."""
    wire = Wire(visitor)
    call, order = f"/calls/{talk.call_id}", f"/orders/{talk.order_number}"
    for path in ("/calls", "/orders", "/customers", f"/customers/{talk.customer_id}", f"{order}/print"):
        await wire.go(path)
    for part in ("row", "preview", "live", "recordings", "technical"):
        await wire.fetch(f"{call}?fragment={part}")
    for part in ("preview", "timeline"):
        await wire.fetch(f"{order}?fragment={part}")
    for path in ("/desk", f"/desk/calls/{talk.call_id}", order, call):
        await wire.go(path)
    async with visitor.page.expect_download() as told:
        await visitor.page.locator(".player-download").click()
    download = await told.value
    assert download.suggested_filename.endswith(".mp3")
    wire.texts += [download.suggested_filename, download.url]
    return wire


async def test_a_hidden_number_is_nowhere_on_the_wire(office: Office, visit: Visit) -> None:
    number = "+79160900771"
    first, *others = office.dealer_keys
    await office.behave(tuple(others), Behaviour.BUSY)
    dealer, staff = await visit(DEALER), await visit("supervisor")
    live = Wire(dealer)
    await dealer.go_live("/calls")
    calling = await office.call(number, talk_s=3, caller_name=f"Ирина {number}")
    await dealer.page.locator("#fresh a").click()
    row = dealer.page.locator("tr[data-call]").first
    await expect(row).to_contain_text("+7 916 [скрыт]")
    assert (await office.over(calling)).startswith("ANSWER")
    await expect(row).to_contain_text("Отвечен")
    talk = await talk_of(office, number, office.tone_of(first))

    await live.read()
    walked = await _walk(dealer, talk)
    await expect(dealer.page.locator("#call-facts .tel-hidden")).to_contain_text("+7 916 [скрыт]")
    assert len(live.texts) > 3
    assert any(talk.call_id in text and '"ended"' in text for text in live.texts)
    assert live.holding(number) == []
    assert walked.holding(number) == []
    assert len((await _walk(staff, talk)).holding(number)) > 5, "the same walk of the staff does show it"

    await dealer.go(f"/calls?number={number[-4:]}")
    await expect(dealer.page.locator("tr[data-call]")).to_have_count(0)
    await dealer.go(f"/orders?q={number[-6:]}")
    await expect(dealer.page.locator("tr[data-href]")).to_have_count(0)


async def test_a_proven_talk_opens_the_number_to_the_dealer_who_had_it(office: Office, visit: Visit) -> None:
    number = "+79160000772"
    first, *others = office.dealer_keys
    await office.behave(tuple(others), Behaviour.BUSY)
    await office.over(await office.call(number, talk_s=11.5))
    talk = await talk_of(office, number, office.tone_of(first))
    assert talk.talk_s >= 10
    dealer = await visit(DEALER)
    wire = Wire(dealer)
    await wire.go(f"/calls/{talk.call_id}")
    assert wire.holding(number)
