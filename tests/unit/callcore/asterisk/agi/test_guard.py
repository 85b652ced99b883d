"""A decision that does not end holds no caller."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from callcore.asterisk.agi import AgiRequest, AgiServer, AgiSettings, RouteReply
from callcore.asterisk.agi.server import Handler
from callcore.kernel.event_loop import new_loop
from tests.fakes.agi_client import ask

pytestmark = pytest.mark.unit

Loop = Callable[[], asyncio.AbstractEventLoop]


@contextmanager
def serving(handler: Handler, make_loop: Loop) -> Iterator[AgiServer]:
    """On a loop and a thread of its own, as in a process of its own: the handler may block."""
    loop, server = make_loop(), AgiServer(handler, AgiSettings(port=0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, new_loop])
async def test_the_line_is_closed_while_we_still_think(make_loop: Loop) -> None:
    """So that the script can carry the call; the next caller is answered."""
    ended = threading.Event()

    def handler(request: AgiRequest) -> RouteReply:
        if request.call_id == "stuck":
            _ = ended.wait(10)
        return RouteReply((("DL_STEPS", "1"),))

    with serving(handler, make_loop) as server:
        try:
            begun = time.monotonic()
            assert await ask(server.port, agi_arg_1="stuck") == []
            assert time.monotonic() - begun < 0.6, "300 ms, and what a busy machine adds"
            ended.set()
            assert (await ask(server.port))[-1] == ("DL_ROUTED", "1")
            async with asyncio.timeout(2):  # counted in its own thread, after the line is closed
                while server.answered != 1:  # noqa: ASYNC110 - another thread
                    await asyncio.sleep(0)
            assert server.late == 1
        finally:
            ended.set()
