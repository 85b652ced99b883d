"""One PBX and one carrier for all tests of a worker; each test gets telephones as new and must leave no channel."""

import os
from pathlib import Path

import pytest
import pytest_asyncio

from callcore.asterisk.embedded import find_or_install
from callcore.asterisk.voice.install import find_or_install_voice
from tests.pbx.lab import answering, listening, running_lab

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def asterisk_build():
    return find_or_install(
        Path(os.environ.get("DEALERLINE_CACHE", CHECKOUT / "var/cache")) / "asterisk", print
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(asterisk_build, tmp_path_factory):
    async with running_lab(asterisk_build, tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
async def lab(running):
    """Telephones behave as the plan says again afterwards, and both sides are silent."""
    yield running
    now = await running.customers.behaviours()
    for phone in running.customers.plan.phones:
        if now[phone.name] is not phone.behaviour:
            await running.customers.set_behaviour(phone.name, phone.behaviour)
    await running.carrier.cli("database deltree think")
    await running.carrier.cli("database deltree ear")
    await running.quiet()


@pytest.fixture
async def ear(lab):
    async with listening(lab) as ear:
        yield ear


@pytest.fixture
async def application(lab):
    async with answering(lab) as application:
        yield application


@pytest.fixture(scope="session")
def voice():
    """The embedded voice, installed when nobody has done it before."""
    cache = Path(os.environ.get("DEALERLINE_CACHE", CHECKOUT / "var/cache")) / "voice"
    return find_or_install_voice(cache, print, system=lambda: None)
