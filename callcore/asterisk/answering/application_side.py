"""The application's half: starts the process that answers callers, tells it what it decides by, and hears what it decided.

Theory of operation. One task (`_keep`) lives through one process after another. A process begins with all that is known, then
hears what has changed, a tenth of a second after it did; each second it is asked for a sign of life. One that gives none
for long is ended: meanwhile the PBX hangs up by its own clock and the script beside it carries the calls.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from callcore.asterisk.agi.server import AgiSettings
from callcore.asterisk.answering.differences import news_of
from callcore.asterisk.answering.ear import Ear
from callcore.asterisk.answering.messages import (
    Beat,
    Begin,
    Close,
    Decided,
    LiveNews,
    Network,
    Open,
    Ready,
    Refused,
    Ways,
    pack,
)
from callcore.kernel.logs import get_logger
from callcore.kernel.priority import unhindered
from callcore.kernel.tasks import TaskOwner
from callcore.outbound.masked_way import MaskedWay
from callcore.routing.known import RoutingSnapshot
from callcore.routing.live import Live
from callcore.routing.numbering import EMPTY_PLAN, NumberingPlan

TELL_S: Final = 0.1
BEAT_S: Final = 1.0
MOST_UNANSWERED: Final = 10  # beats
READY_S: Final = 60.0  # a cold start on a busy machine
CLOSE_S: Final = 4.0
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
_PROCESS: Final = "callcore.asterisk.answering.process"
_ROOT: Final = Path(__file__).resolve().parents[3]
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What it decides by, asked in the loop's thread: each gives the same object until something changes."""

    snapshot: Callable[[], RoutingSnapshot | None]
    live: Callable[[], Live]
    ways: Callable[[], Mapping[tuple[str, str], MaskedWay]]


class AnsweringProcess:
    """`hear` is told of each decision, in order, and must not wait; what it does to `knowledge.live` counts from then on."""

    def __init__(
        self,
        agi: AgiSettings,
        knowledge: Knowledge,
        hear: Callable[[Decided], object],
        *,
        log_level: str = "info",
        log_style: str = "console",
    ) -> None:
        self._begin = Begin(agi, log_level, log_style)
        self._knowledge = knowledge
        self._hear = hear
        self._tasks = TaskOwner("answering")
        self._child: _Child | None = None
        self.port = agi.port

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    @property
    def is_answering(self) -> bool:
        """Also of one that is silent, until it is ended."""
        return self._child is not None and self._child.is_open

    async def prepare(self) -> None:
        """Let it load while the application reads its own."""
        self._child = await _Child.spawn(self._begin)

    async def start(self) -> None:
        """Returns when callers are answered. Raises OSError when the port is taken."""
        if self._child is None:
            await self.prepare()
        await self._open()
        _ = self._tasks.spawn("keep", self._keep())

    async def close(self) -> None:
        """New calls go to the fallback from now on; present requests are finished."""
        await self._tasks.close()
        child, self._child = self._child, None
        if child is not None:
            await child.close()

    async def _open(self) -> None:
        assert self._child is not None, "not prepared"
        try:
            self.port = await self._child.open(self._knowledge, self._hear)
        except BaseException:
            child, self._child = self._child, None
            await child.kill()
            raise

    async def _keep(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            if self._child is not None:
                reason = await self._child.ended()
                child, self._child = self._child, None
                await child.kill()
                _log.error("the process that answers callers has ended; another one begins", reason=reason)
            await asyncio.sleep(pause_s)
            try:
                await self.prepare()
                await self._open()
            except Exception as error:  # noqa: BLE001 - whatever it was, callers must be answered again
                _log.error("callers cannot be answered, trying again", error=str(error), pause_s=pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            else:
                pause_s = FIRST_PAUSE_S


def _start(descriptors: tuple[int, int]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, "-m", _PROCESS, *map(str, descriptors)),
        stdin=subprocess.DEVNULL,
        pass_fds=descriptors,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )


class _Child:
    """One process from its first line to its end."""

    def __init__(self, process: subprocess.Popen[bytes], mouth: asyncio.StreamWriter) -> None:
        self._process = process
        self._writer = mouth
        self._tasks = TaskOwner("answering-process")
        self._ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._hear: Callable[[Decided], object] = lambda _: None
        self._ear: Ear | None = None
        self._unanswered = 0
        self._heard = 0

    @classmethod
    async def spawn(cls, begin: Begin) -> "_Child":
        ours, theirs_to_read = socket.socketpair()
        our_ear, theirs_to_write = socket.socketpair()
        with theirs_to_read, theirs_to_write:
            descriptors = (theirs_to_read.fileno(), theirs_to_write.fileno())
            # callers come before all else that we do
            process = await unhindered(lambda: _start(descriptors))
        _, mouth = await asyncio.open_connection(sock=ours)
        child = cls(process, mouth)
        loop = asyncio.get_running_loop()
        _, child._ear = await loop.create_connection(lambda: Ear(child._take, child._lose), sock=our_ear)
        child._writer.write(pack(begin))
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_open(self) -> bool:
        return self._ready.done() and self._ready.exception() is None and not self._ended.done()

    async def open(self, knowledge: Knowledge, hear: Callable[[Decided], object]) -> int:
        """-> the port. Raises OSError, and TimeoutError for one that does not come."""
        self._hear = hear
        told = await self._tell_news(knowledge, _Told())
        self._writer.write(pack(Open()))
        async with asyncio.timeout(READY_S):
            port = await asyncio.shield(self._ready)
        _ = self._tasks.spawn("tell", self._keep_telling(knowledge, told))
        _ = self._tasks.spawn("beat", self._beat())
        return port

    async def ended(self) -> str:
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        self._writer.write(pack(Close()))
        try:
            _ = await asyncio.to_thread(self._process.wait, CLOSE_S)
        except subprocess.TimeoutExpired:
            _log.warning("the process that answers callers did not end by itself")
        await self.kill()

    async def kill(self) -> None:
        await self._tasks.close()
        self._writer.close()
        if self._ear is not None:
            self._ear.close()
        self._process.kill()
        _ = await asyncio.to_thread(self._process.wait)

    # --- what it says

    def _lose(self, reason: str) -> None:
        self._end(f"exit code {self._process.poll()}, {reason}")

    def _take(self, message: Any) -> None:
        if isinstance(message, Decided):
            self._heard = message.number
            try:
                self._hear(message)
            except Exception:  # noqa: BLE001 - a border: whoever keeps count must not end the talk
                _log.exception("decision not noted", call_id=message.fact.call_id)
        elif isinstance(message, Beat):
            self._unanswered = 0
        elif isinstance(message, Ready):
            self._ready.set_result(message.port)
        elif isinstance(message, Refused):
            self._ready.set_exception(OSError(message.errno, message.reason))

    def _end(self, reason: str) -> None:
        if not self._ready.done():
            self._ready.set_exception(OSError(reason))
        if not self._ended.done():
            self._ended.set_result(reason)

    # --- what it is told

    async def _keep_telling(self, knowledge: Knowledge, told: "_Told") -> None:
        try:
            while True:
                await asyncio.sleep(TELL_S)
                told = await self._tell_news(knowledge, told)
        except ConnectionError as error:
            self._end(type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one that hears nothing new must not go on answering
            _log.exception("the process that answers callers cannot be told")
            self._end(f"cannot be told: {error}")

    async def _tell_news(self, knowledge: Knowledge, told: "_Told") -> "_Told":
        """In this order: hours and places first, then who is free."""
        snapshot = knowledge.snapshot()
        if snapshot is not None and snapshot is not told.snapshot:
            numbering = snapshot.numbering if snapshot.numbering is not told.numbering else None
            bare = replace(snapshot, numbering=EMPTY_PLAN)
            self._writer.write(await asyncio.to_thread(pack, Network(bare, numbering)))
            told = replace(told, snapshot=snapshot, numbering=snapshot.numbering)
        ways = knowledge.ways()
        if ways is not told.ways and ways != told.ways:
            self._writer.write(pack(Ways(ways)))
        live, heard = knowledge.live(), self._heard
        if live is not told.live or heard != told.heard:
            self._writer.write(pack(LiveNews(news_of(told.live, live), heard)))
        await self._writer.drain()
        return replace(told, ways=ways, live=live, heard=heard)

    async def _beat(self) -> None:
        while True:
            if self._unanswered > MOST_UNANSWERED:
                self._end("no sign of life")
                return
            self._unanswered += 1
            self._writer.write(pack(Beat()))
            await asyncio.sleep(BEAT_S)


@dataclass(frozen=True, slots=True)
class _Told:
    """What one process knows already."""

    snapshot: RoutingSnapshot | None = None
    numbering: NumberingPlan | None = None
    ways: Mapping[tuple[str, str], MaskedWay] | None = None
    live: Live = Live()  # noqa: RUF009 - frozen
    heard: int = 0
