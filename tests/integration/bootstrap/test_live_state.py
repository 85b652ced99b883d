"""The live state comes from the database at the start, counts at once, and agrees with a reader outside."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from callcore.bootstrap.charges import ChargeKeeper, read_decision
from callcore.bootstrap.live_state import LiveKeeper, read_live
from callcore.calls.charge_ledger import charge_call, charge_no_callback
from callcore.calls.events import CallEnded
from callcore.calls.tables import CallRow, LegRow
from callcore.kernel.bus import Audience, Bus
from callcore.kernel.database import Database
from callcore.kernel.tasks import TaskOwner
from callcore.network.model import Role, Viewer
from callcore.network.points import points_of
from callcore.network.policy import Period, Policy, Quota, QuotaUnit, Stage, StageKind, policy_to_json
from callcore.network.policy_tables import PointsEntryRow, PolicyRow, PolicyVersionRow, QuotaEntryRow
from callcore.network.tables import OrgRow
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event
from callcore.routing.given import given_by
from callcore.routing.live import Tie, TieKind
from callcore.routing.model import (
    Decision,
    Explanation,
    Plan,
    RegionSource,
    RouteKind,
    StageTold,
    Step,
    StepStage,
)
from callcore.routing.stored import to_json
from dialplans.contract import StepKind
from tests.factories.network import make_org, make_outlet, make_phone
from tests.factories.sales import make_call, make_customer, make_order
from tests.fakes.clock import MONDAY_NOON, FakeClock

pytestmark = pytest.mark.integration

CALLER = "+79161112233"


class Network:
    """One dealer with an outlet and two phones, and a policy with a quota and prices."""

    org_id: int
    outlet_id: int
    phones: tuple[int, int]
    policy_id: int


@pytest.fixture
async def net(database: Database) -> Network:
    found = Network()
    async with database.transaction() as session:
        factory = await make_org(session)
        dealer = await make_org(session, parent=factory)
        outlet = await make_outlet(session, dealer)
        phones = [await make_phone(session, outlet=outlet) for _ in range(2)]
        policy = PolicyRow(name="С квотой")
        session.add(policy)
        await session.flush()
        body = Policy(
            stages=(
                Stage(StageKind.QUOTA, quotas=(Quota(dealer.id, QuotaUnit.PERCENT, 50),), period=Period.DAY),
                Stage(StageKind.BASE),
            ),
            points_missed=-5,
            points_declined=-10,
            points_no_callback=-20,
        )
        session.add(
            PolicyVersionRow(policy_id=policy.id, version=1, made_at=MONDAY_NOON, body=policy_to_json(body))
        )
        found.org_id, found.outlet_id, found.policy_id = dealer.id, outlet.id, policy.id
        found.phones = phones[0].id, phones[1].id
    return found


def decision(net: Network, at: object = MONDAY_NOON) -> Decision:
    step = Step(
        StepKind.OUTLET, (f"p{net.phones[0]}",), 20, net.outlet_id, net.org_id, "Точка", StepStage.QUOTA
    )
    why = Explanation(
        snapshot_version=1,
        snapshot_made_at=MONDAY_NOON,
        at=at,  # type: ignore[arg-type]
        did_dialled="+78001000001",
        did_number="+78001000001",
        did_label="Сайт",
        route=RouteKind.REGION,
        route_org="",
        region_code=None,
        region_name="",
        region_source=RegionSource.NONE,
        region_also=(),
        policy_id=net.policy_id,
        policy_version=1,
        stages=(StageTold(StepStage.QUOTA, org_id=net.org_id, org_ids=(net.org_id,)),),
    )
    return Decision(Plan((step,)), why, None, None, "site", "")


async def stored_call(
    database: Database, net: Network, *, outcome: str, result: str, at: object = MONDAY_NOON, **values: object
) -> str:
    """An ended call that rang the dealer's first phone for 20 seconds."""
    async with database.transaction() as session:
        row = await make_call(
            session,
            **{
                "result": result,
                "started_at": at,
                "ended_at": at + timedelta(seconds=60),  # type: ignore[operator]
                "route": "app",
                "caller_number": CALLER,
                "org_id": net.org_id,
                "outlet_id": net.outlet_id,
                "explanation": to_json(decision(net, at)),
                **values,
            },
        )
        session.add(
            LegRow(
                call_row_id=row.id,
                uniqueid=f"u{row.id}",
                channel="PJSIP/p1-1",
                role="outlet",
                phone_id=net.phones[0],
                org_id=net.org_id,
                outlet_id=net.outlet_id,
                step=1,
                started_at=at,
                ended_at=at + timedelta(seconds=20),  # type: ignore[operator]
                outcome=outcome,
            )
        )
        return row.call_id


async def test_a_decision_counts_at_once_and_the_ledger_takes_over(
    database: Database, clock: FakeClock, net: Network
) -> None:
    keeper = LiveKeeper(database, clock)
    await keeper.refresh()
    before = keeper.live()
    keeper.note(given_by(decision(net)))
    live = keeper.live()
    assert live.version > before.version
    assert (live.quotas[net.policy_id].counted, live.quotas[net.policy_id].given) == (1, {net.org_id: 1})
    assert live.phone_used_at == {f"p{net.phones[0]}": MONDAY_NOON}
    assert live.org_used_at == {net.org_id: MONDAY_NOON}
    await keeper.refresh()
    assert keeper.live().quotas == live.quotas
    await stored_call(database, net, outcome="no_answer", result="missed")
    await ChargeKeeper(database, clock).work()
    await keeper.refresh()
    assert (keeper.live().quotas[net.policy_id].counted, keeper.live().quotas[net.policy_id].given) == (
        1,
        {net.org_id: 0},
    )
    assert before.quotas == {}


async def test_a_reservation_without_an_entry_fades(
    database: Database, clock: FakeClock, net: Network
) -> None:
    keeper = LiveKeeper(database, clock)
    keeper.note(given_by(decision(net)))
    clock.advance(timedelta(hours=3))
    await keeper.refresh()
    assert net.policy_id not in keeper.live().quotas


async def test_the_period_begins_on_the_manufacturers_clock(
    database: Database, clock: FakeClock, net: Network
) -> None:
    await stored_call(database, net, outcome="talked", result="answered", talk_s=40)
    await ChargeKeeper(database, clock).work()
    assert (await read_live(database, clock)).quotas[net.policy_id].given == {net.org_id: 1}
    clock.set(MONDAY_NOON.replace(hour=20, minute=59))
    assert net.policy_id in (await read_live(database, clock)).quotas
    clock.set(MONDAY_NOON.replace(hour=21))  # midnight in Moscow
    assert net.policy_id not in (await read_live(database, clock)).quotas


async def test_what_was_rung_is_known_after_a_restart(
    database: Database, clock: FakeClock, net: Network
) -> None:
    await stored_call(database, net, outcome="no_answer", result="missed")
    await stored_call(
        database, net, outcome="no_answer", result="missed", at=MONDAY_NOON - timedelta(days=40)
    )
    clock.advance(60)
    live = await read_live(database, clock)
    assert live.phone_used_at == {f"p{net.phones[0]}": MONDAY_NOON}
    assert live.org_used_at == {net.org_id: MONDAY_NOON}


async def test_ties_are_orders_then_talks_and_follow_what_happens(
    database: Database, clock: FakeClock, net: Network
) -> None:
    await stored_call(database, net, outcome="talked", result="answered", talk_s=30)
    clock.advance(120)
    keeper = LiveKeeper(database, clock)
    await keeper.refresh()
    assert keeper.live().ties == {
        CALLER: Tie(TieKind.LAST_TALK, MONDAY_NOON, net.org_id, net.outlet_id, None)
    }
    async with database.transaction() as session:
        order = await make_order(
            session, await make_customer(session, phone=CALLER), org_id=net.org_id, created_at=MONDAY_NOON
        )
        await add_event(session, order.id, OrderEventKind.CREATED, at=clock.now(), data={})
    await keeper.refresh()
    tie = keeper.live().ties[CALLER]
    assert (tie.kind, tie.order_id) == (TieKind.OWN_ORDER, order.id)
    assert (await read_live(database, clock)).ties == keeper.live().ties
    async with database.transaction() as session:
        await session.execute(update(OrderRow).values(status_class="closed"))
        await add_event(session, order.id, OrderEventKind.STATUS, at=clock.now(), data={})
    await keeper.refresh()
    assert keeper.live().ties[CALLER].kind is TieKind.LAST_TALK


async def test_the_end_of_a_call_that_was_known_before_makes_a_tie(
    database: Database, clock: FakeClock, net: Network
) -> None:
    call_id = await stored_call(database, net, outcome="", result="", ended_at=None)
    keeper = LiveKeeper(database, clock)
    await keeper.refresh()
    assert keeper.live().ties == {}
    async with database.transaction() as session:
        await session.execute(update(CallRow).values(talk_s=30, result="answered"))
    keeper.on_event(
        CallEnded(at=clock.now(), audience=Audience(), call_id=call_id, version=1, result="answered")
    )
    await keeper.refresh()
    assert CALLER in keeper.live().ties


async def entries(database: Database) -> tuple[int, int]:
    async with database.session() as session:
        quotas = await session.scalar(select(func.count()).select_from(QuotaEntryRow))
        points = await session.scalar(select(func.coalesce(func.sum(PointsEntryRow.points), 0)))
    return int(quotas or 0), int(points or 0)


async def test_a_call_is_entered_whole_or_not_at_all_and_never_twice(
    database: Database, clock: FakeClock, net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second, third and fourth write of the call fails in turn; the next pass makes it good."""
    call_id = await stored_call(database, net, outcome="declined", result="missed")
    import callcore.calls.charge_ledger as ledger

    writes = 0
    dies_at = 0

    def dying(step):  # type: ignore[no-untyped-def]
        async def call(*args, **values):  # type: ignore[no-untyped-def]
            nonlocal writes
            writes += 1
            if writes == dies_at:
                raise ArithmeticError
            return await step(*args, **values)

        return call

    monkeypatch.setattr(ledger, "add_quota_entry", dying(ledger.add_quota_entry))
    monkeypatch.setattr(ledger, "add_points", dying(ledger.add_points))

    async def charge() -> bool:
        async with database.transaction() as session:
            return await charge_call(session, call_id, read_decision)

    for turn in (1, 2, 3, 4):
        writes, dies_at = 0, turn
        with pytest.raises(ArithmeticError):
            await charge()
        assert await entries(database) == (0, 0)
    dies_at = 0
    assert await charge()
    assert not await charge()
    assert await entries(database) == (3, -10)


async def test_calls_that_ended_while_nobody_listened_are_found(
    database: Database, clock: FakeClock, net: Network
) -> None:
    await stored_call(database, net, outcome="no_answer", result="missed")
    await stored_call(database, net, outcome="no_answer", result="missed", explanation=None)
    await stored_call(database, net, outcome="no_answer", result="missed", explanation={"of": "another age"})
    clock.advance(120)
    for _ in range(2):
        await ChargeKeeper(database, clock).work()
    assert await entries(database) == (3, -5)


@pytest.mark.parametrize(("hours", "returned", "expected"), [(7, False, 0), (30, False, -20), (30, True, 0)])
async def test_no_call_back_within_a_working_day(
    database: Database, clock: FakeClock, net: Network, hours: int, returned: bool, expected: int
) -> None:
    await stored_call(database, net, outcome="busy", result="missed")
    again = MONDAY_NOON + timedelta(minutes=10)
    await stored_call(database, net, outcome="busy", result="missed", at=again)
    if returned:
        async with database.transaction() as session:
            await make_call(
                session,
                direction="outbound",
                result="no_answer",
                caller_number=CALLER,
                started_at=again + timedelta(hours=1),
            )
    clock.advance(timedelta(hours=hours))
    for _ in range(2):
        async with database.transaction() as session:
            await charge_no_callback(session, clock.now(), read_decision, after=0)
    assert (await entries(database))[1] == expected


async def test_later_prices_do_not_rewrite_what_was(
    database: Database, clock: FakeClock, net: Network
) -> None:
    async with database.transaction() as session:
        body = policy_to_json(replace(Policy(), points_missed=-500))
        session.add(PolicyVersionRow(policy_id=net.policy_id, version=2, made_at=MONDAY_NOON, body=body))
    await stored_call(database, net, outcome="no_answer", result="missed")
    await ChargeKeeper(database, clock).work()
    viewer = Viewer(1, "А", Role.ADMIN, 1, "", "/1/", (), "Europe/Moscow")
    async with database.session() as session:
        page = await points_of(session, viewer, net.org_id)
    assert (page.points, [one.reason for one in page.entries]) == (-5, ["Пропущен звонок"])


async def test_one_call_that_cannot_be_entered_does_not_hold_up_the_others(
    database: Database, clock: FakeClock, net: Network
) -> None:
    await stored_call(database, net, outcome="a word of another age", result="missed")
    await stored_call(database, net, outcome="no_answer", result="missed")
    await ChargeKeeper(database, clock).work()
    assert await entries(database) == (3, -5)


async def test_a_call_that_ended_is_entered_without_waiting_for_the_sweep(
    database: Database, clock: FakeClock, net: Network
) -> None:
    keeper, bus, tasks = ChargeKeeper(database, clock), Bus(), TaskOwner("test")
    await keeper.work()
    keeper.start(bus, tasks)
    call_id = await stored_call(database, net, outcome="no_answer", result="missed")
    bus.publish(CallEnded(at=clock.now(), audience=Audience(), call_id=call_id, version=1, result="missed"))
    async with asyncio.timeout(60):
        while await entries(database) != (3, -5):  # noqa: ASYNC110 - the ledger tells nobody
            await asyncio.sleep(0.05)
    await tasks.close()


async def test_an_odd_row_does_not_keep_the_application_from_answering(
    database: Database, clock: FakeClock, net: Network
) -> None:
    async with database.transaction() as session:
        await session.execute(update(OrgRow).values(tz="Mars/Olympus"))
    keeper = LiveKeeper(database, clock)
    await keeper.refresh()
    keeper.note(given_by(decision(net)))
    assert keeper.live().quotas[net.policy_id].counted == 1
