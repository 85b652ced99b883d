"""Reading the headers of one event, from its bytes or from a parsed message.

A fact needs a third of the headers of its event: looking up only those in the bytes costs less than half of parsing.
Both readers give the same answers; a repeated header counts the first time.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Protocol

from callcore.asterisk.ami.decoder import parse
from callcore.calls.facts import ChannelRef
from dialplans import contract

_PHONE_CHANNEL: Final = re.compile(r"PJSIP/(p\d+)-[0-9a-f]+")


class EventHeaders(Protocol):
    @property
    def name(self) -> str: ...

    def text(self, header: str) -> str:
        """The value; empty when the header is missing."""
        ...

    def channel(self, prefix: str = "") -> ChannelRef | None:
        """The channel that the event names under `prefix` (Dest, LocalOne, Transferer …), or None."""
        ...

    def pairs_after(self, header: str) -> list[tuple[str, str]]:
        """The headers that follow this one, in order of arrival; none when it is missing."""
        ...


class RawEvent:
    """One message of the decoder, as bytes. `name` is known already: it decided that the event is wanted."""

    __slots__ = ("_raw", "name")

    def __init__(self, name: str, message: bytes) -> None:
        self.name = name
        self._raw = message + b"\r\n"

    def text(self, header: str) -> str:
        raw = self._raw
        needle = _needle(header)
        start = raw.find(needle)
        if start < 0:
            return ""
        start += len(needle)
        return raw[start : raw.find(b"\r\n", start)].decode("utf-8", "replace")

    def channel(self, prefix: str = "") -> ChannelRef | None:
        raw = self._raw
        values = []
        at = 0
        # Asterisk writes them in this order, so each search begins where the last one ended.
        for needle in _channel_needles(prefix):
            start = raw.find(needle, at)
            if start < 0 and at:
                start = raw.find(needle)
            if start < 0:
                values.append(b"")
                continue
            start += len(needle)
            at = raw.find(b"\r\n", start)
            values.append(raw[start:at])
        return _channel_from_bytes(*values)

    def pairs_after(self, header: str) -> list[tuple[str, str]]:
        start = self._raw.find(_needle(header))
        if start < 0:
            return []
        rest = ParsedEvent(parse(self._raw[self._raw.find(b"\r\n", start + 2) + 2 :]))
        return rest.pairs()


class ParsedEvent:
    """A message as a mapping of header to value, or to a list of values."""

    __slots__ = ("_headers",)

    def __init__(self, headers: Mapping[str, str | list[str]]) -> None:
        self._headers = headers

    @property
    def name(self) -> str:
        return self.text("Event")

    def text(self, header: str) -> str:
        value = self._headers.get(header, "")
        return value if isinstance(value, str) else value[0] if value else ""

    def channel(self, prefix: str = "") -> ChannelRef | None:
        return _channel(
            self.text(f"{prefix}Channel"),
            self.text(f"{prefix}Uniqueid"),
            self.text(f"{prefix}Linkedid"),
            self._variable(f"{prefix}ChanVariable", contract.CALL_ID),
            self._variable(f"{prefix}ChanVariable", contract.PHONE),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """All headers in order of arrival."""
        return [(header, self.text(header)) for header in self._headers]

    def pairs_after(self, header: str) -> list[tuple[str, str]]:
        names = list(self._headers)
        return self.pairs()[names.index(header) + 1 :] if header in names else []

    def _variable(self, header: str, name: str) -> str:
        found = self._headers.get(header, "")
        own = f"{name}="
        for item in (found,) if isinstance(found, str) else found:
            if item.startswith(own):
                return item[len(own) :]
        return ""


def _channel(name: str, uniqueid: str, linkedid: str, call_id: str, phone: str) -> ChannelRef | None:
    if not name or not uniqueid:
        return None
    own = _PHONE_CHANNEL.fullmatch(name)
    return ChannelRef(name, uniqueid, linkedid or uniqueid, call_id, own[1] if own else phone)


@lru_cache(maxsize=1024)  # a dozen events speak of the same channel, mostly one after another
def _channel_from_bytes(*values: bytes) -> ChannelRef | None:
    return _channel(*(value.decode("utf-8", "replace") for value in values))


@lru_cache(maxsize=128)
def _needle(header: str) -> bytes:
    return b"\r\n%b: " % header.encode()


@lru_cache(maxsize=16)
def _channel_needles(prefix: str) -> tuple[bytes, ...]:
    plain = (_needle(f"{prefix}{header}") for header in ("Channel", "Uniqueid", "Linkedid"))
    variables = _needle(f"{prefix}ChanVariable")
    return (*plain, *(b"%b%b=" % (variables, name.encode()) for name in (contract.CALL_ID, contract.PHONE)))
