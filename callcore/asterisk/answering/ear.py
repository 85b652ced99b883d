"""What the process that answers callers says, cut into messages."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from callcore.asterisk.answering.messages import HEAD, unpack
from callcore.kernel.event_loop import read_on_later

TOGETHER_S: Final = 0.1


class Ear(asyncio.Protocol):
    """It is not told of each message by itself: what comes in a tenth of a second is read together."""

    def __init__(self, take: Callable[[Any], None], end: Callable[[str], None]) -> None:
        self._take, self._end = take, end
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are of no class of asyncio

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        data, at = self._rest + data, 0
        while len(data) >= (body := at + HEAD.size) and len(data) >= (
            end := body + HEAD.unpack_from(data, at)[0]
        ):
            self._take(unpack(data[body:end]))
            at = end
        self._rest = data[at:]
        read_on_later(self._transport, TOGETHER_S)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(type(error).__name__ if error else "nothing more")

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
