"""Calls out when something breaks at any step: the link to the PBX, the application, the PBX. Every attempt ends, the journal
knows the call, and the customer was never called twice: counted on the carrier's side."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcore.asterisk.embedded import find_or_install
from callcore.kernel.database import Database
from dialplans.plan import Behaviour
from tests.integration.databases import migrated_sqlite
from tests.pbx.caller import Caller, Wire, calling
from tests.pbx.lab import Lab, running_lab

pytestmark = [pytest.mark.resilience, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

CHECKOUT = Path(__file__).resolve().parents[2]
WHISPERED, RINGING, TALKING, LATE = "p1", "p2", "p10", "p5"  # our phones, by how far their calls get


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
    """By our phone: one dealer listens to the whisper, one customer's telephone rings, one talk."""
    await lab.customers.set_think_s(WHISPERED, 5)
    await lab.customers.set_behaviour(number(case, RINGING), Behaviour.NO_ANSWER)
    made = {phone: await caller.press(number(case, phone), phone) for phone in (RINGING, TALKING)}
    await caller.reached(made[TALKING], "talking")
    made[WHISPERED] = await caller.press(number(case, WHISPERED), WHISPERED)
    await caller.reached(made[WHISPERED], "ours")
    await caller.reached(made[RINGING], "dialling")
    return made


async def counted(lab: Lab, case: int) -> dict[str, int]:
    phones = (WHISPERED, RINGING, TALKING, LATE)
    return {phone: await lab.customers.calls_to(number(case, phone)) for phone in phones}


async def linked(caller: Caller) -> None:
    async with asyncio.timeout(20):
        while not caller.pbx.health().connected:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def test_the_link_is_cut_at_every_step(lab: Lab, database: Database) -> None:
    wire = Wire(lab.plan.ami_port)
    async with calling(lab, database, wire) as caller:
        made = await calls_at_every_step(lab, caller, 1)
        wire.is_deaf = True
        made[LATE] = await caller.press(number(1, LATE), LATE)  # the PBX took it, its answer never came
        wire.is_open = False
        wire.cut()
        async with asyncio.timeout(10):
            while caller.pbx.health().connected:  # noqa: ASYNC110 - another task
                await asyncio.sleep(0.02)
        unasked = await caller.press(number(1, "p9"), "p9")
        wire.is_deaf, wire.is_open = False, True
        await linked(caller)
        await asyncio.sleep(5)  # the dealer presses his key meanwhile, the customer's telephone rings out
        for phone in (WHISPERED, TALKING, LATE):
            await lab.customers.put_down(phone)
        results = {phone: (await caller.ended(call_id)).result for phone, call_id in made.items()}
        row = await caller.ended(unasked)
        assert (row.result, row.reason) == ("failed", "pbx-not-connected")
        assert results == {WHISPERED: "talked", RINGING: "no_answer", TALKING: "talked", LATE: "talked"}
        assert await counted(lab, 1) == dict.fromkeys(made, 1)
        assert await lab.customers.calls_to(number(1, "p9")) == 0, "nothing is asked later"
        for phone, call_id in made.items():
            call = await caller.call(call_id)
            assert (call.direction, call.caller_number) == ("outbound", number(1, phone))
            assert len(await caller.calls(call_id)) == 1
        await lab.quiet()


async def test_the_application_is_stopped_at_every_step(lab: Lab, database: Database) -> None:
    """One call goes on while it is away and ends after it is back, the others end before; one was never sent."""
    async with calling(lab, database) as caller:
        unsent = await caller.begin(number(2, "p9"), "p9")
        made = await calls_at_every_step(lab, caller, 2)
        made[LATE] = await caller.press(number(2, LATE), LATE)
    await asyncio.sleep(7)  # the dealer presses his key, his customer answers
    for phone in (TALKING, WHISPERED):
        await lab.customers.put_down(phone)
    async with calling(lab, database) as caller:
        await asyncio.gather(*(caller.dialler.dial(call_id) for call_id in made.values()))
        await lab.customers.put_down(LATE)
        rows = {phone: await caller.ended(call_id, 40) for phone, call_id in made.items()}
        results = {phone: row.result for phone, row in rows.items()}
        assert results == {WHISPERED: "talked", RINGING: "no_answer", TALKING: "talked", LATE: "talked"}
        assert rows[TALKING].talk_s >= 5
        assert await counted(lab, 2) == dict.fromkeys(made, 1)
        for phone, call_id in made.items():
            call = await caller.call(call_id)
            assert (call.direction, call.caller_number) == ("outbound", number(2, phone))
            assert call.result == ("no_answer" if phone == RINGING else "answered")
            bases = [one.base for one in await caller.recordings(call_id)]
            assert bases == ([] if phone == RINGING else [call_id])
        row = await caller.ended(unsent, 40)
        assert (row.result, row.reason) == ("failed", "not-sent")
        assert await lab.customers.calls_to("p9") == 0
        await lab.quiet()


async def test_the_pbx_is_killed_at_every_step(lab: Lab, database: Database) -> None:
    """As soon as another one is there, all that the old one carried has ended."""
    async with calling(lab, database) as caller:
        made = await calls_at_every_step(lab, caller, 3)
        assert lab.pbx.pid is not None
        os.kill(lab.pbx.pid, signal.SIGKILL)
        await lab.pbx.wait()
        await lab.pbx.stop()
        await lab.pbx.start()
        for phone in (*made, *(number(3, phone) for phone in made)):
            await lab.customers.put_down(phone)
        await linked(caller)
        async with asyncio.timeout(5):
            rows = {phone: await caller.ended(call_id) for phone, call_id in made.items()}
        ends = {phone: (row.result, row.reason) for phone, row in rows.items()}
        assert ends == {
            WHISPERED: ("failed", "pbx-restarted"),
            RINGING: ("failed", "pbx-restarted"),
            TALKING: ("talked", "pbx-restarted"),
        }
        assert all(row.open_key is None for row in rows.values())
        assert await counted(lab, 3) == {WHISPERED: 0, RINGING: 1, TALKING: 1, LATE: 0}
        call = await caller.call(made[TALKING])
        assert (call.direction, call.result) == ("outbound", "answered")
