"""Whatever people do with an order, in whatever order: one owner or none, windows and events that agree, quotas kept."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from callcore.distribution.accept_order import accept_order
from callcore.distribution.assign_order import assign_order
from callcore.distribution.decline_order import decline_order
from callcore.distribution.offer_again import offer_again
from callcore.distribution.pipeline import is_far
from callcore.distribution.release_order import release_order
from callcore.kernel.database import Database
from callcore.kernel.errors import DealerlineError
from callcore.network.policy_tables import QuotaEntryRow
from callcore.orders.close_order import Closing, close_order
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import OrderClass, OrderResult, ReasonKind
from callcore.orders.tables import OrderEventRow, OrderRow
from tests.integration.distribution import stage
from tests.integration.distribution.stage import (
    ADMIN,
    NOW,
    PLAIN,
    QUOTA_DEALER,
    TOP,
    TOP_TOO,
    seen_by,
    viewer,
)

pytestmark = pytest.mark.integration

DEALERS = st.sampled_from([QUOTA_DEALER, TOP, TOP_TOO, PLAIN])
VERBS = st.sampled_from(
    ["accept", "accept", "decline", "decline", "release", "assign", "offer", "close", "take-back"]
)
STEPS = st.lists(st.tuples(VERBS, DEALERS, st.integers(0, 12)), min_size=3, max_size=12)


@pytest.fixture(scope="module")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("any") / "any.db")
    url = f"sqlite+aiosqlite:///{path}"

    async def fill() -> None:
        database = Database(url)
        await stage.fill(database)
        await database.close()

    asyncio.run(fill())
    return url


async def press(database, verb, org_id, number, reasons, now):
    """One button; a refusal is an answer, too."""
    try:
        async with database.transaction() as session:
            match verb:
                case "accept":
                    await accept_order(session, viewer(org_id), number, now=now)
                case "decline":
                    await decline_order(session, viewer(org_id), number, reasons[0], now=now)
                case "release":
                    await release_order(session, viewer(org_id), number, reasons[1], now=now)
                case "take-back":
                    await release_order(session, ADMIN, number, reasons[1], now=now, offers=org_id == TOP)
                case "assign":
                    await assign_order(session, ADMIN, number, org_id, now=now)
                case "offer":
                    await offer_again(session, ADMIN, number, now=now)
                case "close":
                    closing = Closing(result=OrderResult.FAILED, reason_id=reasons[2])
                    await close_order(session, viewer(org_id), number, closing, now=now)
    except DealerlineError:
        pass


async def check(session, order_id, now):
    order = (await session.scalars(select(OrderRow).where(OrderRow.id == order_id))).one()
    windows = (await session.scalars(select(OrderWindowRow).where(OrderWindowRow.order_id == order_id))).all()
    is_open = order.status_class == OrderClass.OPEN
    assert (order.org_id is None) == is_open
    assert (order.accepted_at is None) == is_open
    still = [one for one in windows if one.closed_at is None]
    assert is_open or not still
    assert all(one.run == order.run for one in still)
    won = [one for one in windows if one.close_cause == "accepted"]
    assert len({one.run for one in won}) == len(won)  # one winner in each run
    if is_open and order.status == "available":
        assert any(one.opens_at <= now for one in still)  # somebody sees it
    coming = [one for one in still if one.opens_at > now and not is_far(one.opens_at, now)]
    if coming:  # the edge of the next window, to the millisecond, by the predicate that every page asks
        edge = min(one.opens_at for one in coming)
        seen = {one.org_id for one in still if one.opens_at <= now}
        next_ones = {one.org_id for one in coming if one.opens_at == edge}
        assert await seen_by(session, order, edge - timedelta(milliseconds=1)) == seen
        assert await seen_by(session, order, edge) == seen | next_ones
    if is_open and order.status == "dealer_declined":
        assert order.attention_at is not None
    count, last = (
        await session.execute(
            select(func.count(), func.max(OrderEventRow.seq)).where(OrderEventRow.order_id == order_id)
        )
    ).one()
    assert count == last
    given = select(func.sum(QuotaEntryRow.amount)).where(
        QuotaEntryRow.order_id == order_id, QuotaEntryRow.org_id.is_not(None)
    )
    assert (await session.scalar(given) or 0) in (0, 1)
    counted = select(func.sum(QuotaEntryRow.amount)).where(
        QuotaEntryRow.order_id == order_id, QuotaEntryRow.org_id.is_(None)
    )
    assert await session.scalar(counted) == 1


@given(steps=STEPS)
@example([("accept", QUOTA_DEALER, 0), ("close", QUOTA_DEALER, 0)])
@example([("decline", TOP, 1), ("decline", QUOTA_DEALER, 3), ("decline", TOP, 4)])
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_any_sequence_keeps_the_order_whole(filled: str, steps: list[tuple[str, int, int]]) -> None:
    async def run() -> None:
        database = Database(filled)
        try:
            async with database.transaction() as session:
                order = await stage.make(session)
                reasons = [await stage.reason(session, kind) for kind in ReasonKind]
            now = NOW
            for verb, org_id, minutes in steps:
                now += timedelta(minutes=minutes)
                await press(database, verb, org_id, order.number, reasons, now)
                async with database.session() as session:
                    await check(session, order.id, now)
        finally:
            await database.close()

    asyncio.run(run())
