"""AMI bytes -> messages. No I/O, no tasks.

Only whole messages are decoded, so a letter split over two TCP chunks cannot be lost; bytes that are no UTF-8
(cp1251 caller names) become U+FFFD and the rest of the message survives. Messages end with an empty line;
some events of Asterisk end with one line end too many, which belongs to nobody.
"""

from typing import Final

Message = dict[str, str | list[str]]

MESSAGE_LIMIT_BYTES: Final = 1 << 20
_END: Final = b"\r\n\r\n"


class MessageTooLong(Exception):
    """The peer sent a megabyte without an empty line: not an Asterisk, or one that must be left."""


class AmiDecoder:
    """Cuts the stream into messages. `feed` takes any chunk and returns the messages that it completed, as bytes."""

    def __init__(self) -> None:
        self._rest = b""
        self.banner = ""

    def feed(self, data: bytes) -> list[bytes]:
        data = self._rest + data if self._rest else data
        if not self.banner:
            line, end, after = data.partition(b"\r\n")
            if not end:
                return self._keep(data)
            self.banner = line.decode("utf-8", "replace") or "?"
            data = after
        # rpartition looks from the right: one scan for the last end, whatever the number of messages.
        whole, end, rest = data.rpartition(_END)
        self._keep(rest)
        if not end:
            return []
        messages = whole.split(_END)
        # One line end too many: rare, so it is looked for once per chunk.
        if whole[:2] == b"\r\n" or b"\r\n\r\n\r\n" in whole:
            return [message.lstrip(b"\r\n") for message in messages]
        return messages

    def _keep(self, rest: bytes) -> list[bytes]:
        if len(rest) > MESSAGE_LIMIT_BYTES:
            raise MessageTooLong
        self._rest = rest
        return []


def parse(message: bytes) -> Message:
    """One message -> header -> value; a repeated header (ChanVariable) becomes a list in order of arrival.

    A line without a colon belongs to no header and is dropped.
    """
    headers: Message = {}
    for line in message.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(": ")
        if not colon:
            name, colon, value = line.partition(":")
            if not colon:
                continue
        if name in headers:
            known = headers[name]
            if type(known) is list:
                known.append(value)
            else:
                headers[name] = [known, value]  # type: ignore[list-item]  # mypy does not narrow `type(x) is`
        else:
            headers[name] = value
    return headers
