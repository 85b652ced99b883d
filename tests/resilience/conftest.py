"""One whole installation for all tests of this folder; each test leaves telephones as they were and no channel."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.installation.office import Office, open_office


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with open_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest_asyncio.fixture(loop_scope="session")
async def office(opened: Office) -> AsyncIterator[Office]:
    yield opened
    await opened.tidy()
