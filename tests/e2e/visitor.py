"""One person in front of a browser of one's own, and everything that this browser complained of."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from callcore.stand.seeding import demo_logins
from tests.installation.office import Office, until

MAIL = "@demo.dealerline.example"
# Every state word of the live link, in the order in which the page showed them.
_NOTE_STATES = """
addEventListener("DOMContentLoaded", () => {
  const mark = document.querySelector("[data-live]");
  if (!mark) return;
  const note = () => (window.linkWords ??= []).push(mark.textContent.trim());
  note();
  new MutationObserver(note).observe(mark, { childList: true, subtree: true });
});
"""


class Visitor:
    """`complaints` fails the test that does not `forgive` them: page errors, console errors (refusals of the security
    policy among them), answers 5xx."""

    def __init__(self, office: Office, context: BrowserContext, page: Page) -> None:
        self.office = office
        self.context = context
        self.page = page
        self.frames: list[str] = []
        self._complaints: list[str] = []
        self._forgiven: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._complaints.append(f"page error: {error}"))
        page.on("response", self._on_response)
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda told: self.frames.append(str(told)))
        )

    def _on_console(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self._complaints.append(f"{said.text} ({said.location.get('url', '')})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self._complaints.append(f"{response.status} {response.url}")

    def forgive(self, pattern: str) -> None:
        """Complaints like this one are what the test is about."""
        self._forgiven.append(pattern)

    @property
    def complaints(self) -> list[str]:
        return [one for one in self._complaints if not any(re.search(p, one) for p in self._forgiven)]

    async def sign_in(self, login: str) -> None:
        """By the form's own address; the form itself has its own test."""
        answer = await self.context.request.post(
            "/sign-in", form={"email": login + MAIL, "password": password(self.office)}, max_redirects=0
        )
        assert answer.status == 303, answer.status

    async def go(self, path: str, status: int = 200) -> str:
        """Open a page and give its source."""
        if status >= 400:
            self.forgive(f"status of {status}")
        answer = await self.page.goto(path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return await answer.text()

    async def go_live(self, path: str) -> None:
        """Open a page and wait for its live link to greet: from here on no news can be missed."""
        before = self._greetings()
        await self.go(path)
        await until("the live link greets", lambda: self._greetings() > before)

    def _greetings(self) -> int:
        return sum('"hello"' in frame for frame in self.frames)

    async def link_words(self) -> list[str]:
        return await self.page.evaluate("window.linkWords ?? []")


def password(office: Office) -> str:
    return demo_logins(office.stand.dirs)[0].password


@asynccontextmanager
async def a_visitor(office: Office, browser: Browser, **options: object) -> AsyncIterator[Visitor]:
    """A fresh profile. `options` are those of a playwright context: viewport, color_scheme, java_script_enabled."""
    settings = {"locale": "ru-RU", "viewport": {"width": 1366, "height": 860}} | options
    context = await browser.new_context(base_url=office.stand.address, **settings)
    context.set_default_timeout(30_000)
    await context.add_init_script(_NOTE_STATES)
    try:
        visitor = Visitor(office, context, await context.new_page())
        yield visitor
        assert not visitor.complaints, visitor.complaints
    finally:
        await context.close()
