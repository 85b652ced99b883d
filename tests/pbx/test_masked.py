"""A dealer on his own telephone and his customer call one number of ours and get one another; neither sees the other's number."""

from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select

from callcore.asterisk.agi.server import AgiSettings
from callcore.asterisk.answering.application_side import AnsweringProcess, Knowledge
from callcore.asterisk.carrier import UNKNOWN_TONE_HZ
from callcore.asterisk.inbound import InboundRouting
from callcore.bootstrap.live_state import LiveKeeper
from callcore.bootstrap.masked_keeper import MaskedKeeper
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.follow_calls import CallFollower
from callcore.calls.settings import CallSettings, write_call_settings
from callcore.calls.tables import CallRow, LegRow, RecordingRow
from callcore.kernel.database import Database
from callcore.orders.attach_call import AttachCall
from callcore.orders.contact import prove_contacts
from callcore.orders.tables import OrderRow
from callcore.outbound.masked_link import LinkMasked
from callcore.routing.numbering import EMPTY_PLAN
from callcore.routing.snapshot import RoutingOptions
from dialplans.contract import RECORDING_CUSTOMER, RECORDING_DONE, RECORDING_OURS, Phrase
from tests.audio import is_heard, make_tone, read_sound
from tests.factories.network import make_did, make_org, make_outlet, make_phone, make_user
from tests.factories.sales import make_customer, make_order
from tests.integration.databases import migrated_sqlite
from tests.pbx.caller import Caller
from tests.pbx.lab import CUSTOMER_HZ, DID, OUTSIDE, VOICES, customer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

CLIENT = "+79161007701"
NOTICE_HZ = 1500
MOBILE_ID = 3  # p3 of the lab stands at OUTSIDE


@pytest.fixture
async def database(tmp_path):
    opened = Database(f"sqlite+aiosqlite:///{migrated_sqlite(tmp_path)}")
    yield opened
    await opened.close()


async def a_pressed_order(database, now):
    """The manager of a dealer has called his customer from his mobile once; gives the order's id."""
    async with database.transaction() as session:
        factory = await make_org(session)
        dealer = await make_org(session, parent=factory, kind="dealer")
        await make_outlet(session, dealer, name="Салон")
        await make_did(session, number=f"+{DID}", region_code="RU-MOW", says_recorded=True)
        user = await make_user(session, dealer, role="dealer_manager")
        outlet = await make_outlet(session, dealer)
        values = {"id": MOBILE_ID, "kind": "external", "number": OUTSIDE, "extension": ""}
        phone = await make_phone(session, outlet=outlet, **values)
        phone.user_id = user.id
        client = await make_customer(session, phone=CLIENT)
        order = await make_order(
            session, client, org_id=dealer.id, outlet_id=outlet.id, status_class="waiting"
        )
        press = {
            "call_id": "out-before", "key": "before", "kind": "order", "state": "ended", "number": CLIENT,
            "cli": f"+{DID}", "phone_keys": [f"p{MOBILE_ID}"], "org_id": dealer.id, "user_id": user.id,
            "order_id": order.id, "made_at": now,
        }  # fmt: skip
        session.add(AttemptRow(**press))
        await write_call_settings(session, CallSettings(proven_talk_s=1), shown=0, at=now, user_id=user.id)
        return order.id


@asynccontextmanager
async def serving(lab, database):
    """The application's part: answers to the PBX by real routing, the journal by real events."""
    caller = Caller(lab, database, lab.plan.ami_port)
    order_id = await a_pressed_order(database, caller.clock.now())
    masked = MaskedKeeper(database, caller.clock)
    live = LiveKeeper(database, caller.clock, pairs=masked.ties)
    await masked.look()
    await live.refresh()
    routing = InboundRouting(
        database=database,
        clock=caller.clock,
        numbering=lambda: EMPTY_PLAN,
        options=RoutingOptions(),
        live=lambda: live.current,
    )
    await routing.refresh()
    follower = CallFollower(
        pbx=caller.pbx,
        database=database,
        bus=caller.bus,
        clock=caller.clock,
        directory=routing,
        linker=LinkMasked(AttachCall()),
    )
    caller.follower = follower
    agi = AnsweringProcess(
        AgiSettings(port=lab.plan.agi_port),
        Knowledge(lambda: routing.snapshot, lambda: live.current, masked.ways),
        lambda told: follower.offer(told.fact),
    )
    await agi.start()
    await caller.start()
    try:
        yield caller, order_id
    finally:
        await agi.close()
        await caller.stop()


async def told(database, call_id):
    async with database.session() as session:
        legs = list(await session.scalars(select(LegRow).order_by(LegRow.started_at)))
        own = await session.scalar(select(CallRow.id).where(CallRow.call_id == call_id))
        return {leg.role: leg for leg in legs if leg.call_row_id == own}


def heard(lab, call_id, customer_hz, dealer_hz):
    theirs = read_sound(lab.recording(call_id, RECORDING_CUSTOMER.format(base="")))
    ours = read_sound(lab.recording(call_id, RECORDING_OURS.format(base="")))
    assert is_heard(theirs, customer_hz)
    assert not is_heard(theirs, dealer_hz)
    assert is_heard(ours, dealer_hz)
    assert not is_heard(ours, customer_hz)
    assert lab.recording(call_id, RECORDING_DONE.format(base="")).exists()


@pytest.fixture
def notice(lab):
    """Only here the notice of recording has a sound: calls of other tests begin at once."""
    path = make_tone(lab.dirs.sounds / f"{Phrase.RECORDED}-ru.wav", NOTICE_HZ, 1.0, level=0.3)
    yield path
    path.unlink()


@pytest.mark.usefixtures("notice")
async def test_both_directions_by_one_number(lab, ear, database):
    async with serving(lab, database) as (caller, order_id):
        for who in (CLIENT, "customers"):
            await lab.customers.listen(who)
        call = await lab.customers.place_call(customer(from_number=OUTSIDE, talk_s=3))
        call_id = (await ear.milestone("masked"))["CallId"]
        assert await lab.over(call) == "ANSWER 16"
        row = await caller.call(call_id)
        assert (row.direction, row.result, row.order_id) == ("outbound", "answered", order_id)
        assert (row.caller_number, row.did_number, row.talk_s >= 2) == (CLIENT, "", True)
        legs = await told(database, call_id)
        assert (legs["outlet"].phone_id, legs["customer"].phone_id) == (MOBILE_ID, None)
        assert (row.user_id, row.org_id) == (legs["outlet"].user_id, legs["outlet"].org_id)
        assert await lab.customers.screen_of(CLIENT) == f"<+{DID}>"
        assert await lab.customers.calls_to(CLIENT) == 1
        await lab.quiet()
        heard(lab, call_id, UNKNOWN_TONE_HZ, CUSTOMER_HZ)
        assert is_heard(lab.customers.heard(CLIENT), NOTICE_HZ), "who is called hears that it is recorded"
        assert is_heard(lab.customers.heard(CLIENT), CUSTOMER_HZ)
        assert not is_heard(lab.customers.heard(call), NOTICE_HZ)
        assert not is_heard(lab.recording(call_id, RECORDING_OURS.format(base="")), NOTICE_HZ)
        async with database.transaction() as session:
            made = await session.scalars(select(RecordingRow.base).where(RecordingRow.call_id == call_id))
            assert made.all() == [call_id]
            assert await prove_contacts(session, now=caller.clock.now()) == 1
            assert (await session.get_one(OrderRow, order_id)).contacted_at is not None

        back = await lab.customers.place_call(customer(from_number=CLIENT, talk_s=3))
        assert await lab.over(back) == "ANSWER 16"
        accepted = await ear.milestone("accepted")
        assert accepted["Phone"] == f"p{MOBILE_ID}"
        assert CLIENT.removeprefix("+7") not in (await lab.customers.screen_of(OUTSIDE) or "")
        row = await caller.call(accepted["CallId"])
        assert (row.direction, row.order_id, row.caller_number) == ("inbound", order_id, CLIENT)
        assert row.explanation["tie"]["kind"] == "masked"
        await lab.quiet()
        heard(lab, accepted["CallId"], CUSTOMER_HZ, VOICES[OUTSIDE])
        stories = [one for one in ear.milestones("step") if one["CallId"] == call_id]
        assert stories == []  # the dealer's own call walked no plan
