"""A press, what the PBX says of it, and what stands in attempt, journal, order and task afterwards."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcore.calls.after_call import look_after_calls
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind, NewAttempt
from callcore.calls.dial import Dialler, begin_attempt
from callcore.calls.events import AttemptChanged
from callcore.calls.facts import (
    BridgeEntered,
    BridgeLeft,
    ChannelCreated,
    ChannelHungUp,
    ChannelRef,
    ChannelStateChanged,
    LocalBridged,
    MilestoneReached,
    PbxLost,
    PbxSnapshot,
)
from callcore.calls.follow_attempts import ABSENT_AFTER, RECORD_WITHIN, AttemptFollower
from callcore.calls.journal import JournalWriter
from callcore.calls.model import PhoneInfo
from callcore.calls.tables import CallRow, RecordingRow
from callcore.calls.task_tables import TaskRow
from callcore.calls.tracker import Tracker
from callcore.calls.unwritten import Unwritten
from callcore.customers.tables import CustomerRow
from callcore.kernel.bus import Bus
from callcore.kernel.errors import Conflict, Invalid, PbxUnavailable
from callcore.network.model import PhoneOwner
from callcore.orders.attach_call import AttachCall
from callcore.orders.contact import prove_contacts
from callcore.orders.create_order import create_order
from callcore.orders.model import NewOrder, OrderKind
from callcore.orders.tables import OrderEventRow, OrderRow
from tests.fakes.pbx import FakePbx
from tests.integration.orders import stage

pytestmark = pytest.mark.integration

CUSTOMER, CLI = "+79161234567", "+74950000001"


class Phones:
    """p12 is the dealer's, nobody's own."""

    def phone(self, key):
        return PhoneInfo(12, PhoneOwner.OUTLET, "Салон", None, 2, "/1/2/", None) if key == "p12" else None


class Desk:
    def __init__(self, database, clock):
        self.database, self.clock, self.bus = database, clock, Bus()
        self.pbx = FakePbx(clock)
        self.dialler = Dialler(self.pbx, database, self.bus, clock)
        self.follower = AttemptFollower(database, self.bus, clock, lambda: self.pbx.health().connected)
        self.told = []
        self.bus.subscribe(
            lambda event: self.told.append(event) if isinstance(event, AttemptChanged) else None
        )

    async def begin(self, **more):
        new = NewAttempt(
            **{
                "kind": AttemptKind.ORDER,
                "key": "press-1",
                "open_key": "order:1",
                "number": CUSTOMER,
                "cli": CLI,
                "phone_keys": ("p12",),
                **more,
            }
        )
        async with self.database.transaction() as session:
            return await begin_attempt(session, new, now=self.clock.now())

    async def attempt(self, call_id):
        async with self.database.session() as session:
            return (await session.scalars(select(AttemptRow).where(AttemptRow.call_id == call_id))).one()

    async def hear(self, *facts):
        """Both consumers: attempts and the journal."""
        tracker, unwritten = Tracker(Phones()), Unwritten()
        tracker.hear(PbxSnapshot(self.clock.now() - timedelta(hours=1), (), restarted=False, system_name=""))
        for fact in facts:
            await self.follower.apply(fact)
            tracker.hear(fact)
        unwritten.add(tracker.take())
        writer = JournalWriter(AttachCall())
        await self.database.write(lambda connection: writer.write(connection, unwritten.first(10)))


@pytest.fixture
async def desk(database, clock):
    clock.set(stage.NOW)
    await stage.fill(database)
    desk = Desk(database, clock)
    desk.pbx.connect()
    return desk


async def made_order(database, **more):
    async with database.transaction() as session:
        session.add(CustomerRow(id=7, name="Иван", created_at=stage.NOW))
        await session.flush()
        new = NewOrder(
            **{"kind": OrderKind.ORDER, "customer_id": 7, "org_id": 2, "status": "accepted", **more}
        )
        return (await create_order(session, new, now=stage.NOW)).id


def talk(call_id, at, *, talk_s=20, n=1):
    """Facts of a whole call, as a PBX tells them."""

    def ref(name, uniqueid, phone=""):
        return ChannelRef(name, uniqueid, call_id, call_id, phone)

    near, far = ref("Local/s@dl-ours-1;1", call_id), ref("Local/s@dl-ours-1;2", f"{call_id};2")
    leg1, leg2 = ref("Local/p12@dl-leg-2;1", f"{n}.3"), ref("Local/p12@dl-leg-2;2", f"{n}.4", "p12")
    phone, outside = ref("PJSIP/p12-1", f"{n}.5", "p12"), ref("PJSIP/trunk-main-1", f"{n}.6")
    after = at + timedelta(seconds=5)
    end = after + timedelta(seconds=talk_s)

    def said(when, channel, kind, **values):
        return MilestoneReached(when, channel, kind, call_id, tuple(values.items()))

    born = [ChannelCreated(at, one, "", "", "", "", "Down") for one in (near, far, leg1, leg2, phone)]
    return [
        *born[:2],
        LocalBridged(at, near, far),
        said(at, far, "out", Number=CUSTOMER, Keys="p12"),
        *born[2:],
        LocalBridged(at, leg1, leg2),
        ChannelStateChanged(at, phone, "Up"),
        said(at, phone, "offered", Phone="p12"),
        said(at, phone, "accepted", Phone="p12"),
        BridgeEntered(at, phone, "b1"),
        BridgeEntered(at, leg2, "b1"),
        BridgeEntered(at, leg1, "b2"),
        BridgeEntered(at, far, "b2"),
        ChannelCreated(at, outside, "", "", "", "", "Down"),
        said(at, outside, "dialling"),
        ChannelStateChanged(at, outside, "Ringing"),
        ChannelStateChanged(after, outside, "Up"),
        said(after, outside, "recording", File=call_id),
        BridgeEntered(after, outside, "b3"),
        BridgeEntered(after, near, "b3"),
        BridgeLeft(end, outside, "b3"),
        *(ChannelHungUp(end, one, 16, "") for one in (phone, leg1, leg2, outside, near, far)),
    ]


async def test_a_talk_stands_on_attempt_journal_and_order_and_proves_the_contact(desk, database):
    order_id = await made_order(database)
    async with database.transaction() as session:
        session.add(
            TaskRow(
                kind="missed",
                title="Перезвонить",
                call_id="x",
                caller_number=CUSTOMER,
                made_at=desk.clock.now() - timedelta(hours=1),
                due_at=desk.clock.now(),
                close_reason="",
                data={},
                dedupe_key="missed:x",
            )
        )
    begun = await desk.begin(order_id=order_id, org_id=2, user_id=2)
    await desk.dialler.dial(begun.call_id)
    now = desk.clock.now()
    await desk.hear(*talk(begun.call_id, now))
    row = await desk.attempt(begun.call_id)
    assert (row.state, row.result, row.reason, row.talk_s) == ("ended", "talked", "customer-hung-up", 20)
    assert (row.ours_at, row.dialled_at, row.joined_at) == (now, now, now + timedelta(seconds=5))
    assert [event.result or event.state for event in desk.told] == [
        *("sent", "ours", "dialling", "talking", "talked")
    ]
    assert desk.told[-1].audience.org_ids == {1, 2}
    async with database.transaction() as session:
        call = (await session.scalars(select(CallRow))).one()
        assert (call.call_id, call.direction, call.result) == (begun.call_id, "outbound", "answered")
        assert (call.caller_number, call.talk_s, call.org_id, call.user_id) == (CUSTOMER, 20, 2, 2)
        assert (call.customer_id, call.order_id) == (7, order_id)
        assert await session.scalar(select(RecordingRow.base)) == begun.call_id
        lines = select(func.count()).where(OrderEventRow.order_id == order_id, OrderEventRow.kind == "call")
        assert await session.scalar(lines) == 1
        assert await prove_contacts(session, now=now + timedelta(minutes=1)) == 1
        assert (await session.get(OrderRow, order_id)).contacted_at is not None
        await look_after_calls(session, now + timedelta(minutes=1))
        assert (await session.scalars(select(TaskRow.closed_at))).one() is not None


async def test_a_call_without_an_order_stands_on_the_callers_own_open_one(desk, database):
    own = await made_order(database)
    begun = await desk.begin(kind=AttemptKind.CUSTOMER, customer_id=7, org_id=2, user_id=2)
    await desk.dialler.dial(begun.call_id)
    await desk.hear(*talk(begun.call_id, desk.clock.now()))
    rival = await desk.begin(kind=AttemptKind.CUSTOMER, customer_id=7, org_id=4, key="other")
    await desk.hear(*talk(rival.call_id, desk.clock.now(), n=2))
    async with database.session() as session:
        rows = (
            await session.execute(select(CallRow.customer_id, CallRow.order_id).order_by(CallRow.id))
        ).all()
    assert [tuple(row) for row in rows] == [(7, own), (7, None)]


async def test_one_press_is_one_asking(desk):
    begun = await asyncio.gather(*(desk.begin() for _ in range(3)))
    assert len({one.call_id for one in begun}) == 1
    assert [one.is_new for one in begun].count(True) == 1
    call_id = begun[0].call_id
    with pytest.raises(Conflict) as refused:
        await desk.begin(key="press-2")
    assert (refused.value.code, refused.value.details["call_id"]) == ("call-in-progress", call_id)
    await asyncio.gather(*(desk.dialler.dial(call_id) for _ in range(3)))
    (asked,) = desk.pbx.originated
    assert (asked.channel, asked.context, asked.call_id) == ("Local/s@dl-ours/n", "dl-out", call_id)
    assert CUSTOMER not in (asked.channel, asked.caller_id, asked.extension)
    assert asked.variables["DL_TO"] == CUSTOMER
    for name, value in (
        ("number", "112; x"),
        ("cli", ""),
        ("phone_keys", ("PJSIP/1",)),
        ("phone_keys", ()),
        ("whisper", "a,b"),
        ("variables", {"PATH": "1"}),
        ("variables", {"DL_X_A": "${SHELL(id)}"}),
    ):
        with pytest.raises(Invalid):
            await desk.begin(**{"key": "new", "open_key": "new", name: value})


async def test_a_robot_dials_the_customer_first(desk):
    begun = await desk.begin(kind=AttemptKind.ROBOT, phone_keys=(), variables={"DL_X_SAY": "a&b"})
    await desk.dialler.dial(begun.call_id)
    (asked,) = desk.pbx.originated
    assert (asked.channel, asked.context) == ("Local/s@dl-out/n", "dl-robot")
    assert asked.variables["DL_X_SAY"] == "a&b"


async def test_what_was_not_taken_ends_and_is_not_asked_again(desk, clock):
    """A lost answer, a refusal, no link, no sending at all, a stop before it: each attempt ends and frees its key."""
    lost = (await desk.begin(key="a", open_key="a")).call_id
    desk.pbx.answer_lost = True
    await desk.dialler.dial(lost)
    refused = (await desk.begin(key="b", open_key="b")).call_id
    desk.pbx.refusal = "no"
    await desk.dialler.dial(refused)
    stopped = (await desk.begin(key="c", open_key="c")).call_id
    await desk.dialler.hang_up(stopped)
    await desk.dialler.dial(stopped)
    unsent = (await desk.begin(key="d", open_key="d")).call_id
    desk.pbx.lose()
    unlinked = (await desk.begin(key="e", open_key="e")).call_id
    await desk.dialler.dial(unlinked)
    with pytest.raises(PbxUnavailable):
        await desk.dialler.hang_up(lost)
    assert (await desk.attempt(lost)).reason == "", "the PBX has not heard of the stop"
    await desk.follower.apply(PbxLost(clock.now(), "gone"))
    desk.pbx.connect()
    await desk.follower.apply(PbxSnapshot(clock.now(), (), restarted=False, system_name=""))
    await desk.follower.look()
    assert (await desk.attempt(lost)).state == "sent", "it may still come"
    clock.advance(ABSENT_AFTER + RECORD_WITHIN + timedelta(seconds=1))
    await desk.follower.look()
    await desk.dialler.dial(unsent)
    ends = {name: await desk.attempt(name) for name in (lost, refused, stopped, unsent, unlinked)}
    assert [(row.result, row.reason) for row in ends.values()] == [
        ("unknown", "lost"),
        ("failed", "pbx-refused"),
        ("cancelled", "stopped"),
        ("failed", "not-sent"),
        ("failed", "pbx-not-connected"),
    ]
    assert all(row.open_key is None for row in ends.values())
    assert [one.call_id for one in desk.pbx.originated] == [lost]
