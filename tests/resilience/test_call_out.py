"""Calls out when something breaks at any step: the link to the PBX, the application, the PBX. Every attempt ends, the journal
knows the call, and the customer was never called twice: counted on the carrier's side."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from callcore.asterisk.embedded import find_or_install
from callcore.calls.attempt_rows import take_to_send
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.facts import MilestoneReached, PbxFact
from callcore.kernel.database import Database
from dialplans.contract import Milestone
from dialplans.plan import Behaviour
from tests.integration.databases import migrated_sqlite
from tests.pbx.caller import Caller, Wire, calling
from tests.pbx.lab import Lab, running_lab

pytestmark = [pytest.mark.resilience, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

CHECKOUT = Path(__file__).resolve().parents[2]
# Our phones, by how far their calls get.
RUNG, WHISPERED, DIALLED, RINGING, TALKING, LATE = "p9", "p1", "p4", "p2", "p10", "p5"
UNASKED = "p3"
COUNTED = (RUNG, WHISPERED, DIALLED, RINGING, TALKING, LATE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    cache = Path(os.environ.get("DEALERLINE_CACHE", CHECKOUT / "var/cache")) / "asterisk"
    async with running_lab(find_or_install(cache, print), tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest_asyncio.fixture(loop_scope="session")
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{migrated_sqlite(tmp_path)}")
    yield opened
    await opened.close()


def number(case: int, phone: str) -> str:
    return f"+7916200{case:02}{int(phone[1:]):02}"


async def calls_at_every_step(lab: Lab, caller: Caller, case: int) -> dict[str, str]:
    """By our phone: one dealer's telephone rings, one listens to the whisper, one customer's telephone rings, one talk."""
    await lab.customers.set_think_s(WHISPERED, 5)
    await lab.customers.set_behaviour(RUNG, Behaviour.NO_ANSWER)
    rung_before = await lab.customers.calls_to(RUNG)
    await lab.customers.set_behaviour(number(case, RINGING), Behaviour.NO_ANSWER)
    made = {phone: await caller.press(number(case, phone), phone) for phone in (RINGING, TALKING)}
    await caller.reached(made[TALKING], "talking")
    for phone in (WHISPERED, RUNG):
        made[phone] = await caller.press(number(case, phone), phone)
    await caller.reached(made[WHISPERED], "ours")
    await caller.reached(made[RINGING], "dialling")
    async with asyncio.timeout(60):
        while await lab.customers.calls_to(RUNG) == rung_before:  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.02)
    return made


async def counted(lab: Lab, case: int) -> dict[str, int]:
    return {phone: await lab.customers.calls_to(number(case, phone)) for phone in COUNTED}


async def taken(lab: Lab, case: int, *phones: str) -> None:
    """The dealer has pressed his key, and his customer, who answers at once, talks with him."""
    async with asyncio.timeout(60):
        for phone in phones:
            while not await lab.customers.calls_to(number(case, phone)):  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.2)
    await asyncio.sleep(2)


async def linked(caller: Caller) -> None:
    async with asyncio.timeout(60):
        while not caller.pbx.health().connected:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def test_the_link_is_cut_at_every_step(lab: Lab, database: Database) -> None:
    wire = Wire(lab.plan.ami_port)
    async with calling(lab, database, wire) as caller:
        made = await calls_at_every_step(lab, caller, 1)

        def cut_at_dialling(fact: PbxFact) -> None:
            """Between the INVITE to the customer and his telephone's ringing."""
            is_it = isinstance(fact, MilestoneReached) and fact.call_id == made.get(DIALLED)
            if is_it and fact.kind == Milestone.DIALLING and not cuts:
                cuts.append(fact.call_id)
                wire.cut()

        cuts: list[str] = []
        caller.ears.append(cut_at_dialling)
        made[DIALLED] = await caller.begin(number(1, DIALLED), DIALLED)
        await caller.dialler.dial(made[DIALLED])
        async with asyncio.timeout(60):
            while caller.pbx.connections < 2:  # noqa: ASYNC110 - another task
                await asyncio.sleep(0.02)
        await linked(caller)
        assert cuts
        wire.is_deaf = True
        made[LATE] = await caller.press(number(1, LATE), LATE)  # the PBX took it, its answer never came
        wire.is_open = False
        wire.cut()
        async with asyncio.timeout(60):
            while caller.pbx.health().connected:  # noqa: ASYNC110 - another task
                await asyncio.sleep(0.02)
        unasked = await caller.press(number(1, UNASKED), UNASKED)
        wire.is_deaf, wire.is_open = False, True
        await linked(caller)
        await asyncio.sleep(5)  # the customer's telephone rings out meanwhile
        await taken(lab, 1, WHISPERED, DIALLED, LATE)
        for phone in (WHISPERED, DIALLED, TALKING, LATE):
            await lab.customers.put_down(phone)
        results = {phone: (await caller.ended(call_id)).result for phone, call_id in made.items()}
        row = await caller.ended(unasked)
        assert (row.result, row.reason) == ("failed", "pbx-not-connected")
        talked = dict.fromkeys((WHISPERED, DIALLED, TALKING, LATE), "talked")
        assert results == {**talked, RINGING: "no_answer", RUNG: "ours_no_answer"}
        assert await counted(lab, 1) == dict.fromkeys(made, 1) | {RUNG: 0}
        assert await lab.customers.calls_to(number(1, UNASKED)) == 0, "nothing is asked later"
        for phone, call_id in made.items():
            call = await caller.call(call_id)
            assert (call.direction, call.caller_number) == ("outbound", number(1, phone))
            assert len(await caller.calls(call_id)) == 1
        await lab.quiet()


async def test_the_application_is_stopped_at_every_step(lab: Lab, database: Database) -> None:
    """One call goes on while it is away and ends after it is back, the others end before; one was never sent."""
    async with calling(lab, database) as caller:
        unsent = await caller.begin(number(2, UNASKED), UNASKED)
        made = await calls_at_every_step(lab, caller, 2)
        made[LATE] = await caller.press(number(2, LATE), LATE)
    await asyncio.sleep(5)
    await taken(lab, 2, WHISPERED, LATE)
    for phone in (TALKING, WHISPERED):
        await lab.customers.put_down(phone)
    async with calling(lab, database) as caller:
        await asyncio.gather(*(caller.dialler.dial(call_id) for call_id in made.values()))
        await lab.customers.put_down(LATE)
        rows = {phone: await caller.ended(call_id, 40) for phone, call_id in made.items()}
        results = {phone: row.result for phone, row in rows.items()}
        talked = dict.fromkeys((WHISPERED, TALKING, LATE), "talked")
        assert results == {**talked, RINGING: "no_answer", RUNG: "ours_no_answer"}
        assert rows[TALKING].talk_s >= 5
        assert await counted(lab, 2) == dict.fromkeys(made, 1) | {RUNG: 0, DIALLED: 0}
        for phone, call_id in made.items():
            call = await caller.call(call_id)
            assert (call.direction, call.caller_number) == ("outbound", number(2, phone))
            missed = {RINGING: "no_answer", RUNG: "failed"}
            assert call.result == missed.get(phone, "answered")
            bases = [one.base for one in await caller.recordings(call_id)]
            assert bases == ([] if phone in missed else [call_id])
        row = await caller.ended(unsent, 40)
        assert (row.result, row.reason) == ("failed", "not-sent")
        assert await lab.customers.calls_to(number(2, UNASKED)) == 0
        await lab.quiet()


async def ends_after(
    lab: Lab, caller: Caller, case: int, made: dict[str, str], limit_s: float
) -> dict[str, AttemptRow]:
    """Of the calls of a PBX that is no more, as soon as another one is there: all telephones are put down before."""
    for phone in (*made, *(number(case, phone) for phone in made)):
        await lab.customers.put_down(phone)
    await linked(caller)
    async with asyncio.timeout(limit_s):
        rows = {phone: await caller.ended(call_id) for phone, call_id in made.items()}
    assert all(row.open_key is None for row in rows.values())
    return rows


async def killed(lab: Lab) -> None:
    assert lab.pbx.pid is not None
    os.kill(lab.pbx.pid, signal.SIGKILL)


async def stopped(lab: Lab) -> None:
    assert "shutting down" not in await lab.pbx.cli("core stop now")


@pytest.mark.parametrize(("case", "end"), [(3, killed), (4, stopped)])
async def test_the_pbx_goes_at_every_step(
    lab: Lab, database: Database, case: int, end: Callable[[Lab], Awaitable[None]]
) -> None:
    """As soon as another one is there, all that the old one carried has ended, and says why."""
    async with calling(lab, database) as caller:
        made = await calls_at_every_step(lab, caller, case)
        await end(lab)
        await lab.pbx.wait()
        await lab.pbx.stop()
        await lab.pbx.start()
        rows = await ends_after(lab, caller, case, made, 5)
        unheard = "pbx-restarted" if end is killed else "pbx-stopped"
        assert {phone: (row.result, row.reason) for phone, row in rows.items()} == {
            RUNG: ("failed", unheard),
            WHISPERED: ("failed", unheard),
            RINGING: ("failed", "pbx-restarted"),
            TALKING: ("talked", "pbx-restarted"),
        }
        assert await counted(lab, case) == dict.fromkeys(COUNTED, 0) | {RINGING: 1, TALKING: 1}
        call = await caller.call(made[TALKING])
        assert (call.direction, call.result) == ("outbound", "answered")


async def test_both_are_killed_at_every_step(lab: Lab, database: Database) -> None:
    """A new application hears a new PBX, and neither remembers: the ends are known within seconds all the same. One call was
    written down as asked for, and never was."""
    async with calling(lab, database) as caller:
        made = await calls_at_every_step(lab, caller, 5)
        made[LATE] = await caller.begin(number(5, LATE), LATE)
        await killed(lab)
        await database.write(lambda connection: take_to_send(connection, made[LATE], caller.clock.now()))
    await lab.pbx.wait()
    await lab.pbx.stop()
    await lab.pbx.start()
    async with calling(lab, database) as caller:
        rows = await ends_after(lab, caller, 5, made, 12)
        assert {phone: (row.result, row.reason) for phone, row in rows.items()} == {
            RUNG: ("failed", "pbx-restarted"),
            WHISPERED: ("failed", "pbx-restarted"),
            RINGING: ("failed", "pbx-restarted"),
            TALKING: ("talked", "pbx-restarted"),
            LATE: ("failed", "not-sent"),
        }
        assert await counted(lab, 5) == dict.fromkeys(COUNTED, 0) | {RINGING: 1, TALKING: 1}
