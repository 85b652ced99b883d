"""The console of an Asterisk on this machine, through its control socket: what `asterisk -rx` does, without the program.

Source: main/asterisk.c (netconsole, ast_remotecontrol): commands end with a zero byte; lines of the answer may begin with
a byte that names a log level; `cli quit after <command>` closes the connection when the command is done.
"""

import asyncio
from pathlib import Path

from callcore.kernel.errors import PbxUnavailable

LIMIT_S = 5.0
MAX_ANSWER_BYTES = 4_000_000
_CONTROL = dict.fromkeys((0x00, 0x7F))


class Console:
    """Asks one command at a time; each has a connection of its own."""

    def __init__(self, socket: Path, limit_s: float = LIMIT_S) -> None:
        self._socket = socket
        self._limit_s = limit_s

    async def cli(self, command: str) -> str:
        """The command's output. Raises PbxUnavailable; the command may then have run."""
        if "\0" in command or "\n" in command:
            raise ValueError("one command, one line")
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._ask(command)
        except TimeoutError as error:
            raise PbxUnavailable(
                "pbx-cli-timeout", f"{self._socket}: no answer in {self._limit_s} s"
            ) from error
        except OSError as error:
            raise PbxUnavailable("pbx-cli-failed", f"{self._socket}: {error}") from error

    async def _ask(self, command: str) -> str:
        reader, writer = await asyncio.open_unix_connection(str(self._socket))
        try:
            greeting = await reader.readline()
            if greeting.count(b"/") < 2:
                raise PbxUnavailable("pbx-cli-failed", f"{self._socket}: not the console of an Asterisk")
            writer.write(b"cli quit after " + command.encode() + b"\0")
            await writer.drain()
            answer = b""
            while len(answer) < MAX_ANSWER_BYTES and (part := await reader.read(65536)):
                answer += part
        finally:
            writer.close()
        return answer.decode("utf-8", "replace").translate(_CONTROL)
