"""The part of the application that calls out, over a lab's PBX: database, journal, attempts, and a link that can be cut."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from callcore.asterisk.ami import AmiSettings, AsteriskPbx
from callcore.asterisk.stopping import is_stopping
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind, NewAttempt
from callcore.calls.cel_file import CelReader
from callcore.calls.dial import Dialler, begin_attempt
from callcore.calls.events import AttemptChanged
from callcore.calls.facts import PbxFact
from callcore.calls.follow_attempts import AttemptFollower
from callcore.calls.follow_calls import CallFollower
from callcore.calls.model import PhoneInfo
from callcore.calls.reconcile import CallReconciler
from callcore.calls.tables import CallEventRow, CallRow, RecordingRow
from callcore.kernel.bus import Bus, Event
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.kernel.tasks import TaskOwner
from callcore.network.model import PhoneOwner
from tests.pbx.lab import AMI_SECRET, Lab

CLI = "+74951234567"


class Phones:
    """Every key is a phone of an outlet that nobody has written down."""

    def phone(self, key: str) -> PhoneInfo:
        return PhoneInfo(int(key[1:]), PhoneOwner.OUTLET, key, None, None, "", None)


class NoLinks:
    def link(self, connection: Any, calls: Any) -> Mapping[str, Any]:
        return {}


class Wire:
    """A forwarder to the PBX's AMI port that can be cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._writers: list[asyncio.StreamWriter] = []
        self.is_deaf = False  # what the PBX says does not come through
        self._server: asyncio.Server | None = None
        self.is_open = True

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_open:
            writer.close()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        self._writers += [writer, back]
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer, is_back=True))

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_back: bool = False
    ) -> None:
        try:
            while data := await reader.read(65536):
                if not (is_back and self.is_deaf):
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def close(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


class Caller:
    """One process. `states` are what the bus has told of each call, in order."""

    def __init__(self, lab: Lab, database: Database, ami_port: int) -> None:
        self.lab, self.database, self.clock, self.bus = lab, database, SystemClock(), Bus()
        self.pbx = AsteriskPbx(
            AmiSettings(
                "127.0.0.1",
                ami_port,
                "lab",
                AMI_SECRET,
                action_timeout_s=2,
                booted_wait_s=0.3,
                retry_first_s=0.1,
                retry_most_s=0.3,
            ),
            self.clock,
        )
        self.dialler = Dialler(self.pbx, database, self.bus, self.clock, self._stops)
        self.attempts = AttemptFollower(
            database,
            self.bus,
            self.clock,
            lambda: self.pbx.health().connected,
            is_stopping=self._stops,
            read_to=lambda: self.reconciler.read_to,
            record_within=timedelta(seconds=9),
        )
        common = {
            "database": database, "bus": self.bus, "clock": self.clock, "directory": Phones(), "linker": NoLinks()
        }  # fmt: skip
        self.follower = CallFollower(pbx=self.pbx, hear=self._hear, **common)
        self.reconciler = CallReconciler(
            reader=CelReader(Path(lab.plan.cel_file), database),
            is_busy_with=self.follower.is_busy_with,
            saw_whole=self.follower.saw_whole,
            **common,
        )
        self.tasks = TaskOwner("caller")
        self.states: dict[str, list[str]] = {}
        self.ears: list[Callable[[PbxFact], None]] = []
        self._changed = asyncio.Event()
        self.bus.subscribe(self._note)

    async def _stops(self) -> bool:
        return await is_stopping(self.pbx)

    def _hear(self, fact: PbxFact) -> None:
        self.attempts.hear(fact)
        for hear in self.ears:
            hear(fact)

    def _note(self, event: Event) -> None:
        if isinstance(event, AttemptChanged):
            self.states.setdefault(event.call_id, []).append(event.result or event.state)
            self._changed.set()

    async def start(self) -> None:
        self.attempts.start(self.tasks)
        await self.follower.start()
        await self.pbx.start()
        await self.reconciler.start()
        async with asyncio.timeout(60):
            while not self.pbx.health().connected:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        await self.reconciler.close()
        await self.follower.close()
        await self.pbx.close()
        await self.tasks.close()

    async def begin(self, number: str, *phones: str, key: str = "", **more: Any) -> str:
        new = NewAttempt(
            **{
                "kind": AttemptKind.ORDER,
                "key": key or f"press:{number}:{'-'.join(phones)}",
                "open_key": f"number:{number}",
                "number": number,
                "cli": CLI,
                "phone_keys": phones,
                **more,
            }
        )
        async with self.database.transaction() as session:
            return (await begin_attempt(session, new, now=self.clock.now())).call_id

    async def press(self, number: str, *phones: str, **more: Any) -> str:
        call_id = await self.begin(number, *phones, **more)
        await self.dialler.dial(call_id)
        return call_id

    async def reached(self, call_id: str, state: str, limit_s: float = 60) -> None:
        async with asyncio.timeout(limit_s):
            while state not in self.states.get(call_id, ()):
                self._changed.clear()
                await self._changed.wait()

    async def attempt(self, call_id: str) -> AttemptRow:
        async with self.database.session() as session:
            return (await session.scalars(select(AttemptRow).where(AttemptRow.call_id == call_id))).one()

    async def ended(self, call_id: str, limit_s: float = 60) -> AttemptRow:
        async with asyncio.timeout(limit_s):
            while (row := await self.attempt(call_id)).state != "ended":  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        return row

    async def calls(self, call_id: str) -> list[CallRow]:
        async with self.database.session() as session:
            return list(await session.scalars(select(CallRow).where(CallRow.call_id == call_id)))

    async def call(self, call_id: str, limit_s: float = 60) -> CallRow:
        """The ended row of the journal."""
        async with asyncio.timeout(limit_s):
            while not (rows := [row for row in await self.calls(call_id) if row.result]):  # noqa: ASYNC110 - written in steps
                await asyncio.sleep(0.1)
        return rows[0]

    async def story(self, call_id: str) -> list[CallEventRow]:
        call = await self.call(call_id)
        async with self.database.session() as session:
            return list(
                await session.scalars(select(CallEventRow).where(CallEventRow.call_row_id == call.id))
            )

    async def recordings(self, call_id: str) -> list[RecordingRow]:
        async with self.database.session() as session:
            return list(await session.scalars(select(RecordingRow).where(RecordingRow.call_id == call_id)))


@asynccontextmanager
async def calling(lab: Lab, database: Database, wire: Wire | None = None) -> AsyncIterator[Caller]:
    caller = Caller(lab, database, lab.plan.ami_port if wire is None else await wire.open())
    await caller.start()
    try:
        yield caller
    finally:
        await caller.stop()
        if wire is not None:
            await wire.close()
