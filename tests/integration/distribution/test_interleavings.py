"""Races made certain: one has done all its work and has not committed when the other looks at the same rows.

Without its guard the other would read what was there before and do the work once more. On PostgreSQL alone: SQLite has one
writer, so there nobody comes between.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.accept_order import accept_order
from callcore.distribution.distribute import distribute
from callcore.distribution.policy import OrderPolicy, OrderStage, order_policy_to_json
from callcore.intake.draft import Draft, DraftCustomer
from callcore.intake.once import Press
from callcore.intake.take_in import Sender
from callcore.intake.take_once import take_once
from callcore.kernel import outbox
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.claim import claim
from callcore.messaging.health import OPEN_FACT
from callcore.network.ledger import PointsKind, add_points
from callcore.network.policy import Quota, QuotaUnit, StageKind
from callcore.network.policy_tables import PointsEntryRow, PolicyRow, PolicyVersionRow, QuotaEntryRow
from callcore.network.tables import OrgRow
from callcore.orders.close_order import Closing, close_order
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.edit_order import change_deadline
from callcore.orders.model import OrderChannel, OrderResult, ReasonKind
from callcore.orders.settings import OrderSettings, write_settings
from callcore.orders.tables import OrderEventRow, OrderRow
from tests.integration.distribution import stage
from tests.integration.distribution.stage import ADMIN, NOW, PLAIN, TOP, TOP_TOO, viewer

pytestmark = [pytest.mark.integration, pytest.mark.parametrize("backend", ["postgresql"])]
Work = Callable[[AsyncSession], Awaitable[Any]]
LIMIT_S = 60.0


async def overtaken(database: Database, first: Work, second: Work) -> tuple[Any, Any]:
    """What each gave, or the refusal of the second, who came when `first` had written all and committed nothing. He is let
    go as far as he gets: to the end, or to a lock that the first one holds."""

    has_written, is_through = asyncio.Event(), asyncio.Event()

    async def lead() -> Any:
        async with database.transaction() as session:
            done = await first(session)
            await session.flush()
            has_written.set()
            await _stopped(database, is_through)
        return done

    async def follow() -> Any:
        _ = await has_written.wait()
        try:
            async with database.transaction() as session:
                return await second(session)
        except (Conflict, Invalid, NotAllowedNow) as refused:
            return refused
        finally:
            is_through.set()

    async with asyncio.timeout(LIMIT_S):
        done, ended = await asyncio.gather(lead(), follow())
    return done, ended


async def _stopped(database: Database, is_through: asyncio.Event) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with database.engine.connect() as watcher:
        while not is_through.is_set() and not await watcher.scalar(waiting):
            await watcher.rollback()  # activity is a picture of the transaction's beginning
            await asyncio.sleep(0.005)


async def made(database: Database, count: int = 1, **more: Any) -> list[OrderRow]:
    async with database.transaction() as session:
        orders = [await stage.make(session) for _ in range(count)]
        for order in orders:
            for name, value in more.items():
                setattr(order, name, value)
    return orders


async def total(database: Database, counted: Any, *where: Any) -> int:
    async with database.session() as session:
        return int(await session.scalar(select(counted).where(*where)) or 0)


async def test_two_who_accept_one_order(database: Database) -> None:
    await stage.fill(database, None)
    (order,) = await made(database)
    done, ended = await overtaken(
        database,
        lambda session: accept_order(session, viewer(TOP), order.number, now=NOW),
        lambda session: accept_order(session, viewer(TOP_TOO), order.number, now=NOW),
    )
    assert done.org_id == TOP
    assert isinstance(ended, Conflict)
    took = OrderWindowRow.close_cause == "accepted"
    assert await total(database, func.count(OrderWindowRow.id), took) == 1
    assert await total(database, func.max(OrderRow.org_id)) == TOP


async def test_two_orders_that_ask_for_the_last_place_of_a_quota(database: Database) -> None:
    await stage.fill(database, None)
    orders = await made(database, 2)
    quota = OrderStage(StageKind.QUOTA, quotas=(Quota(PLAIN, QuotaUnit.QUANTITY, 1),))
    async with database.transaction() as session:
        session.add(PolicyRow(id=50, name="Распределение заказов", scope="orders"))
        await session.flush()
        body = order_policy_to_json(OrderPolicy((quota, OrderStage(StageKind.BASE, delay_min=15))))
        session.add(PolicyVersionRow(policy_id=50, version=1, made_at=NOW, body=body))

    def offered(order_id: int) -> Work:
        async def work(session: AsyncSession) -> None:
            order = await session.get_one(OrderRow, order_id, with_for_update=True)
            await distribute(session, order, OrderSettings(), now=NOW)

        return work

    _ = await overtaken(database, *(offered(order.id) for order in orders))
    assert await total(database, func.sum(QuotaEntryRow.amount), QuotaEntryRow.org_id == PLAIN) == 1
    assert await total(database, func.sum(QuotaEntryRow.amount), QuotaEntryRow.org_id.is_(None)) == 2


async def test_two_awards_for_one_order(database: Database) -> None:
    await stage.fill(database, None)

    def award(session: AsyncSession) -> Awaitable[bool]:
        return add_points(
            session,
            org_id=TOP,
            kind=PointsKind.ORDER_FULFILLED,
            points=100,
            reason="Заказ № 1 выполнен",
            at=NOW,
            dedupe_key="order:1:1:3",
        )

    assert await overtaken(database, award, award) == (True, False)
    assert await total(database, func.count(PointsEntryRow.id)) == 1
    assert await total(database, OrgRow.points, OrgRow.id == TOP) == stage.POINTS[TOP] + 100


async def test_fulfilled_and_cancelled_at_one_moment(database: Database) -> None:
    await stage.fill(database, None)
    taken: dict[str, Any] = {"org_id": TOP, "status": "accepted", "status_class": "waiting"}
    (order,) = await made(database, **taken, accepted_at=NOW, contacted_at=NOW)
    async with database.transaction() as session:
        settings = replace(
            OrderSettings(), points_failed_always=True
        )  # whoever comes second would cost points
        _ = await write_settings(session, settings, shown=0, at=NOW, user_id=1)
        why = await stage.reason(session, ReasonKind.FAILED)
    ends = (
        Closing(result=OrderResult.DONE, earned_kopecks=100),
        Closing(result=OrderResult.FAILED, reason_id=why),
    )
    _, ended = await overtaken(
        database,
        lambda session: close_order(session, viewer(TOP), order.number, ends[0], now=NOW),
        lambda session: close_order(session, viewer(TOP), order.number, ends[1], now=NOW),
    )
    assert isinstance(ended, NotAllowedNow)
    async with database.session() as session:
        assert (await session.get_one(OrderRow, order.id)).result == "done"
        assert list(await session.scalars(select(PointsEntryRow.kind))) == ["order_fulfilled"]
    assert await total(database, func.count(OrderEventRow.id), OrderEventRow.kind == "closed") == 1


@pytest.mark.parametrize("is_same", [True, False])
async def test_a_repeat_that_comes_before_the_first_is_answered(database: Database, is_same: bool) -> None:
    await stage.fill(database, None)
    draft = Draft(
        channel=OrderChannel.API,
        customer=DraftCustomer(id=1),
        region_code="RU-MOW",
    )

    def sent(body: bytes) -> Work:
        press = Press.of("api:1", "one key", body)
        return lambda session: take_once(
            session, press, draft, Sender(source="api"), now=NOW, regions_of=lambda _: ()
        )

    done, ended = await overtaken(database, sent(b"{}"), sent(b"{}" if is_same else b"{ }"))
    if is_same:
        assert ended == replace(done, is_repeat=True)
    else:
        assert isinstance(ended, Invalid)
        assert ended.code == "idempotency-key-reused"
    assert await total(database, func.count(OrderRow.id)) == 1


async def test_two_edits_of_one_version(database: Database) -> None:
    await stage.fill(database, None)
    (order,) = await made(database)

    def moved(days: int) -> Work:
        day = date(2026, 3, 12) + timedelta(days=days)
        return lambda session: change_deadline(
            session, ADMIN, order.number, day, shown=order.version, now=NOW
        )

    done, ended = await overtaken(database, moved(1), moved(2))
    assert done is True
    assert isinstance(ended, Conflict)
    async with database.session() as session:
        due_at = (await session.get_one(OrderRow, order.id)).due_at
    assert due_at is not None
    assert due_at.date() == date(2026, 3, 13)


async def test_two_who_save_one_version_of_the_settings(database: Database) -> None:
    await stage.fill(database, None)

    def saved(points: int, shown: int) -> Work:
        settings = OrderSettings(points_done=points)
        return lambda session: write_settings(session, settings, shown=shown, at=NOW, user_id=1)

    for shown in (0, 1):  # nobody had saved; somebody had
        done, ended = await overtaken(database, saved(110, shown), saved(120, shown))
        assert done == shown + 1
        assert isinstance(ended, Conflict)


@pytest.mark.parametrize("skips", [True, False])
async def test_two_workers_that_see_the_same_row(
    database: Database, skips: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without SKIP LOCKED too: the guard of the update alone decides."""
    if not skips:
        monkeypatch.setattr(Select, "with_for_update", lambda self, **_: self)
    async with database.transaction() as session:
        _ = await outbox.put(session, "duty:gap", at=NOW, dedupe_key="one")

    def take(session: AsyncSession) -> Awaitable[list[OutboxRow]]:
        return claim(session, OutboxRow, OPEN_FACT, now=NOW, lease=timedelta(minutes=1), limit=5)

    done, ended = await overtaken(database, take, take)
    assert (len(done), ended) == (1, [])
    assert await total(database, OutboxRow.attempts) == 1
