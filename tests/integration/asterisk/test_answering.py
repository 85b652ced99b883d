"""Callers are answered by a process of their own: a busy application costs them nothing, a dead one answers nobody."""

import asyncio
import os
import signal
import socket
import sys
import textwrap
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import psutil
import pytest

from callcore.asterisk.agi.server import AgiSettings
from callcore.asterisk.answering import application_side
from callcore.asterisk.answering.application_side import AnsweringProcess, Knowledge
from callcore.asterisk.answering.messages import Decided
from callcore.routing.given import with_given
from callcore.routing.live import Live
from tests.fakes import network
from tests.fakes.agi_client import ask, head
from tests.fakes.network import SITE_MOSCOW
from tests.fakes.polling import until

pytestmark = pytest.mark.integration

CALL = {"agi_arg_2": SITE_MOSCOW.removeprefix("+")}
FIRST = ("DL_STEP_1_KIND", "outlet")


class World:
    """What an application would keep."""

    def __init__(self) -> None:
        places = (network.outlet(10, 2, hours=network.ALWAYS), network.outlet(11, 3, hours=network.ALWAYS))
        self.snapshot = network.snapshot(outlets=places)
        self.live = Live()
        self.told: list[Decided] = []
        self.process = AnsweringProcess(
            AgiSettings(port=0),
            Knowledge(lambda: self.snapshot, lambda: self.live, dict),
            self.hear,
        )

    def hear(self, told: Decided) -> None:
        self.told.append(told)
        self.live = with_given(self.live, (told.given,))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.process.start()
    yield world
    await world.process.close()


def _ask_without_a_loop(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(head(**CALL))
        said = line.recv(4096)
        line.sendall(b"200 result=0\n")
        assert line.recv(4096) == b""
    return said


async def test_the_life_of_a_process(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[bytes] = []
    asking = threading.Thread(target=lambda: answers.append(_ask_without_a_loop(world.process.port)))
    asking.start()
    asking.join(60)  # our loop stands still all the while
    assert b"DL_STEP_1_KIND=outlet" in answers[0]
    await until(lambda: len(world.told) == 1)

    world.live = Live(unreachable=frozenset({"p20", "p21", "p22"}))
    async with asyncio.timeout(60):
        while FIRST in await ask(world.process.port, **CALL):
            pass
    assert [told.number for told in world.told] == list(range(1, len(world.told) + 1))

    assert world.process.is_answering
    before, port = world.process.pid, world.process.port
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await until(lambda: not world.process.is_answering)
    await until(lambda: world.process.pid not in (None, before), limit_s=60)
    await until(lambda: world.process.port != port, limit_s=60)  # any port: another one
    said = await ask(world.process.port, **CALL)
    assert ("DL_ROUTED", "1") in said
    assert FIRST not in said

    monkeypatch.setattr(application_side, "BEAT_S", 0.01)
    frozen = world.process.pid
    assert frozen is not None
    os.kill(frozen, signal.SIGSTOP)
    await until(lambda: world.process.pid not in (None, frozen), limit_s=60)
    assert not psutil.pid_exists(frozen)


async def test_one_that_cannot_be_told_is_replaced(world: World) -> None:
    first, port, live = world.process.pid, world.process.port, world.live
    world.live = cast("Live", None)  # what nobody can tell
    await until(lambda: world.process.pid != first)
    world.live = live
    await until(lambda: world.process.port != port)  # any port: another one, told once it answers
    assert FIRST in await ask(world.process.port, **CALL)


async def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        world = World()
        process = AnsweringProcess(
            AgiSettings(port=taken.getsockname()[1]),
            Knowledge(lambda: world.snapshot, lambda: world.live, dict),
            world.hear,
        )
        with pytest.raises(OSError, match="in use"):
            await process.start()
        await process.close()


async def started(program: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(program),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )


APPLICATION = """
    import asyncio, sys
    from tests.integration.asterisk.test_answering import World

    async def main():
        world = World()
        await world.process.start()
        print(world.process.port, world.process.pid, flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
"""


async def test_a_dead_application_answers_nobody() -> None:
    application = await started(APPLICATION)
    try:
        assert application.stdout is not None
        async with asyncio.timeout(60):
            port, pid = (int(word) for word in (await application.stdout.readline()).split())
        assert FIRST in await ask(port, **CALL)
        application.kill()
        await application.wait()
        await until(lambda: not psutil.pid_exists(pid), limit_s=60)
        with pytest.raises(OSError):
            await ask(port, **CALL)
    finally:
        if application.returncode is None:
            application.kill()
        await application.wait()


GIVING_WAY = """
    import asyncio, os, signal, psutil
    from callcore.kernel.priority import give_way
    from tests.fakes.polling import until
    from tests.integration.asterisk.test_answering import World

    def both(world):
        print('nice', psutil.Process().nice(), psutil.Process(world.process.pid).nice(), flush=True)

    async def main():
        world = World()
        await world.process.start()
        both(world)
        first = world.process.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: world.process.pid not in (None, first))
        both(world)
        await world.process.close()

    give_way()
    asyncio.run(main())
"""


async def test_the_application_gives_way_to_whoever_answers_callers() -> None:
    application = await started(GIVING_WAY)
    said, _ = await application.communicate()
    usual = psutil.Process().nice()
    told = [line.split()[1:] for line in said.decode().splitlines() if line.startswith("nice ")]
    assert told == [[str(max(10, usual)), str(usual)]] * 2  # the second after the first was killed
