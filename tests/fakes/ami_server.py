"""A loopback AMI server that a test scripts: it keeps every action, answers like Asterisk, and can go silent,
refuse, cut, restart, and send any bytes."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

STAMP = "1795325456.250000"
Action = dict[str, str]


def event(name: str, **headers: str) -> bytes:
    """`Cause_txt` stands for `Cause-txt`; a value that holds line ends becomes a repeated header."""
    lines = [f"Event: {name}", "Privilege: call,all", f"Timestamp: {STAMP}"]
    for key, value in headers.items():
        lines += [f"{key.replace('_', '-')}: {part}" for part in value.split("\n")]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def channel(
    uniqueid: str = "1795325456.80", name: str = "PJSIP/trunk-main-00000050", prefix: str = "", **more: str
) -> dict[str, str]:
    """The channel part of an event, with the given prefix."""
    plain = {
        "Channel": name,
        "ChannelState": "4",
        "ChannelStateDesc": "Ring",
        "CallerIDNum": "79161234567",
        "CallerIDName": "Иван Петров",
        "Language": "ru",
        "Context": "from-trunk",
        "Exten": "74950000001",
        "Priority": "1",
        "Uniqueid": uniqueid,
        "Linkedid": "1795325456.80",
        "ChanVariable": "DL_CALL_ID=1795325456.80\nDL_PHONE=",
    }
    return {f"{prefix}{key}": value for key, value in (plain | more).items()}


@dataclass
class FakeAmiServer:
    secret: str = "perf"
    started: str = "10:00:00"
    channels: list[dict[str, str]] = field(default_factory=list)
    devices: dict[str, str] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)
    silent_on: set[str] = field(default_factory=set)  # actions that get no answer
    refuse: dict[str, str] = field(default_factory=dict)  # action -> message of the error
    on_action: Callable[["FakeAmiServer", Action], None] | None = None
    says_booted: bool = True
    port: int = 0
    connections: int = 0

    def __post_init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self.cut()
            await self._server.wait_closed()
            self._server = None

    def cut(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    def send(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    def names(self) -> list[str]:
        return [action["Action"] for action in self.actions]

    def sent(self, name: str) -> list[Action]:
        return [action for action in self.actions if action["Action"] == name]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode().strip()
                self._take(dict(line.split(": ", 1) for line in block.split("\r\n")), writer)
        self._writers.discard(writer)
        writer.close()

    def _take(self, action: Action, writer: asyncio.StreamWriter) -> None:
        self.actions.append(action)
        name = action["Action"]
        if self.on_action is not None:
            self.on_action(self, action)
        if name in self.silent_on or writer.is_closing():
            return
        writer.write(self._answer(name, action))

    def _answer(self, name: str, action: Action) -> bytes:
        if name in self.refuse:
            return _response(action, "Error", Message=self.refuse[name])
        if name == "Login" and action["Secret"] != self.secret:
            return _response(action, "Error", Message="Authentication failed")
        answer = getattr(self, f"_{name.lower()}", None)
        return answer(action) if answer else _response(action, Message="done")

    def _login(self, action: Action) -> bytes:
        booted = event("FullyBooted", Status="Fully Booted", Uptime="8") if self.says_booted else b""
        return _response(action, Message="Authentication accepted") + booted

    def _ping(self, action: Action) -> bytes:
        return _response(action, Ping="Pong", Timestamp=STAMP)

    def _corestatus(self, action: Action) -> bytes:
        return _response(action, CoreStartupDate="2026-11-22", CoreStartupTime=self.started)

    def _coresettings(self, action: Action) -> bytes:
        return _response(action, SystemName="pbx-1")

    def _originate(self, action: Action) -> bytes:
        return _response(action, Message="Originate successfully queued")

    def _coreshowchannels(self, action: Action) -> bytes:
        return _listed(action, "CoreShowChannel", "CoreShowChannelsComplete", self.channels)

    def _devicestatelist(self, action: Action) -> bytes:
        rows = [{"Device": device, "State": state} for device, state in self.devices.items()]
        return _listed(action, "DeviceStateChange", "DeviceStateListComplete", rows)


def _response(action: Action, word: str = "Success", **headers: str) -> bytes:
    lines = [
        f"Response: {word}",
        f"ActionID: {action['ActionID']}",
        *(f"{k}: {v}" for k, v in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _listed(action: Action, item: str, complete: str, rows: list[dict[str, str]]) -> bytes:
    own = {"ActionID": action["ActionID"]}
    start = _response(action, EventList="start", Message="will follow")
    end = event(complete, **own, EventList="Complete", ListItems=str(len(rows)))
    return start + b"".join(event(item, **own, **row) for row in rows) + end
