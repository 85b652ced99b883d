"""One whole installation and one Chromium for all browser tests; a fresh profile for every person of every test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.look import ARGS, CHROMIUM
from tests.e2e.talks import Talk, let_pick_up, recorded_talk
from tests.e2e.visitor import Visitor, a_visitor
from tests.installation.office import Office, open_office

Visit = Callable[..., Awaitable[Visitor]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with open_office(tmp_path_factory.mktemp("office")) as office:
        await let_pick_up(office)
        yield office


@pytest_asyncio.fixture(loop_scope="session")
async def office(opened: Office) -> AsyncIterator[Office]:
    yield opened
    await opened.tidy()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=30_000)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGS, "--autoplay-policy=no-user-gesture-required"]
        )
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(office: Office, browser: Browser) -> AsyncIterator[Visit]:
    """`await visit("operator")` opens a browser in which this person is signed in; an empty login is a stranger."""
    async with AsyncExitStack() as stack:

        async def enter(login: str = "", **options: object) -> Visitor:
            visitor = await stack.enter_async_context(a_visitor(office, browser, **options))
            if login:
                await visitor.sign_in(login)
            return visitor

        yield enter


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def talk(opened: Office) -> Talk:
    """A short talk of a new customer with the dealer, over and recorded; for tests that only look at it."""
    return await recorded_talk(opened)
