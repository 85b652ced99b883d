"""The FastAGI server: one connection, one request, one answer, within a deadline.

Every connection is alone: whatever one of them does (half a head, a megabyte, silence, leaving) it has its own limits, and
the others do not notice. Whenever the answer is not whole, DL_ROUTED is not said and the dialplan takes its own branch.

Theory of operation. The caller waits for every turn of the conversation, so there are as few as can be: our writing side
is closed together with the last command, and the PBX, once it has obeyed, goes on without asking us again. Its answer is
read for the counters only.

    HEAD      -- request -->            ANSWERING -- last answer -->      (closed, answered)
    any state -- deadline, hang-up, refusal, garbage -->                  (closed, counted as such)
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

from callcore.asterisk.agi.guard import DecisionGuard
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

_log = get_logger(__name__)
_CLOSE_LIMIT_S: Final = 1.0

# Must not wait: it decides in memory. Its exception means «no plan».
Handler = Callable[[AgiRequest], RouteReply]


@dataclass(frozen=True, slots=True)
class AgiSettings:
    """`decide_limit_s` runs from the end of the head to the last command; `read_limit_s` is for the head, and for the PBX's
    word that it has obeyed."""

    host: str = "127.0.0.1"
    port: int = 4573
    decide_limit_s: float = 0.3
    read_limit_s: float = 5.0
    max_connections: int = 200


class AgiServer:
    """Counters are plain attributes, read by whoever publishes metrics."""

    def __init__(self, handler: Handler, settings: AgiSettings) -> None:
        self.handler = handler
        self.settings = settings
        self.serving: set[_Request] = set()
        self.guard = DecisionGuard(settings.decide_limit_s)
        self._server: asyncio.Server | None = None
        self._idle = asyncio.Event()
        self.answered = 0  # whole answers, DL_ROUTED included
        self.failed = 0  # the handler raised, or its answer cannot be said
        self.late = 0  # not whole within decide_limit_s
        self.left = 0  # the caller or the PBX went away in the middle
        self.malformed = 0  # no AGI, too long, or too slow with its head
        self.refused = 0  # over max_connections
        self.decide_s_sum = 0.0  # of answered requests, from the end of the head

    @property
    def active(self) -> int:
        return len(self.serving)

    @property
    def port(self) -> int:
        """The port in use; settings may say 0 for any."""
        assert self._server is not None, "not started"
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Request(self),
            self.settings.host,
            self.settings.port,
            backlog=self.settings.max_connections,
        )
        self.guard.start()

    async def close(self, grace_s: float = 2.0) -> None:
        """Take no new requests, let the present ones finish, cut what is left after `grace_s`."""
        if self._server is None:
            return
        self.guard.close()
        self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                while self.serving:
                    self._idle.clear()
                    await self._idle.wait()
        for request in tuple(self.serving):
            request.abort()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), _CLOSE_LIMIT_S)
        self._server = None

    def over(self, request: "_Request") -> None:
        self.serving.discard(request)
        if not self.serving:
            self._idle.set()


class _Request(asyncio.Protocol):
    """One Asterisk at the other end of one connection."""

    def __init__(self, server: AgiServer) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._connection = AgiConnection()
        self._transport: asyncio.Transport | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._request: AgiRequest | None = None
        self._reply: RouteReply | None = None
        self._commands: list[bytes] = []
        self._begun = 0.0
        self._is_counted = False

    # --- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        server = self._server
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are of no class of asyncio
        if server.active >= server.settings.max_connections:
            server.refused += 1
            self._is_counted = True
            self._transport.abort()
            return
        server.serving.add(self)
        self._clock = self._loop.call_later(server.settings.read_limit_s, self._too_slow)

    def data_received(self, data: bytes) -> None:
        if self._is_counted:
            return
        try:
            for event in self._connection.receive(data):
                self._hear(event)
        except AgiProtocolError as error:
            self._broken(str(error))

    def eof_received(self) -> bool:
        """False: nobody is there any more, close."""
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        if self._clock is not None:
            self._clock.cancel()
        if not self._is_counted:
            self._left("closed")
        self._server.over(self)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # --- the conversation

    def _hear(self, event: AgiEvent) -> None:
        if self._is_counted:
            return
        if isinstance(event, AgiRequest):
            self._answer(event)
        elif isinstance(event, CommandAnswered) and event.is_success:
            self._say_next()
        else:
            self._left(f"{event}")

    def _answer(self, request: AgiRequest) -> None:
        loop, server = self._loop, self._server
        self._request, self._begun = request, loop.time()
        assert self._transport is not None
        server.guard.begin(self._transport.get_extra_info("socket").fileno())
        try:
            reply = server.handler(request)
            self._commands, self._reply = reply_commands(reply), reply
        except Exception:  # noqa: BLE001 - a border: a failure is the fallback of one call, not the end of the server
            _ = server.guard.end()
            server.failed += 1
            _log.exception("no route could be given", call_id=request.call_id, script=request.script)
            self._end()
            return
        if not server.guard.end() or loop.time() >= self._begun + server.settings.decide_limit_s:
            self._late()  # the limit is spent already: say nothing at all
        else:
            self._wait(server.settings.decide_limit_s)
            self._say_next()

    def _wait(self, seconds: float) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._clock = self._loop.call_later(seconds, self._late)

    def _afterwards(self) -> None:
        """Only of an answer that the PBX has taken: whoever was frozen answers calls that have gone another way."""
        assert self._reply is not None
        try:
            self._reply.afterwards()
        except Exception:  # noqa: BLE001 - the answer is on its way: whoever keeps count must not cost the caller his plan
            _log.exception("decision not noted")

    def _say_next(self) -> None:
        assert self._transport is not None
        if not self._commands:
            self._server.answered += 1
            self._server.decide_s_sum += self._loop.time() - self._begun
            self._end()
            self._afterwards()
            return
        self._transport.write(self._commands.pop(0))
        if not self._commands:
            self._transport.write_eof()
            self._wait(self._server.settings.read_limit_s)  # all is said: nobody waits for us any more

    # --- ends

    def _too_slow(self) -> None:
        if not self._is_counted:
            self._broken("too slow")

    def _broken(self, reason: str) -> None:
        """Garbage instead of the head is no request; garbage after it is a PBX that went astray."""
        if self._request is not None:
            self._left(reason)
            return
        self._server.malformed += 1
        _log.info("not an agi request", reason=reason)
        self._end(at_once=True)

    def _late(self) -> None:
        if self._is_counted:
            return
        self._server.late += 1
        _log.warning(
            "the route came too late",
            call_id=self._request.call_id if self._request is not None else "",
            took_s=round(self._loop.time() - self._begun, 3),
        )
        self._end()

    def _left(self, reason: str) -> None:
        self._server.left += 1
        if self._request is not None:
            _log.info("the caller left before the route", call_id=self._request.call_id, reason=reason)
        self._end()

    def _end(self, *, at_once: bool = False) -> None:
        self._is_counted = True
        if self._transport is not None:
            if at_once:
                self._transport.abort()
            else:
                self._transport.close()
