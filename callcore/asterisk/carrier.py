"""Control of the simulated carrier: customers who call, telephones that behave as told.

The carrier is a second Asterisk with the files of dialplans.render.render_carrier. It is told through call files and
its own control socket; nothing here touches the PBX under test.
"""

import asyncio
import base64
import math
import re
import struct
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from callcore.kernel.errors import Invalid, NotFound
from callcore.kernel.ids import public_id
from dialplans.plan import Behaviour, CarrierPhone, CarrierPlan

Cli = Callable[[str], Awaitable[str]]

RATE_HZ = 8000
UNKNOWN_TONE_HZ = 400  # the voice of a number that nobody described
_FIRST_HZ, _STEP_HZ, _VOICES = 400, 40, 75
_TONE_S, _PULSE_S = 3.0, 0.6
_LEVEL = 0.3
CUSTOMERS = "customers"
_MAX_SIGNS = 200
_OUTSIDE = re.compile(r"\+[0-9]{5,15}")
_REGISTERED, _UNREGISTERED = "Registered", "Unregistered"
_REGISTER_LIMIT_S = 20
_POLL_S = 0.05


def tone_hz(number: int) -> int:
    """A voice of its own for the n-th party; 74 of them below the telephone's 3.4 kHz, then they repeat."""
    return _FIRST_HZ + _STEP_HZ * (1 + number % (_VOICES - 1))


def write_tone(folder: Path, hz: int) -> Path:
    """tone-<hz>.wav, 8 kHz mono 16 bit: pulses of 0.4 s with 0.2 s of silence, so that it can be borne."""
    path = folder / f"tone-{hz}.wav"
    if path.exists():
        return path
    frames = bytearray()
    for n in range(int(_TONE_S * RATE_HZ)):
        is_on = (n / RATE_HZ) % _PULSE_S < _PULSE_S * 2 / 3
        value = _LEVEL * math.sin(2 * math.pi * hz * n / RATE_HZ) if is_on else 0.0
        frames += struct.pack("<h", int(value * 32767))
    draft = path.with_suffix(".new")
    with wave.open(str(draft), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(bytes(frames))
    draft.rename(path)
    return path


def write_tones(plan: CarrierPlan) -> None:
    """The voices of all telephones of the plan; before the carrier takes its first call."""
    folder = Path(plan.sounds_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for hz in sorted({UNKNOWN_TONE_HZ, *(phone.tone_hz for phone in plan.phones)}):
        write_tone(folder, hz)


@dataclass(frozen=True, slots=True)
class CustomerCall:
    """One call that a customer makes. Seconds; `talk_s` is 1 at least, `hang_up_after_s` counts from the first INVITE at any stage, 0 is never.
    `presses` are keys for whoever answers, w waits half a second.
    Names and numbers may be anything that a hostile caller would send."""

    from_number: str
    to_did: str
    talk_s: float = 10
    caller_name: str = ""
    ring_s: float = 120
    hang_up_after_s: float = 0
    hidden: bool = False
    presses: str = ""
    tone_hz: int = tone_hz(60)


@dataclass(frozen=True, slots=True)
class SimulatedCarrier:
    """`cli` runs one console command of the carrier (AsteriskProcess.cli); `spool_dir` is its spool folder."""

    plan: CarrierPlan
    cli: Cli
    spool_dir: Path

    async def prepare(self) -> None:
        """After the start of both: returns when every telephone is registered, or gone where it should be.
        Raises TimeoutError when the PBX refuses one."""
        sip = [phone for phone in self.plan.phones if phone.secret]
        await self._until(_REGISTERED, {phone.name for phone in sip})
        gone = {phone.name for phone in sip if phone.behaviour is Behaviour.UNREGISTERED}
        for name in sorted(gone):
            await self.cli(f"pjsip send unregister {name}")
        await self._until(_UNREGISTERED, gone)

    async def place_call(self, call: CustomerCall) -> str:
        """Begin a call and return its id at once; see `calls_in_progress` and `result`."""
        call_id = public_id()
        text = _call_file(call_id, call, self.plan)
        await asyncio.to_thread(self._spool, call_id, text, call.tone_hz)
        return call_id

    def _spool(self, call_id: str, text: str, hz: int) -> None:
        """The file must appear in `outgoing` whole: the carrier reads it the moment it sees it."""
        write_tone(Path(self.plan.sounds_dir), hz)
        draft = self.spool_dir / "tmp" / call_id
        draft.write_text(text, encoding="utf-8")
        draft.rename(self.spool_dir / "outgoing" / call_id)

    async def hang_up(self, call_id: str) -> None:
        """The customer puts the receiver down. Raises NotFound when the call is over."""
        channel = (await self._table("call")).get(call_id)
        if channel is None:
            raise NotFound("no-such-call", f"no call {call_id} in progress")
        await self.cli(f"channel request hangup {channel}")

    async def calls_in_progress(self) -> tuple[str, ...]:
        """Ids of customers' calls that have begun and not ended."""
        return tuple(await self._table("call"))

    async def result(self, call_id: str) -> str | None:
        """`ANSWER 16`: DIALSTATUS and Q.850 cause once the call is over, None before."""
        return (await self._table("result")).get(call_id)

    async def set_behaviour(self, name: str, behaviour: Behaviour) -> None:
        """From the next call on. `name` is a phone key or an outside number in E.164 with its plus."""
        phone = self._phone(name)
        was = (await self.behaviours()).get(name, phone.behaviour)
        await self.cli(f"database put behave {name} {behaviour.value}")
        # A telephone that is there is not told to register: the carrier would drop and renew it.
        if phone.secret and behaviour is Behaviour.UNREGISTERED is not was:
            await self.cli(f"pjsip send unregister {name}")
            await self._until(_UNREGISTERED, {name})
        if phone.secret and was is Behaviour.UNREGISTERED is not behaviour:
            await self.cli(f"pjsip send register {name}")
            await self._until(_REGISTERED, {name})

    async def set_think_s(self, name: str, seconds: float) -> None:
        """How long this telephone listens before it presses its key, from the next call on."""
        self._phone(name)
        await self.cli(f"database put think {name} {seconds:g}")

    async def set_transfer(self, name: str, extension: str) -> None:
        """This telephone takes calls, talks for some seconds and sends REFER with this short number of the PBX."""
        if not extension.isdecimal():
            raise Invalid(
                "bad-extension", f"not a short number: {extension!r}", fields={"extension": "digits"}
            )
        self._phone(name)
        await self.cli(f"database put transfer {name} {extension}")
        await self.set_behaviour(name, Behaviour.TRANSFER)

    async def set_asking(self, name: str, extension: str, seconds: float) -> None:
        """This telephone takes calls, talks, calls this short number of the PBX by a call of its own, and after so many
        seconds, whether that was answered or not, sends REFER with Replaces: as the key «transfer» of a desk phone does."""
        await self.set_transfer(name, extension)
        await self.cli(f"database put asking {name} {seconds:g}")
        await self.set_behaviour(name, Behaviour.ASK)

    async def set_keys(self, name: str, keys: str) -> None:
        """This telephone takes calls, talks for some seconds and presses these keys; `w` waits half a second, `h` as the last
        hangs up after some words more."""
        if not keys.removesuffix("h").strip("0123456789*#w") == "":
            raise Invalid("bad-keys", f"no keys of a telephone: {keys!r}", fields={"keys": "0-9 * # w h"})
        self._phone(name)
        await self.cli(f"database put keys {name} {keys}")
        await self.set_behaviour(name, Behaviour.KEYS)

    async def set_press(self, name: str, keys: str) -> None:
        """This telephone answers, presses just these keys (`w` waits half a second) and talks on."""
        if keys.strip("0123456789*#w") or not keys:
            raise Invalid("bad-keys", f"no keys of a telephone: {keys!r}", fields={"keys": "0-9 * # w"})
        await self.cli(f"database put keys {name} {keys}")
        await self.set_behaviour(name, Behaviour.PRESS)

    async def listen(self, name: str) -> None:
        """From the next call on keep what this telephone hears, or what all customers hear: `customers`."""
        if name != CUSTOMERS:
            self._phone(name)
        await self.cli(f"database put ear {name} 1")

    def heard(self, name: str) -> Path:
        """What a telephone heard in its last call, or the customer of a call by the call's id."""
        return Path(self.plan.sounds_dir) / f"ear-{name}.wav"

    async def behaviours(self) -> dict[str, Behaviour]:
        """Every telephone of the plan with what it does now."""
        told = await self._table("behave")
        return {phone.name: Behaviour(told.get(phone.name, phone.behaviour)) for phone in self.plan.phones}

    async def screen_of(self, name: str) -> str | None:
        """`name <number>` that this telephone showed at its last call; None when it was never called."""
        seen = (await self._table("seen")).get(name)
        return base64.b64decode(seen).decode("utf-8", "replace").strip() if seen else None

    async def calls_to(self, name: str) -> int:
        """How many calls (INVITEs, not repeats of one) have come to this telephone or outside number."""
        return sum(key.startswith(f"{name}/") for key in await self._table("invites"))

    async def put_down(self, name: str) -> None:
        """This telephone or outside number hangs up, at whatever stage its call is."""
        for key, channel in (await self._table("invites")).items():
            if key.startswith(f"{name}/"):
                await self.cli(f"channel request hangup {channel}")

    def _phone(self, name: str) -> CarrierPhone:
        """Of the plan, or any outside number: it answers and talks until it is told otherwise."""
        phone = next((phone for phone in self.plan.phones if phone.name == name), None)
        if phone is None and _OUTSIDE.fullmatch(name):
            return CarrierPhone(name, UNKNOWN_TONE_HZ)
        if phone is None:
            raise NotFound("no-such-phone", f"the carrier has no telephone {name!r}")
        return phone

    async def _until(self, status: str, names: set[str]) -> None:
        """`pjsip show registrations` prints ` p1/sip:127.0.0.1:5060   p1   Registered   (exp. 278s)`."""
        async with asyncio.timeout(_REGISTER_LIMIT_S):
            while names:
                rows = (line.split() for line in (await self.cli("pjsip show registrations")).splitlines())
                found = {row[0].partition("/")[0]: row[2] for row in rows if len(row) > 2}
                if all(found.get(name) == status for name in names):
                    return
                await asyncio.sleep(_POLL_S)

    async def _table(self, family: str) -> dict[str, str]:
        """`database show <family>` prints `/family/key : value` lines and a count."""
        rows: dict[str, str] = {}
        for line in (await self.cli(f"database show {family}")).splitlines():
            name, colon, value = line.partition(": ")
            if colon and name.startswith(f"/{family}/"):
                rows[name.strip().removeprefix(f"/{family}/")] = value.strip()
        return rows


def _call_file(call_id: str, call: CustomerCall, plan: CarrierPlan) -> str:
    """Hostile text travels in base64: a call file is made of lines, and its values of the dialplan's signs."""
    for name, text in (
        ("from_number", call.from_number),
        ("to_did", call.to_did),
        ("caller_name", call.caller_name),
    ):
        if len(text) > _MAX_SIGNS:
            raise Invalid("too-long", f"{name} has more than {_MAX_SIGNS} signs", fields={name: "too long"})
    if call.talk_s < 1:
        raise Invalid("too-short", "Dial takes no talk shorter than 1 s", fields={"talk_s": "1 or more"})
    values = {
        "CALL": call_id,
        "NUMBER64": _coded(call.from_number),
        "NAME64": _coded(call.caller_name),
        "DID64": _coded(call.to_did),
        "TONE": f"{plan.sounds_dir}/tone-{call.tone_hz}",
        "TALK_S": f"{call.talk_s:g}",
        "LIMIT_S": f"{call.hang_up_after_s:g}",
        "RING_S": f"{call.ring_s:g}",
        "PRESSES": "".join(sign for sign in call.presses if sign in "0123456789*#w"),
        "HIDDEN": "1" if call.hidden else "0",
    }
    lines = [
        "Channel: Local/voice@customer/n",
        "Context: customer",
        "Extension: dial",
        "Priority: 1",
        "MaxRetries: 0",
    ]
    lines += [f"Set: __{name}={value}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
