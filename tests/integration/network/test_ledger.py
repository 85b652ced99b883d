"""Points are the sum of an append-only ledger; one cause counts once, whoever tells it and however often."""

import asyncio
import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid, NotFound
from callcore.network.access_tables import SettingRow
from callcore.network.adjust_points import AdjustPoints
from callcore.network.check_points import check_points
from callcore.network.ledger import (
    BELOW_ZERO,
    ORDERS,
    PointsKind,
    add_points,
    reverse_points,
    written_points,
)
from callcore.network.model import Role, Viewer
from callcore.network.points import points_of
from callcore.network.policy_tables import PointsEntryRow
from callcore.network.tables import OrgRow
from tests.factories.network import make_org
from tests.fakes.clock import MONDAY_NOON, FakeClock

pytestmark = pytest.mark.integration


@pytest.fixture
async def dealer(database: Database) -> OrgRow:
    async with database.transaction() as session:
        factory = await make_org(session)
        return await make_org(session, parent=factory)


def viewer(role: Role, org: OrgRow) -> Viewer:
    return Viewer(7, "Анна", role, org.id, org.name, org.path, (), "Europe/Moscow")


async def award(database: Database, org: OrgRow, points: int, key: str) -> bool:
    async with database.transaction() as session:
        return await add_points(
            session,
            org_id=org.id,
            kind=PointsKind.ORDER_FULFILLED if points > 0 else PointsKind.ORDER_FAILED,
            points=points,
            reason="",
            at=MONDAY_NOON,
            dedupe_key=key,
        )


async def cache_and_sum(database: Database, org: OrgRow) -> tuple[int, int]:
    async with database.session() as session:
        kept = await session.scalar(select(OrgRow.points).where(OrgRow.id == org.id))
        total = await session.scalar(
            select(func.coalesce(func.sum(PointsEntryRow.points), 0)).where(PointsEntryRow.org_id == org.id)
        )
    assert kept is not None
    assert total is not None
    return kept, int(total)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [((), 0), ((100, -50), 50), ((100, 100, 100, -50, -50), 200)],
    ids=["one order open", "one done, one cancelled", "three done, two cancelled, one open"],
)
async def test_golden_sums(
    database: Database, dealer: OrgRow, outcomes: tuple[int, ...], expected: int
) -> None:
    for number, points in enumerate(outcomes):
        assert await award(database, dealer, points, f"order:{number}:1")
    assert await cache_and_sum(database, dealer) == (expected, expected)


async def test_two_hundred_rivals_award_each_cause_once(database: Database, dealer: OrgRow) -> None:
    keys = [f"call:{number % 50}" for number in range(200)]
    random.Random(5).shuffle(keys)
    results = await asyncio.gather(*(award(database, dealer, 10, key) for key in keys))
    assert sum(results) == 50
    assert await cache_and_sum(database, dealer) == (500, 500)


async def test_an_award_that_is_rolled_back_leaves_nothing(database: Database, dealer: OrgRow) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            await add_points(
                session,
                org_id=dealer.id,
                kind=PointsKind.SURVEY,
                points=5,
                reason="",
                at=MONDAY_NOON,
                dedupe_key="survey:1",
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await cache_and_sum(database, dealer) == (0, 0)
    assert await award(database, dealer, 5, "survey:1")


async def test_an_entry_is_taken_back_once_and_stays(database: Database, dealer: OrgRow) -> None:
    await award(database, dealer, 100, "order:1:1")
    taken = []
    for _ in range(2):
        async with database.transaction() as session:
            taken.append(await reverse_points(session, "order:1:1", reason="вновь открыт", at=MONDAY_NOON))
    assert taken == [True, False]
    assert await cache_and_sum(database, dealer) == (0, 0)
    assert await award(database, dealer, 100, "order:1:2")  # the next cycle of the same order
    assert await cache_and_sum(database, dealer) == (100, 100)


async def test_points_stop_at_zero_where_the_factory_wants_that(database: Database, dealer: OrgRow) -> None:
    assert await award(database, dealer, -30, "order:0:1")
    assert await cache_and_sum(database, dealer) == (-30, -30)  # the usual: shown as they are
    async with database.transaction() as session:
        setting = {"key": ORDERS, "value": {BELOW_ZERO: False}, "at": MONDAY_NOON}
        session.add(SettingRow(**setting))
    assert await award(database, dealer, -50, "order:1:1")  # nothing is left to take, the cause has counted
    assert not await award(database, dealer, -50, "order:1:1")
    assert await cache_and_sum(database, dealer) == (-30, -30)
    assert await award(database, dealer, 50, "order:2:1")
    await asyncio.gather(*(award(database, dealer, -15, f"order:{number}:1") for number in range(3, 7)))
    assert await cache_and_sum(database, dealer) == (0, 0)
    async with database.session() as session:
        assert await written_points(session, "order:1:1") == 0
        taken = select(PointsEntryRow.points).where(
            PointsEntryRow.dedupe_key.in_(["order:3:1", "order:4:1", "order:5:1", "order:6:1"])
        )
        assert sorted(await session.scalars(taken)) == [-15, -5, 0, 0]


async def test_any_sequence_keeps_the_sum(database: Database, dealer: OrgRow) -> None:
    chance = random.Random(11)
    for _ in range(120):
        number = chance.randrange(40)
        if chance.random() < 0.3:
            async with database.transaction() as session:
                await reverse_points(session, f"order:{number}:1", reason="", at=MONDAY_NOON)
        else:
            await award(database, dealer, chance.choice((100, -50, 7)), f"order:{number}:1")
        kept, total = await cache_and_sum(database, dealer)
        assert kept == total


async def test_points_by_hand_need_a_reason_and_leave_a_trace(
    database: Database, dealer: OrgRow, clock: FakeClock
) -> None:
    use_case = AdjustPoints(database, clock)
    chief = viewer(Role.MANUFACTURER, dealer)
    assert await use_case.adjust_points(chief, dealer.id, points=-30, reason=" опоздал ", key="k1")
    assert not await use_case.adjust_points(chief, dealer.id, points=-30, reason="опоздал", key="k1")
    with pytest.raises(Invalid) as refused:
        await use_case.adjust_points(chief, dealer.id, points=0, reason=" ", key="k2")
    assert set(refused.value.details["fields"]) == {"points", "reason"}
    assert await cache_and_sum(database, dealer) == (-30, -30)
    async with database.session() as session:
        (row,) = await session.scalars(select(AuditRow))
    assert (row.action, row.entity_id, row.data) == (
        "points:adjusted",
        str(dealer.id),
        {"points": -30, "reason": "опоздал"},
    )


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OPERATOR, Role.DEALER_OWNER])
async def test_others_change_nothing(
    database: Database, dealer: OrgRow, clock: FakeClock, role: Role
) -> None:
    with pytest.raises(Forbidden):
        await AdjustPoints(database, clock).adjust_points(
            viewer(role, dealer), dealer.id, points=5, reason="просто так", key="k"
        )
    assert await cache_and_sum(database, dealer) == (0, 0)


async def test_a_page_carries_balances_and_goes_on(database: Database, dealer: OrgRow) -> None:
    for number in range(5):
        await award(database, dealer, 10 + number, f"order:{number}:1")
    owner = viewer(Role.DEALER_OWNER, dealer)
    async with database.session() as session:
        first = await points_of(session, owner, dealer.id, limit=3)
        rest = await points_of(session, owner, dealer.id, before=first.next_before, limit=3)
    assert [entry.balance for entry in first.entries] == [60, 46, 33]
    assert [entry.balance for entry in rest.entries] == [21, 10]
    assert rest.next_before is None
    assert first.points == 60
    assert not first.may_adjust
    assert [balance.points for balance in first.history] == [0, 10, 21, 33, 46, 60]


async def test_another_dealer_sees_nothing(database: Database, dealer: OrgRow) -> None:
    async with database.transaction() as session:
        stranger = await make_org(session, parent=dealer, kind="subdealer")
    async with database.session() as session:
        with pytest.raises(NotFound):
            await points_of(session, viewer(Role.DEALER_OWNER, stranger), dealer.id)
        assert (await points_of(session, viewer(Role.OPERATOR, dealer), dealer.id)).entries == ()


async def test_the_nightly_check_mends_a_wrong_sum(
    database: Database, dealer: OrgRow, clock: FakeClock
) -> None:
    await award(database, dealer, 100, "order:1:1")
    async with database.transaction() as session:
        await session.execute(update(OrgRow).where(OrgRow.id == dealer.id).values(points=7))
    clock.advance(timedelta(days=1))
    assert await check_points(database, clock) == (dealer.id,)
    assert await cache_and_sum(database, dealer) == (100, 100)
    async with database.session() as session:
        (row,) = await session.scalars(select(AuditRow))
    assert (row.action, row.data) == ("points:repaired", {"kept": 7, "total": 100})
    assert await check_points(database, clock) == ()
