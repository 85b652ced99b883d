"""A real PBX and a real carrier on free loopback ports, an application that a test scripts, and an ear on AMI."""

import asyncio
import csv
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from callcore.asterisk.carrier import CustomerCall, SimulatedCarrier, tone_hz, write_tones
from callcore.asterisk.embedded import AsteriskBuild, AsteriskProcess, InstanceDirs
from callcore.asterisk.fallback.deploy import SCRIPT
from callcore.asterisk.publish import publish
from callcore.kernel.tasks import TaskOwner
from dialplans.contract import CEL_COLUMNS
from dialplans.plan import (
    AmiUserPlan,
    Behaviour,
    CarrierPhone,
    CarrierPlan,
    DidPlan,
    OpenTime,
    PbxPlan,
    PhoneKind,
    PhonePlan,
    StaticTarget,
    TrunkPlan,
)
from dialplans.render import render_carrier, render_pbx
from tests.audio import make_tone

DID = "74951234567"
LADDER_DID = "74951234568"  # has a static branch: o1 is closed now, o2 is open
GREETED_DID = "74951234569"  # greets, waits with music, in English
CUSTOMER = "+79161234567"
CUSTOMER_HZ = tone_hz(40)
OUTSIDE = "+79001112233"
VOICES = {name: tone_hz(n) for n, name in enumerate(("p1", "p2", OUTSIDE, "p4", "p5", "p8", "p9", "p10"))}
AMI_SECRET = "lab-secret"
# What is played is a tone of its own, so that a recording tells what was heard: dealerline/<name>.
SOUNDS_HZ = {
    "whisper": 2800,
    "hello": 2900,
    "notice": 3000,
    "accept-ru": 3100,
    "late-ru": 3200,
    "wait-ru": 2600,
    "wait-en": 2500,
    "press-ru": 2400,
    "promised-ru": 2300,
    "voicemail-ru": 2700,
    "paused-ru": 2200,
    "resumed-ru": 2100,
}
MUSIC_HZ = 3300
SOUND_S = 1.0
STAYS_S = 120.0  # how long a customer talks whom the test has put the receiver down
CONSOLE_PAUSE_S = 0.2  # each question to a console starts a process: the calls need the processor


def _is_free(port: int) -> bool:
    """SIP takes a port of both kinds."""
    with ExitStack() as probes:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            try:
                probes.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


# Of this worker alone, and below those that the system gives to whoever connects: what is free now stays free until the
# PBX takes it.
_FIRST_PORT = 12000 + 2000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = cycle(range(_FIRST_PORT, _FIRST_PORT + 1000))
_RTP_PORTS = cycle(range(_FIRST_PORT + 1000, _FIRST_PORT + 2000, 100))


def free_port() -> int:
    return next(port for port in _PORTS if _is_free(port))


def free_rtp_ports() -> tuple[int, int]:
    first = next(_RTP_PORTS)
    return first, first + 99


def hours_around_now(ahead_h: int) -> tuple[OpenTime, ...]:
    """From an hour ago to three hours hence on a clock that is so far ahead of UTC, on every day."""
    clock = time.gmtime(time.time() + ahead_h * 3600)
    minute = clock.tm_hour * 60 + clock.tm_min
    first, last = (minute - 60) % 1440, (minute + 180) % 1440
    pairs = ((first, last),) if first < last else ((first, 1439), (0, last))
    return tuple(OpenTime(start, end, "mon-sun") for start, end in pairs)


def lab_plans(root: Path) -> tuple[PbxPlan, CarrierPlan]:
    """p1 p2 p5 p8: outlets' phones; p3: an outside number; p4: an operator who sees the caller; p9 p10: duty."""
    sip_port, carrier_port = free_port(), free_port()
    pbx = InstanceDirs(root / "pbx")

    def sip(key: str, label: str, **more: object) -> PhonePlan:
        return PhonePlan(key, PhoneKind.SIP, label, f"secret-{key}-{key}", **more)

    plan = PbxPlan(
        system_name="lab",
        bind_host="127.0.0.1",
        sip_port=sip_port,
        rtp_ports=free_rtp_ports(),
        ami_port=free_port(),
        agi_host="127.0.0.1",
        agi_port=free_port(),
        recordings_dir=str(pbx.recordings),
        cel_file=str(pbx.log / "cel.csv"),
        agi_script=str(pbx.agi / SCRIPT),
        ami_users=(
            AmiUserPlan(
                "lab",
                AMI_SECRET,
                ("call", "dialplan", "user", "reporting"),
                ("call", "originate", "reporting"),
            ),
        ),
        trunks=(
            TrunkPlan(
                "lab", "127.0.0.1", carrier_port, "+74950000000", secret="secret-trunk", inbound_auth=True
            ),
        ),
        phones=(
            sip("p1", "Салон «Двери»", extension="101"),
            sip("p2", 'Салон "Окна"', extension="102"),
            PhonePlan("p3", PhoneKind.EXTERNAL, "Мобильный", number=OUTSIDE),
            sip("p4", "Оператор; главный", shows_caller=True, accept_by_key=False),
            sip("p5", "Занятой", lines=2, extension="105"),
            sip("p8", "Отключённый", extension="108"),
            sip("p9", "Дежурный", accept_by_key=False),
            sip("p10", "Второй дежурный", extension="110"),
        ),
        dids=(
            DidPlan(f"+{DID}", "Москва"),
            DidPlan(f"+{LADDER_DID}", "Со статической ветвью", targets=("o1", "o2")),
            DidPlan(
                f"+{GREETED_DID}",
                "Приветствие и музыка",
                language="en",
                targets=("o2",),
                greeting="dealerline/hello",
                waits_with_music=True,
            ),
        ),
        targets=(
            StaticTarget("o1", "Закрыт", "outlet", ("p1",), 5, "Europe/London", hours_around_now(12)),
            StaticTarget("o2", "Открыт", "outlet", ("p2",), 5, "Asia/Kamchatka", hours_around_now(12)),
        ),
        duty_keys=("p9", "p10"),
        operator_keys=("p4",),
        duty_ring_s=3,
        hand_queue_s=4,
        out_ring_s=4,
        out_customer_s=4,
        music_dir=str(root / "music"),
        has_phrases=True,
    )
    carrier = CarrierPlan(
        system_name="carrier",
        bind_host="127.0.0.1",
        sip_port=carrier_port,
        rtp_ports=free_rtp_ports(),
        pbx_host="127.0.0.1",
        pbx_sip_port=sip_port,
        trunk_name="lab",
        trunk_secret="secret-trunk",
        sounds_dir=str(root / "tones"),
        phones=tuple(
            CarrierPhone(
                name,
                hz,
                "" if name.startswith("+") else f"secret-{name}-{name}",
                Behaviour.UNREGISTERED if name == "p8" else Behaviour.ACCEPT,
            )
            for name, hz in VOICES.items()
        ),
        ring_s=0.2,
        think_s=0.6,
    )
    return plan, carrier


@dataclass(slots=True)
class Lab:
    plan: PbxPlan
    dirs: InstanceDirs
    pbx: AsteriskProcess
    carrier: AsteriskProcess
    customers: SimulatedCarrier

    async def channels(self) -> int:
        """Live channels of the PBX."""
        return await count_channels(self.pbx.cli)

    async def quiet(self, limit_s: float = 30) -> None:
        """Wait until neither side has a channel: nothing leaks. What a test has left behind fails it, and is then hung up,
        so that it does not fail those after it."""
        try:
            async with asyncio.timeout(limit_s):
                while await self.channels() or await count_channels(self.carrier.cli):  # noqa: ASYNC110 - processes
                    await asyncio.sleep(CONSOLE_PAUSE_S)
        except TimeoutError:
            sides = (self.pbx, self.carrier)
            left = "\n".join([await side.cli("core show channels concise") for side in sides])
            for side in sides:
                await side.cli("channel request hangup all")
            raise AssertionError(f"channels are left:\n{left}") from None

    async def over(self, call: str, limit_s: float = 60) -> str:
        """Wait for the end of a customer's call: `ANSWER 16`."""
        async with asyncio.timeout(limit_s):
            while (result := await self.customers.result(call)) is None:  # noqa: ASYNC110 - a process
                await asyncio.sleep(CONSOLE_PAUSE_S)
        return result

    async def leave(self, call: str, after_s: float = 0) -> str:
        """He puts the receiver down so long after what the test has waited for; the end as `over`."""
        await asyncio.sleep(after_s)
        await self.customers.hang_up(call)
        return await self.over(call)

    def recording(self, call_id: str, suffix: str) -> Path:
        return Path(self.plan.recordings_dir) / f"{call_id}{suffix}"

    def cel(self, call_id: str) -> list[dict[str, str]]:
        """Rows of CEL whose linkedid is this call's."""
        with Path(self.plan.cel_file).open(encoding="utf-8", newline="") as file:
            rows = [dict(zip(CEL_COLUMNS, row, strict=True)) for row in csv.reader(file)]
        return [row for row in rows if row["linkedid"] == call_id]


def make_sounds(dirs: InstanceDirs, music: Path) -> None:
    for name, hz in SOUNDS_HZ.items():
        make_tone(dirs.sounds / f"{name}.wav", hz, SOUND_S, level=0.3)
    make_tone(music / "music.wav", MUSIC_HZ, 20, level=0.3)


async def count_channels(cli: Callable[[str], Awaitable[str]]) -> int:
    answer = await cli("core show channels count")
    return int(answer.split(" active channel")[0].split()[-1])


@asynccontextmanager
async def running_lab(build: AsteriskBuild, root: Path):
    plan, carrier_plan = lab_plans(root)
    pbx_dirs, carrier_dirs = InstanceDirs(root / "pbx"), InstanceDirs(root / "carrier")
    pbx = AsteriskProcess(build, pbx_dirs, "lab")
    carrier = AsteriskProcess(build, carrier_dirs, "carrier")
    customers = SimulatedCarrier(carrier_plan, carrier.cli, carrier_dirs.spool)
    for dirs, config in ((pbx_dirs, render_pbx(plan)), (carrier_dirs, render_carrier(carrier_plan))):
        dirs.create()
        publish(config, dirs.etc)
    write_tones(carrier_plan)
    make_sounds(pbx_dirs, Path(plan.music_dir))
    try:
        await pbx.start()
        await carrier.start()
        await customers.prepare()
        yield Lab(plan, pbx_dirs, pbx, carrier, customers)
    finally:
        await carrier.stop()
        await pbx.stop()


Event = dict[str, str]


@dataclass(slots=True)
class Ear:
    """All AMI events since it listens, each with the local moment of arrival under `heard_at`."""

    events: list[Event] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, reader: asyncio.StreamReader) -> None:
        event: Event = {}
        while line := (await reader.readline()).decode("utf-8", "replace"):
            name, colon, value = line.rstrip("\r\n").partition(": ")
            if name in ("ChanVariable", "DestChanVariable"):
                name, colon, value = value.partition("=")
            if colon or name:
                event[name] = value
            elif event:
                self.events.append({**event, "heard_at": str(time.monotonic())})
                self._arrived.set()
                event = {}

    def milestones(self, kind: str = "") -> list[Event]:
        return [e for e in self.events if e.get("UserEvent") == "DL" and kind in ("", e["Kind"])]

    def kinds(self) -> list[str]:
        return [event["Kind"] for event in self.milestones()]

    async def milestone(self, kind: str, limit_s: float = 60) -> Event:
        return await self.first(
            lambda event: event.get("UserEvent") == "DL" and event["Kind"] == kind, limit_s
        )

    async def accepted(self, count: int = 1) -> Event:
        """A phone of ours takes a call, the so many-th time."""
        await self.first(lambda _: len(self.milestones("accepted")) >= count)
        return self.milestones("accepted")[count - 1]

    async def ringing(self, key: str, limit_s: float = 60) -> Event:
        """The phone says that it rings."""

        def rings(event: Event) -> bool:
            return (
                event.get("Event") == "Newstate"
                and event["Channel"].startswith(f"PJSIP/{key}-")
                and event["ChannelStateDesc"] == "Ringing"
            )

        return await self.first(rings, limit_s)

    async def first(self, fits: Callable[[Event], bool], limit_s: float = 60) -> Event:
        async with asyncio.timeout(limit_s):
            while True:
                for event in self.events:
                    if fits(event):
                        return event
                self._arrived.clear()
                await self._arrived.wait()


@asynccontextmanager
async def listening(lab: Lab):
    tasks = TaskOwner("ear")
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.plan.ami_port)
    writer.write(f"Action: Login\r\nUsername: lab\r\nSecret: {AMI_SECRET}\r\n\r\n".encode())
    ear = Ear()
    tasks.spawn("listen", ear.listen(reader))
    await ear.first(lambda event: event.get("Message") == "Authentication accepted")
    try:
        yield ear
    finally:
        await tasks.close()
        writer.close()


@dataclass(slots=True)
class Application:
    """Answers every FastAGI request with these variables, in this order. `requests` are the heads received."""

    answer: tuple[tuple[str, str], ...] = ()
    requests: list[str] = field(default_factory=list)

    def route(
        self, *steps: tuple[str, int] | tuple[str, int, str] | tuple[str, int, str, int], **more: str
    ) -> None:
        """steps: keys, ring seconds, kind, seconds of waiting as in a queue."""
        pairs = [(f"DL_{name.upper()}", value) for name, value in more.items()]
        for number, step in enumerate(steps, start=1):
            kind = step[2] if len(step) > 2 else "outlet"
            pairs += [
                (f"DL_STEP_{number}_KEYS", step[0]),
                (f"DL_STEP_{number}_RING", str(step[1])),
                (f"DL_STEP_{number}_KIND", kind),
            ]
            if len(step) > 3:
                pairs.append((f"DL_STEP_{number}_WAIT", str(step[3])))
        self.answer = (*pairs, ("DL_STEPS", str(len(steps))), ("DL_ROUTED", "1"))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append((await reader.readuntil(b"\n\n")).decode("utf-8", "replace"))
        for name, value in self.answer:
            writer.write(f'SET VARIABLE {name} "{value}"\n'.encode())
            await reader.readline()
        writer.close()


@asynccontextmanager
async def answering(lab: Lab):
    application = Application()
    server = await asyncio.start_server(application.serve, "127.0.0.1", lab.plan.agi_port)
    try:
        yield application
    finally:
        server.close()
        await server.wait_closed()


def customer(**more: object) -> CustomerCall:
    return CustomerCall(
        **{"from_number": CUSTOMER, "to_did": DID, "talk_s": 3.5, "tone_hz": CUSTOMER_HZ, **more}
    )
