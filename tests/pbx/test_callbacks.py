"""Callbacks on a real PBX: a request leads to a two-way talk; a caller who waits presses 1, keeps his place and is called back."""

import asyncio
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcore.asterisk.carrier import UNKNOWN_TONE_HZ
from callcore.calls.settings import CallSettings, write_call_settings
from callcore.kernel.database import Database
from callcore.network.tables import DidRow
from callcore.outbound.callbacks.ask_callback import AskCallback
from callcore.outbound.callbacks.callback_worker import CallbackWorker
from callcore.outbound.callbacks.model import CallbackAsk, CallbackSource
from callcore.outbound.callbacks.plan_callback import CallbackTools
from callcore.outbound.callbacks.queue_presses import QueuePresses
from callcore.outbound.callbacks.sites import site_by_key
from callcore.outbound.tables import CallbackRow, CallbackSiteRow
from dialplans.contract import HELD_FRESH_S, HELD_S, OUT_PREFIX, RECORDING_CUSTOMER, RECORDING_OURS
from dialplans.plan import Behaviour
from tests.audio import is_heard, read_sound
from tests.factories.network import make_org, make_user
from tests.integration.databases import migrated_sqlite
from tests.pbx.caller import CLI, Caller, calling
from tests.pbx.lab import DID, SOUNDS_HZ, STAYS_S, VOICES, customer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

NUMBER, WAITING, BEHIND = "+79163000001", "+79161234567", "+79161110000"


@pytest.fixture
async def database(tmp_path):
    opened = Database(f"sqlite+aiosqlite:///{migrated_sqlite(tmp_path)}")
    async with opened.transaction() as session:
        maker = await make_org(session, id=1)
        await make_user(session, maker, id=1)
        session.add(DidRow(id=1, number=CLI, label="Горячая линия"))
        await session.flush()
        any_hour = CallSettings(
            from_minute=0, until_minute=1440, callback_from_minute=0, callback_until_minute=1440
        )
        await write_call_settings(session, any_hour, shown=0, at=maker.created_at, user_id=1)
    yield opened
    await opened.close()


@pytest.fixture
async def caller(lab, database):
    async with calling(lab, database) as caller:
        yield caller


class Callbacks:
    """The worker and its neighbours over a lab; `phones` are what the routing would ring."""

    def __init__(self, caller: Caller, *phones: tuple[str, ...]) -> None:
        self.caller = caller
        self.asking = AskCallback(caller.database, caller.clock, caller.bus, lambda _number: ())
        self.presses = QueuePresses(caller.database, caller.clock, self.asking)
        tools = CallbackTools(
            steps=lambda _did, _number, _now: phones,
            unreachable=frozenset,
            talking=lambda: caller.follower.phones_in_use(),
            whisper=lambda *_: "dealerline/whisper",
            is_connected=lambda: caller.pbx.health().connected,
            usual_cli=CLI,
            hold_place=caller.pbx.hold_place,
        )
        self.worker = CallbackWorker(caller.database, caller.clock, caller.bus, caller.dialler, tools)

    async def row(self, number: str) -> CallbackRow | None:
        async with self.caller.database.session() as session:
            return await session.scalar(select(CallbackRow).where(CallbackRow.number == number))

    async def until(self, number: str, state: str, limit_s: float = 60) -> CallbackRow:
        """The application's own pace."""
        async with asyncio.timeout(limit_s):
            while True:
                await self.presses.look()
                await self.worker.step()
                row = await self.row(number)
                if row is not None and row.state == state:
                    return row
                await asyncio.sleep(0.3)


async def test_a_request_from_a_site_becomes_a_talk_with_sound_both_ways(lab, caller, database):
    async with database.transaction() as session:
        session.add(CallbackSiteRow(key="shop", title="Окна", made_at=caller.clock.now()))
    await lab.customers.set_behaviour("p1", Behaviour.NO_ANSWER)
    callbacks = Callbacks(caller, ("p8",), ("p2",))
    async with database.session() as session:
        site = await site_by_key(session, "shop")
    told = CallbackAsk(source=CallbackSource.API, site="shop", number=NUMBER)
    asked = await callbacks.asking.ask(told, site)
    assert asked.due_at - caller.clock.now() <= timedelta(seconds=30)
    async with database.transaction() as session:
        row = await session.get(CallbackRow, asked.id)
        row.due_at = caller.clock.now()
    await lab.customers.listen("p2")
    await callbacks.until(NUMBER, "calling")  # p8 is not registered: the next group follows
    async with asyncio.timeout(60):
        while not (talking := [key for key, told in caller.states.items() if told[-1] == "talking"]):
            await callbacks.worker.step()
            await asyncio.sleep(0.3)
    await asyncio.sleep(10.5)  # a talk that proves a contact
    await lab.customers.put_down("p2")
    row = await callbacks.until(NUMBER, "done")
    assert (row.attempts, row.reason) == (2, "talked")
    assert await lab.customers.calls_to(NUMBER) == 1
    await lab.quiet()
    (call_id,) = talking
    assert is_heard(lab.recording(call_id, RECORDING_CUSTOMER.format(base="")), UNKNOWN_TONE_HZ)
    assert is_heard(lab.recording(call_id, RECORDING_OURS.format(base="")), VOICES["p2"])
    assert is_heard(lab.customers.heard("p2"), SOUNDS_HZ["whisper"])


async def test_who_waits_presses_1_hears_a_promise_and_is_called_back_in_his_turn(
    lab, caller, ear, application
):
    await lab.customers.set_behaviour("p4", Behaviour.BUSY)
    application.route(("p4", 15, "operators", 60))
    await lab.customers.listen("customers")
    call = await lab.customers.place_call(customer(talk_s=30, presses="wwww1"))
    await ear.milestone("step")
    behind = await lab.customers.place_call(customer(from_number=BEHIND[1:], talk_s=STAYS_S))
    told = await ear.milestone("callback")
    await lab.customers.set_behaviour("p4", Behaviour.ACCEPT)
    callbacks = Callbacks(caller, ("p4",))
    row = await callbacks.until(WAITING, "calling")
    assert (row.source, row.page) == ("queue", f"+{DID} {told['Ticket']}")
    await lab.over(call)
    assert is_heard(read_sound(lab.customers.heard(call)), SOUNDS_HZ["promised-ru"])
    async with asyncio.timeout(60):
        while not any(states[-1] == "talking" for states in caller.states.values()):  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.2)
    assert await lab.customers.calls_to(WAITING) == 1
    held = await lab.pbx.cli("dialplan show globals")
    assert f"DL_HELD_{told['Ticket']}=\n" in held.replace("\r", "") + "\n"
    (first,) = ear.milestones("accepted")  # who stands behind him still waits
    assert first["CallId"].startswith(OUT_PREFIX)
    await lab.customers.put_down("p4")
    await callbacks.until(WAITING, "unreached")  # a short talk is for a person to judge
    async with asyncio.timeout(60):
        while len(ear.milestones("accepted")) < 2:  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.2)
    await lab.customers.hang_up(behind)
    assert await callbacks.presses.look() == 0
    await lab.quiet()


async def test_nobody_waits_for_a_place_when_the_application_that_would_call_is_away(lab, ear, application):
    await lab.customers.set_behaviour("p4", Behaviour.BUSY)
    application.route(("p4", 15, "operators", 60))
    call = await lab.customers.place_call(customer(talk_s=30, presses="wwww1"))
    told = await ear.milestone("callback")
    await lab.over(call)
    await asyncio.sleep(HELD_FRESH_S + 1 - time.monotonic() + float(told["heard_at"]))
    await lab.customers.set_behaviour("p4", Behaviour.ACCEPT)
    behind = await lab.customers.place_call(customer(from_number=BEHIND[1:], talk_s=STAYS_S))
    ringing = await ear.ringing("p4")
    begun = await ear.first(lambda event: event.get("CallerIDNum") == BEHIND[1:])
    assert float(ringing["heard_at"]) - float(begun["heard_at"]) < HELD_S - 2
    await lab.customers.hang_up(behind)
    await lab.quiet()
