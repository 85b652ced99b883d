"""A whole installation under test: real PBX, carrier and application, and questions to its journal."""

import asyncio
import os
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from callcore.asterisk.carrier import CustomerCall
from callcore.kernel.errors import NotFound
from callcore.stand.layout import StandDirs, StandNote, write_note
from callcore.stand.ports import StandPorts
from callcore.stand.stand import Stand, StandOptions
from dialplans.plan import Behaviour

T = TypeVar("T")
CONSOLE_PAUSE_S = 0.2
ALWAYS = '{"mon":[["00:00","00:00"]],"tue":[["00:00","00:00"]],"wed":[["00:00","00:00"]],"thu":[["00:00","00:00"]],"fri":[["00:00","00:00"]],"sat":[["00:00","00:00"]],"sun":[["00:00","00:00"]]}'


async def until(
    what: str, ask: Callable[[], T | None] | Callable[[], Awaitable[T | None]], limit_s: float = 60
) -> T:
    """Ask until the answer is true, then give it; fail with `what` when time is out. A question to a console starts a
    process each time: it is asked more seldom, the calls need the processor."""
    end = time.monotonic() + limit_s
    pause_s = 0.05
    while True:
        answer = ask()
        if asyncio.iscoroutine(answer):
            answer, pause_s = await answer, CONSOLE_PAUSE_S
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {limit_s:g} s: {what}"
        await asyncio.sleep(pause_s)


@dataclass
class Office:
    """Numbers of the demo network that tests call, and what is known about them."""

    stand: Stand
    did: str  # of a dealer that is open round the clock here
    operators_did: str  # rings the head office's operators, who are at work at any hour here
    dealer_keys: tuple[str, ...]  # that dealer's telephones: key or outside number
    duty: tuple[str, ...]  # duty telephones in order

    @property
    def database(self) -> Path:
        return self.stand.dirs.database

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def write(self, sql: str, *values: object) -> None:
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            with connection:
                connection.execute(sql, values)
        finally:
            connection.close()

    def calls_of(self, number: str) -> list[sqlite3.Row]:
        return self.rows("SELECT * FROM calls WHERE caller_number = ? ORDER BY id", number)

    def ended_call_of(self, number: str) -> sqlite3.Row | None:
        rows = self.calls_of(number)
        assert len(rows) <= 1, [dict(row) for row in rows]
        return rows[0] if rows and rows[0]["state"] == "ended" else None

    async def call(self, number: str, **more: object) -> str:
        """Begin a call to the dealer's tracked number; the carrier's id of it."""
        call = CustomerCall(number, **{"to_did": self.did, "talk_s": 2.0, **more})
        return await self.stand.carrier.place_call(call)

    async def over(self, call_id: str, limit_s: float = 60) -> str:
        """How the call ended, as the customer's side saw it: `ANSWER 16`."""
        return await until("the call is over", lambda: self.stand.carrier.result(call_id), limit_s)

    async def behave(self, names: tuple[str, ...], behaviour: Behaviour) -> None:
        for name in names:
            await self.stand.carrier.set_behaviour(name, behaviour)

    async def channels(self) -> str:
        """One line per living channel of the PBX; empty when it is silent."""
        return (await self.stand.pbx.cli("core show channels concise")).strip()

    async def quiet(self) -> None:
        """What a test has left behind fails it, and is then hung up, so that it does not fail those after it."""

        async def is_silent() -> bool:
            return not await self.channels()

        try:
            await until("no channel is left", is_silent)
        except AssertionError:
            left = await self.channels()
            await self.stand.pbx.cli("channel request hangup all")
            raise AssertionError(f"channels are left:\n{left}") from None

    async def cut_link(self) -> None:
        """The PBX throws the application's manager session out; the application will come back by itself."""
        told = await self.stand.pbx.cli("manager show connected")
        sessions = re.findall(r"^\s*dealerline\s+127\.0\.0\.1\s+\d+\s+\d+\s+(\d+)", told, re.MULTILINE)
        assert sessions, told
        for descriptor in sessions:
            await self.stand.pbx.cli(f"manager kick session {descriptor}")

    async def tidy(self) -> None:
        """After a test: no customer calls, telephones as they were, the application runs, no channel is left."""
        carrier = self.stand.carrier
        for call_id in await carrier.calls_in_progress():
            with suppress(NotFound):  # it ended by itself meanwhile
                await carrier.hang_up(call_id)
        now = await carrier.behaviours()
        for phone in carrier.plan.phones:
            if now[phone.name] is not phone.behaviour:
                await carrier.set_behaviour(phone.name, phone.behaviour)
        if self.stand.application.pid is None:
            await self.stand.application.stop()
            await self.stand.application.start()
        await self.quiet()

    def tone_of(self, name: str) -> int:
        return next(phone.tone_hz for phone in self.stand.carrier.plan.phones if phone.name == name)


@asynccontextmanager
async def open_office(folder: Path) -> AsyncIterator[Office]:
    """The demo network with one dealer open round the clock and operators at work, so that tests do not care about the
    hour. The noon of the operators is now: nothing but their hours looks at the manufacturer's own clock."""
    write_note(StandDirs(folder), StandNote(0, _own_ports()))
    stand = Stand(StandOptions(folder), print)
    await stand.start()
    try:
        office = Office(stand, "", "", (), ())
        office.write(
            "DELETE FROM robot_calls WHERE state = 'waiting'"
        )  # nobody calls whom no test has asked to
        did = office.rows(
            "SELECT d.number, d.org_id FROM dids d WHERE d.org_id IS NOT NULL AND d.is_active ORDER BY d.id LIMIT 1"
        )[0]
        outlet = office.rows(
            "SELECT id FROM outlets WHERE org_id = ? ORDER BY position, id LIMIT 1", did["org_id"]
        )[0]
        office.write("UPDATE outlets SET accepts_calls = 0 WHERE org_id = ?", did["org_id"])
        office.write(
            "INSERT OR REPLACE INTO outlet_overrides (outlet_id, is_open, until, reason)"
            " SELECT o.id, 0, '2100-01-01 00:00:00.000000', 'тест' FROM outlets o"
            " JOIN organizations below ON below.id = o.org_id"
            " JOIN organizations dealer ON below.path LIKE dealer.path || '_%' WHERE dealer.id = ?",
            did["org_id"],
        )
        office.write(
            "UPDATE outlets SET hours = ?, accepts_calls = 1, ring_s = 6 WHERE id = ?", ALWAYS, outlet["id"]
        )
        phones = office.rows(
            "SELECT * FROM phones WHERE outlet_id = ? AND is_active ORDER BY id", outlet["id"]
        )
        office.write("UPDATE organizations SET tz = ? WHERE kind = 'manufacturer'", _zone_of_noon())
        hotline = office.rows("SELECT number FROM dids WHERE to_operators AND is_active ORDER BY id")[0]
        duty = office.rows(
            "SELECT * FROM phones WHERE duty_position IS NOT NULL AND is_active ORDER BY duty_position"
        )
        office.did, office.operators_did = did["number"], hotline["number"]
        office.dealer_keys = tuple(_name(row) for row in phones)
        office.duty = tuple(_name(row) for row in duty)
        # A greeting answers: a simulated customer would begin to count his talk from there.
        office.write(
            "UPDATE dids SET greeting = '', says_recorded = 0 WHERE number IN (?, ?)",
            office.did,
            office.operators_did,
        )
        await stand.application.stop()
        await stand.application.start()
        yield office
    finally:
        await stand.stop()


def _own_ports() -> StandPorts:
    """Each worker has its own block: ports that are free at the start may be another stand's that restarts just then."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    tcp, rtp = 1000 * number, 2000 * number
    return StandPorts(
        8080 + tcp, 5060 + tcp, 5070 + tcp, 5038 + tcp, 5039 + tcp, 4573 + tcp, 20000 + rtp, 21000 + rtp
    )


def _name(row: sqlite3.Row) -> str:
    return f"p{row['id']}" if row["kind"] == "sip" else row["number"]


def _zone_of_noon() -> str:
    """A fixed offset by which it is between 12 and 13 o'clock; in these names of zones the sign is turned round."""
    return f"Etc/GMT{time.gmtime().tm_hour - 12:+d}"
