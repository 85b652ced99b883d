"""The FastAGI server beside the main loop."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable

import pytest

from callcore.asterisk.agi import AgiRequest, AgiSettings, RouteReply
from callcore.asterisk.agi import thread as agi_thread
from callcore.asterisk.agi.thread import AgiThread
from callcore.bootstrap.event_loop import new_loop
from tests.fakes.agi_client import ask, head
from tests.fakes.polling import until

pytestmark = pytest.mark.unit

PLAN = (("DL_STEPS", "1"), ("DL_STEP_1_KEYS", "p12"))


def plan(_: AgiRequest) -> RouteReply:
    return RouteReply(PLAN)


@pytest.fixture(params=[asyncio.new_event_loop, new_loop], ids=["asyncio", "installed"])
async def started(request: pytest.FixtureRequest) -> AsyncIterator[AgiThread]:
    agi = AgiThread(plan, AgiSettings(port=0), request.param)
    await agi.start()
    yield agi
    await agi.close()


def _ask_at_once(port: int) -> bytes:
    """From another thread, without any loop."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        sock.sendall(head())
        said = b""
        while part := sock.recv(4096):
            said += part
    return said


async def test_a_blocked_main_loop_does_not_keep_a_caller_waiting(started: AgiThread) -> None:
    answers: list[bytes] = []
    asking = threading.Thread(target=lambda: answers.append(_ask_at_once(started.server.port)))
    asking.start()
    asking.join(5)  # the main loop stands still all the while
    assert answers == [b'EXEC MSet "DL_STEPS=1,DL_STEP_1_KEYS=p12,DL_ROUTED=1"\n']


async def test_a_main_loop_that_does_not_come_round_is_not_spoken_for(
    started: AgiThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await ask(started.server.port) == [*PLAN, ("DL_ROUTED", "1")]
    monkeypatch.setattr(agi_thread, "STALE_S", -1.0)
    assert await ask(started.server.port) == []
    await until(lambda: started.server.failed == 1)


@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, new_loop])
async def test_a_decision_that_does_not_end_holds_no_caller(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """The line is closed while our thread still thinks, so that the script can carry the call; the next caller is answered."""
    ended = threading.Event()

    def handler(request: AgiRequest) -> RouteReply:
        if request.call_id == "stuck":
            _ = ended.wait(10)
        return RouteReply(PLAN)

    agi = AgiThread(handler, AgiSettings(port=0), make_loop)
    await agi.start()
    try:
        begun = time.monotonic()
        assert await ask(agi.server.port, agi_arg_1="stuck") == []
        assert time.monotonic() - begun < 0.6, "300 ms, and what a busy machine adds"
        ended.set()
        assert (await ask(agi.server.port))[-1] == ("DL_ROUTED", "1")
        async with asyncio.timeout(2):  # counted in its own thread, after the line is closed
            while agi.server.answered != 1:  # noqa: ASYNC110 - another thread
                await asyncio.sleep(0)
        assert agi.server.late == 1
    finally:
        ended.set()
        await agi.close()


async def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        agi = AgiThread(plan, AgiSettings(port=taken.getsockname()[1]))
        with pytest.raises(OSError, match="in use"):
            await agi.start()
        await agi.close()


async def test_after_a_stop_nobody_listens_and_no_thread_is_left() -> None:
    agi = AgiThread(plan, AgiSettings(port=0))
    await agi.start()
    port = agi.server.port
    begun = time.monotonic()
    await asyncio.wait_for(agi.close(), 5)
    assert time.monotonic() - begun < 2
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)
    assert not any(one.name == "agi" for one in threading.enumerate())
