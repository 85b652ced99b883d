"""The FastAGI server: one connection, one request, one answer, within a deadline.

Every connection is alone: whatever one of them does (half a head, a megabyte, silence, leaving) it is one task with its
own limits, and the others do not notice. Whenever the answer is not whole, DL_ROUTED is not said and the
dialplan takes its own branch.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from callcore.asterisk.agi.protocol import (
    AgiConnection,
    AgiEvent,
    AgiProtocolError,
    AgiRequest,
    CommandAnswered,
    RouteReply,
    reply_commands,
)
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner

_log = get_logger(__name__)
_CHUNK_BYTES: Final = 16 * 1024
_CLOSE_LIMIT_S: Final = 1.0

# Must not wait: it decides in memory. Its exception means «no plan».
Handler = Callable[[AgiRequest], RouteReply]


@dataclass(frozen=True, slots=True)
class AgiSettings:
    """`decide_limit_s` runs from the end of the head to the last answered command."""

    host: str = "127.0.0.1"
    port: int = 4573
    decide_limit_s: float = 0.3
    read_limit_s: float = 5.0
    max_connections: int = 200


class _Left(Exception):
    """The peer closed, hung up or refused a command: there is nobody to answer."""


class AgiServer:
    """Counters are plain attributes, read by whoever publishes metrics."""

    def __init__(self, handler: Handler, settings: AgiSettings) -> None:
        self._handler = handler
        self._settings = settings
        self._tasks = TaskOwner("agi")
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.answered = 0  # whole answers, DL_ROUTED included
        self.failed = 0  # the handler raised, or its answer cannot be said
        self.late = 0  # not whole within decide_limit_s
        self.left = 0  # the caller or the PBX went away in the middle
        self.malformed = 0  # no AGI, too long, or too slow with its head
        self.refused = 0  # over max_connections
        self.decide_s_sum = 0.0  # of answered requests, from the end of the head

    @property
    def active(self) -> int:
        return len(self._serving)

    @property
    def port(self) -> int:
        """The port in use; settings may say 0 for any."""
        assert self._server is not None, "not started"
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(
            self._accept, self._settings.host, self._settings.port, limit=_CHUNK_BYTES
        )

    async def close(self, grace_s: float = 2.0) -> None:
        """Take no new requests, let the present ones finish, cut what is left after `grace_s`."""
        if self._server is None:
            return
        self._server.close()
        if self._serving:
            await asyncio.wait(self._serving, timeout=grace_s)
        await self._tasks.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), _CLOSE_LIMIT_S)
        self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.active >= self._settings.max_connections:
            self.refused += 1
            writer.transport.abort()
            return
        task = self._tasks.spawn("request", self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _Peer(reader, writer)
        try:
            async with asyncio.timeout(self._settings.read_limit_s):
                request = await peer.request()
        except (AgiProtocolError, TimeoutError) as exc:
            self.malformed += 1
            _log.info("not an agi request", reason=str(exc) or "too slow")
            writer.transport.abort()
        except _Left:
            self.left += 1
        else:
            await self._answer(request, peer)
        finally:
            await _close(writer)

    async def _answer(self, request: AgiRequest, peer: "_Peer") -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        deadline = begun + self._settings.decide_limit_s
        try:
            commands = reply_commands(self._handler(request))
        except Exception:  # noqa: BLE001 - a border: a failure is the fallback of one call, not the end of the server
            self.failed += 1
            _log.exception("no route could be given", call_id=request.call_id, script=request.script)
            return
        try:
            # A handler that took too long has spent the limit already: say nothing at all.
            if loop.time() >= deadline:
                raise TimeoutError
            async with asyncio.timeout_at(deadline):
                for command in commands:
                    await peer.command(command)
        except TimeoutError:
            self.late += 1
            _log.warning(
                "the route came too late", call_id=request.call_id, took_s=round(loop.time() - begun, 3)
            )
        except (_Left, AgiProtocolError) as exc:
            self.left += 1
            _log.info("the caller left before the route", call_id=request.call_id, reason=str(exc))
        else:
            self.answered += 1
            self.decide_s_sum += loop.time() - begun


class _Peer:
    """One Asterisk at the other end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._connection = AgiConnection()
        self._events: list[AgiEvent] = []

    async def request(self) -> AgiRequest:
        event = await self._next()
        if not isinstance(event, AgiRequest):
            raise AgiProtocolError("the head did not come first")
        return event

    async def command(self, line: bytes) -> None:
        """Send one command and wait for its success; raises _Left for anything else."""
        self._writer.write(line)
        event = await self._next()
        if not (isinstance(event, CommandAnswered) and event.is_success):
            raise _Left(f"{event}")

    async def _next(self) -> AgiEvent:
        while not self._events:
            try:
                data = await self._reader.read(_CHUNK_BYTES)
            except ConnectionError as exc:
                raise _Left("reset") from exc
            if not data:
                raise _Left("closed")
            self._events += self._connection.receive(data)
        return self._events.pop(0)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), _CLOSE_LIMIT_S)
