"""The FastAGI server on a thread and a loop of its own: a caller does not wait while the journal is written or a page made.

The main loop beats once a second. When it has not for some seconds, whoever asks here is refused: what the application
knows is then old, nobody writes the journal, and the script beside the PBX carries the call.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from callcore.asterisk.agi.protocol import AgiRequest, RouteReply
from callcore.asterisk.agi.server import AgiServer, AgiSettings, Handler
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.tasks import TaskOwner, every

BEAT_S: Final = 1.0
STALE_S: Final = 5.0
_END_S: Final = 5.0


class AgiThread:
    """The handler runs in the server's thread, and so does what a reply does afterwards."""

    def __init__(
        self,
        handler: Handler,
        settings: AgiSettings,
        new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
    ) -> None:
        self.server = AgiServer(self._answer, settings)
        self._handler = handler
        self._new_loop = new_loop
        self._tasks = TaskOwner("agi")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._beaten = time.monotonic()

    async def start(self) -> None:
        """From the main loop. Raises OSError when the port is taken."""
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="agi", daemon=True)
        self._thread.start()
        await asyncio.wrap_future(started)
        _ = self._tasks.spawn("beat", every(BEAT_S, self._beat))

    async def close(self, grace_s: float = 2.0) -> None:
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._loop = None
        closing = asyncio.run_coroutine_threadsafe(self.server.close(grace_s), loop)
        await asyncio.wrap_future(closing)
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join, _END_S)
        await self._tasks.close()

    def _run(self, started: Future[None]) -> None:
        loop = self._new_loop()
        try:
            loop.run_until_complete(self.server.start())
        except BaseException as error:  # noqa: BLE001 - told to whoever starts us
            loop.close()
            started.set_exception(error)
            return
        self._loop = loop
        started.set_result(None)
        try:
            loop.run_forever()
        finally:
            loop.close()

    async def _beat(self) -> None:
        self._beaten = time.monotonic()

    def _answer(self, request: AgiRequest) -> RouteReply:
        if time.monotonic() - self._beaten > STALE_S:
            raise NotAllowedNow("application-stuck", "the application does not come round")
        return self._handler(request)
