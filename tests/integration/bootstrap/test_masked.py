"""Pairs of masked sessions: who opens them, how long they live, whom they mean."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from callcore.bootstrap.masked_keeper import LOAD_EVERY, MaskedKeeper
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.journal import CallLink, UnlinkedCall
from callcore.kernel.database import Database
from callcore.network.tables import PhoneRow
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.outbound.masked import renew_sessions
from callcore.outbound.masked_link import LinkMasked
from callcore.outbound.masked_way import way_of
from callcore.outbound.tables import MaskedSessionRow
from callcore.routing.live import TieKind
from tests.factories.network import make_org, make_outlet, make_phone, make_user
from tests.factories.sales import make_customer, make_order
from tests.fakes.clock import MONDAY_NOON, FakeClock

pytestmark = pytest.mark.integration

DID, OTHER_DID = "+74951234567", "+74951234568"
MOBILE, CUSTOMER, ANOTHER = "+79031112233", "+79161234567", "+79167654321"
DAYS = timedelta(days=14)


class Stage:
    """A dealer with a manager who has a mobile and a desk phone, another dealer, an order of each of two customers."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.database, self.clock = database, clock
        self.keeper = MaskedKeeper(database, clock)
        self.presses = 0

    async def build(self) -> None:
        async with self.database.transaction() as session:
            factory = await make_org(session)
            dealer, rival = await make_org(session, parent=factory), await make_org(session, parent=factory)
            outlet = await make_outlet(session, dealer)
            user = await make_user(session, dealer, role="dealer_manager")
            boss = await make_user(session, factory)
            mobile = await make_phone(session, user=user, kind="external", number=MOBILE, extension="")
            desk = await make_phone(session, outlet=outlet)
            customers = [await make_customer(session, phone=number) for number in (CUSTOMER, ANOTHER)]
            owned = {"org_id": dealer.id, "outlet_id": outlet.id, "status_class": "waiting"}
            orders = [await make_order(session, one, **owned) for one in customers]
            self.dealer, self.rival, self.factory = dealer.id, rival.id, factory.id
            self.user, self.boss, self.mobile, self.desk = user.id, boss.id, mobile.id, desk.id
            self.orders, self.customers = [order.id for order in orders], [one.id for one in customers]

    async def press(self, order: int = 0, **values: Any) -> None:
        self.presses += 1
        usual: dict[str, Any] = {
            "call_id": f"out-{self.presses}", "key": f"k{self.presses}", "kind": "order", "state": "ended",
            "number": (CUSTOMER, ANOTHER)[order], "cli": DID, "phone_keys": [f"p{self.mobile}"],
            "org_id": self.dealer, "user_id": self.user, "order_id": self.orders[order],
            "made_at": self.clock.now() + timedelta(seconds=self.presses),
        }  # fmt: skip
        async with self.database.transaction() as session:
            session.add(AttemptRow(**usual | values))
        await self.keeper.look()

    async def change(self, table: Any, id_: int, **values: Any) -> None:
        async with self.database.transaction() as session:
            await session.execute(update(table).where(table.id == id_).values(**values))
        await MaskedKeeper.look(self.keeper)
        self.clock.advance(LOAD_EVERY)
        await self.keeper.look()

    def order_of(self, caller: str = MOBILE, did: str = DID) -> int | None:
        way = way_of(self.keeper.ways(), caller, did, self.clock.now())
        return way.order_id if way is not None else None


@pytest.fixture
async def stage(database: Database, clock: FakeClock) -> Stage:
    stage = Stage(database, clock)
    await stage.build()
    return stage


async def test_a_press_from_an_outside_phone_opens_both_ways(stage: Stage) -> None:
    await stage.keeper.look()
    assert stage.order_of() is None
    await stage.press()
    for caller in (MOBILE, "89031112233", "79031112233", "9031112233"):
        for did in (DID, "74951234567", "84951234567", "4951234567"):
            way = way_of(stage.keeper.ways(), caller, did, stage.clock.now())
            assert way is not None
            assert (way.number, way.cli, way.phone_key) == (CUSTOMER, DID, f"p{stage.mobile}")
    tie = stage.keeper.ties()[CUSTOMER, DID]
    assert (tie.kind, tie.org_id, tie.user_id, tie.order_id) == (
        TieKind.MASKED, stage.dealer, stage.user, stage.orders[0],
    )  # fmt: skip
    assert stage.order_of(did=OTHER_DID) is None
    assert stage.order_of(caller=CUSTOMER) is None
    assert stage.order_of(caller="") is None


async def test_the_newest_press_has_the_pair_and_another_number_keeps_the_other(stage: Stage) -> None:
    await stage.press(0)
    await stage.press(1, cli=OTHER_DID)
    assert (stage.order_of(), stage.order_of(did=OTHER_DID)) == (stage.orders[0], stage.orders[1])
    await stage.press(1)
    assert stage.order_of() == stage.orders[1]
    again = MaskedKeeper(stage.database, stage.clock)  # after a restart all presses are read again
    await again.look()
    way = way_of(again.ways(), MOBILE, DID, stage.clock.now())
    assert way is not None and way.order_id == stage.orders[1]  # noqa: PT018 - one thing


async def test_a_press_for_the_desk_phone_opens_the_pressers_own_mobile(stage: Stage) -> None:
    await stage.press(phone_keys=[f"p{stage.desk}"])
    assert stage.order_of() == stage.orders[0]


@pytest.mark.parametrize(
    "values", [{"order_id": None}, {"user_id": None, "phone_keys": []}, {"org_id": None}]
)
async def test_what_means_no_order_or_no_outside_phone_opens_nothing(
    stage: Stage, values: dict[str, Any]
) -> None:
    await stage.press(**values)
    assert stage.order_of() is None


async def test_the_factorys_people_open_nothing(stage: Stage) -> None:
    await stage.press(org_id=stage.factory, user_id=stage.boss)
    assert stage.order_of() is None


async def test_a_session_lives_as_long_as_the_order_and_some_days_more(stage: Stage) -> None:
    await stage.press()
    for _ in range(3):  # the order goes on for weeks
        stage.clock.advance(timedelta(days=10))
        await stage.keeper.look()
        assert stage.order_of() == stage.orders[0]
    await stage.change(OrderRow, stage.orders[0], status_class="closed")
    stage.clock.advance(timedelta(days=13))
    await stage.keeper.look()
    assert stage.order_of() == stage.orders[0]
    stage.clock.advance(timedelta(days=1))
    assert stage.order_of() is None  # at once, without a reading
    await stage.keeper.look()
    assert stage.keeper.ties() == {}
    assert await stage.database.write(lambda one: renew_sessions(one, stage.clock.now())) == 0


async def test_an_order_that_went_to_another_dealer_is_reached_no_more(stage: Stage) -> None:
    await stage.press()
    await stage.change(OrderRow, stage.orders[0], org_id=stage.rival)
    assert stage.order_of() is None
    assert stage.keeper.ties() == {}


@pytest.mark.parametrize("values", [{"number": "+79039999999"}, {"is_active": False}])
async def test_a_telephone_that_is_his_no_more_reaches_nobody(stage: Stage, values: dict[str, Any]) -> None:
    await stage.press()
    await stage.change(PhoneRow, stage.mobile, **values)
    assert stage.order_of() is None


class Nobody:
    def link(self, connection: Any, calls: Any) -> dict[str, CallLink]:
        return {call.call_id: CallLink(1, 1) for call in calls}


async def test_the_call_stands_on_the_order_of_the_pair_once(stage: Stage) -> None:
    await stage.press()
    now = stage.clock.now() + timedelta(minutes=1)
    calls = [
        UnlinkedCall(
            "171.1", CUSTOMER, now, None, None, is_made=True, org_id=stage.dealer, user_id=stage.user
        ),
        UnlinkedCall("171.2", CUSTOMER, now, None, None, is_made=True, org_id=stage.rival),
        UnlinkedCall("171.3", CUSTOMER, now, None, None),
    ]
    for _ in range(2):
        links = await stage.database.write(lambda one: LinkMasked(Nobody()).link(one, calls))
        assert links == {
            "171.1": CallLink(stage.customers[0], stage.orders[0], stage.user), "171.3": CallLink(1, 1),
        }  # fmt: skip
    async with stage.database.session() as session:
        events = await session.scalars(select(OrderEventRow.call_id).where(OrderEventRow.kind == "call"))
        assert list(events) == ["171.1"]
        row = (await session.scalars(select(MaskedSessionRow))).one()
        assert row.expires_at - MONDAY_NOON == DAYS
