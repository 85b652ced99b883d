"""The process that answers callers: FastAGI, decisions in memory, and nothing else to do.

    python -m callcore.asterisk.answering.process <descriptor to read> <descriptor to write>

Theory of operation. The loop belongs to callers. A thread reads what the application says and replaces what is known. What the
application must know of a decision waits in the socket. When the application has ended, so have we: the PBX is refused
and its script carries the call. When it stands still, whoever asks is refused, too: what is known is then old, and nobody
writes the journal.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import replace
from typing import Any, Final

from callcore.asterisk.agi.protocol import AgiRequest, RouteReply
from callcore.asterisk.agi.server import AgiServer
from callcore.asterisk.answering.answer import CallAnswerer
from callcore.asterisk.answering.messages import (
    HEAD,
    Beat,
    Begin,
    Close,
    LiveNews,
    Network,
    Open,
    Ready,
    Refused,
    Ways,
    pack,
    unpack,
)
from callcore.kernel.clock import SystemClock
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.event_loop import new_loop
from callcore.kernel.garbage import set_aside
from callcore.kernel.logs import configure_logs, get_logger
from callcore.kernel.tasks import TaskOwner, every
from callcore.routing.numbering import EMPTY_PLAN, NumberingPlan

STALE_S: Final = 5.0  # without a beat
SWITCH_S: Final = 0.0001  # so long a caller waits for the thread that reads; Python's own 5 ms would be the most of an answer
LOOK_AHEAD_S: Final = 5.0
MOST_UNREAD_BYTES: Final = 16 << 20
_log = get_logger(__name__)


class AnsweringSide:
    """`telling` is written by the loop's thread alone; `hear` is called by the thread that reads."""

    def __init__(self, begin: Begin) -> None:
        self.answerer = CallAnswerer(SystemClock(), self.tell)
        self.server = AgiServer(self._answer, begin.agi)
        self.opened, self.closing = asyncio.Event(), asyncio.Event()
        self.telling: asyncio.WriteTransport | None = None
        self.is_closing = False
        self._loop = asyncio.get_running_loop()
        self._numbering: NumberingPlan = EMPTY_PLAN
        self._beaten = time.monotonic()

    def tell(self, message: object) -> None:
        """An application that does not read must not fill our memory."""
        assert self.telling is not None
        if self.telling.get_write_buffer_size() > MOST_UNREAD_BYTES:
            return
        self.telling.write(pack(message))

    def hear(self, message: Any) -> None:
        if isinstance(message, LiveNews):
            self.answerer.learn_live(message.changes, message.heard)
        elif isinstance(message, Beat):
            self._beaten = time.monotonic()
            self._loop.call_soon_threadsafe(self.tell, message)
        elif isinstance(message, Network):
            self._numbering = message.numbering or self._numbering
            self.answerer.learn_network(replace(message.snapshot, numbering=self._numbering))
        elif isinstance(message, Ways):
            self.answerer.learn_ways(message.ways)
        elif isinstance(message, Open):
            self._loop.call_soon_threadsafe(self.opened.set)
        elif isinstance(message, Close):
            self.is_closing = True
            self._loop.call_soon_threadsafe(self.closing.set)
            self._loop.call_soon_threadsafe(self.opened.set)

    def _answer(self, request: AgiRequest) -> RouteReply:
        if time.monotonic() - self._beaten > STALE_S:
            raise NotAllowedNow("application-stuck", "the application does not come round")
        return self.answerer.answer(request)


async def _serve(begin: Begin, told: socket.socket, telling: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    side = AnsweringSide(begin)
    telling.setblocking(False)
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=telling)
    side.telling = transport
    threading.Thread(target=_listen, args=(told, side), name="application", daemon=True).start()
    await side.opened.wait()
    if side.is_closing:
        return
    set_aside()
    try:
        await side.server.start()
    except OSError as error:
        side.tell(Refused(error.errno or 0, str(error)))
    else:
        side.tell(Ready(side.server.port))
        tasks = TaskOwner("answering")
        _ = tasks.spawn("ahead", every(LOOK_AHEAD_S, _ahead(side)))
        await side.closing.wait()
        await tasks.close()
        await side.server.close()
    transport.close()
    await asyncio.sleep(0)


def _ahead(side: AnsweringSide) -> Any:
    async def look() -> None:
        await asyncio.to_thread(side.answerer.look_ahead)

    return look


def _listen(told: socket.socket, side: AnsweringSide) -> None:
    """Ends with the application: nobody may be answered for one that is gone."""
    try:
        while (message := _read(told)) is not None:
            side.hear(message)
    except Exception:  # noqa: BLE001 - a border: half a word is no word, a new process begins anew
        _log.exception("the application cannot be understood")
    if not side.is_closing:
        os._exit(1)


def _read(told: socket.socket) -> Any:
    """None at the end."""
    head = _exactly(told, HEAD.size)
    if head is None:
        return None
    body = _exactly(told, HEAD.unpack(head)[0])
    return None if body is None else unpack(body)


def _exactly(told: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        try:
            part = told.recv(min(count - len(parts), 1 << 20))
        except ConnectionError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the application, it ends us
    sys.setswitchinterval(SWITCH_S)
    told, telling = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    begin = _read(told)
    if not isinstance(begin, Begin):
        return
    configure_logs(begin.log_level, "json" if begin.log_style == "json" else "console")
    loop = new_loop()
    try:
        loop.run_until_complete(_serve(begin, told, telling))
    finally:
        loop.close()


if __name__ == "__main__":
    main()
