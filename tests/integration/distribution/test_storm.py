"""Many at once: one winner each, events without gaps, quotas not overdrawn; and races made certain by a hook."""

import asyncio
import random
from collections import Counter
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from callcore.distribution import accept_order as accepting
from callcore.distribution.decline_order import decline_order
from callcore.distribution.offers import Offers
from callcore.distribution.policy import OrderPolicy, OrderStage
from callcore.kernel.errors import Conflict, NotFound
from callcore.network.policy import Quota, QuotaUnit, StageKind
from callcore.network.policy_tables import QuotaEntryRow
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import ReasonKind
from callcore.orders.tables import OrderEventRow, OrderRow
from tests.factories.network import make_org, make_user
from tests.integration.distribution import stage
from tests.integration.distribution.stage import NOW, PLAIN, TOP, TOP_TOO, minutes, viewer

pytestmark = pytest.mark.integration

DEALERS, ORDERS, LIMIT = 20, 12, 5
STILL = SimpleNamespace(now=lambda: minutes(60))


async def at_once(*coroutines):
    """Results, or the refusals that a loser may get; anything else fails the test."""
    done = await asyncio.gather(*coroutines, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException) and not isinstance(one, Conflict | NotFound):
            raise one
    return [one for one in done if not isinstance(one, BaseException)]


async def gapless(session):
    rows = await session.execute(
        select(OrderEventRow.order_id, func.count(), func.max(OrderEventRow.seq)).group_by(
            OrderEventRow.order_id
        )
    )
    return all(count == last for _, count, last in rows)


async def test_twenty_dealers_go_for_the_same_orders(database):
    await stage.fill(database, None)
    async with database.transaction() as session:
        for org_id in range(10, 10 + DEALERS - 4):
            root = await session.get(OrgRow, 1)
            org = await make_org(session, parent=root, region_code="RU-MOW", id=org_id)
            await make_user(session, org, id=org_id)
        orders = [await stage.make(session) for _ in range(ORDERS)]
    racers = [viewer(org_id) for org_id in (2, 3, 4, 5, *range(10, 10 + DEALERS - 4))]
    offers = Offers(database, STILL)
    won = []

    async def race(one):
        """Through all orders, in an order of his own."""
        for order in random.Random(one.org_id).sample(orders, ORDERS):
            won.extend(await at_once(offers.accept(one, order.number)))

    await at_once(*map(race, racers))
    assert len(won) == ORDERS
    async with database.session() as session:
        owners = {row.id: row.org_id for row in await session.scalars(select(OrderRow))}
        accepted = await session.execute(
            select(OrderWindowRow.order_id, OrderWindowRow.org_id).where(
                OrderWindowRow.close_cause == "accepted"
            )
        )
        assert dict(tuple(row) for row in accepted) == owners
        assert {one.order_id: one.org_id for one in won} == owners
        still = select(func.count()).select_from(OrderWindowRow).where(OrderWindowRow.closed_at.is_(None))
        assert await session.scalar(still) == 0
        assert await gapless(session)


async def test_orders_that_come_at_once_overdraw_no_quota(database):
    quota = OrderStage(StageKind.QUOTA, quotas=(Quota(PLAIN, QuotaUnit.QUANTITY, LIMIT),))
    await stage.fill(database, OrderPolicy((quota, OrderStage(StageKind.BASE, delay_min=15))))

    async def come():
        async with database.transaction() as session:
            return (await stage.make(session)).number

    numbers = await at_once(*(come() for _ in range(LIMIT * 3)))
    assert sorted(numbers) == list(range(1, LIMIT * 3 + 1))
    async with database.session() as session:
        given = select(func.sum(QuotaEntryRow.amount)).where(QuotaEntryRow.org_id == PLAIN)
        assert await session.scalar(given) == LIMIT
        counted = select(func.sum(QuotaEntryRow.amount)).where(QuotaEntryRow.org_id.is_(None))
        assert await session.scalar(counted) == LIMIT * 3
        alone = select(func.count()).where(OrderWindowRow.stage == "quota")
        assert await session.scalar(alone) == LIMIT


async def test_taking_and_refusing_on_two_screens_ends_in_one_of_them(database):
    await stage.fill(database, None)
    async with database.transaction() as session:
        orders = [await stage.make(session) for _ in range(6)]
        why = await stage.reason(session, ReasonKind.DECLINE)
    offers = Offers(database, STILL)

    async def pressed(order):
        done = await at_once(
            offers.accept(viewer(TOP), order.number), offers.decline(viewer(TOP), order.number, why, "")
        )
        assert len(done) == 1

    for order in orders:
        await pressed(order)
    async with database.session() as session:
        rows = (await session.scalars(select(OrderRow))).all()
        causes = await session.execute(
            select(OrderWindowRow.order_id, OrderWindowRow.close_cause).where(OrderWindowRow.org_id == TOP)
        )
        ended = dict(tuple(row) for row in causes)
        assert {row.id: "accepted" if row.org_id == TOP else "declined" for row in rows} == ended
        assert await gapless(session)


async def test_a_refusal_between_the_look_and_the_taking_is_not_overrun(database, monkeypatch):
    """The hook stands where a slow machine would stop: after the window was found open."""
    await stage.fill(database, None)
    async with database.transaction() as session:
        order = await stage.make(session)
        why = await stage.reason(session, ReasonKind.DECLINE)
    look = accepting.offered_to

    async def look_and_wait(session, who, number, now):
        found = await look(session, who, number, now)
        if who.org_id == TOP and not hook:
            hook.append("refused")
            async with database.transaction() as other:
                await decline_order(other, viewer(TOP), order.number, why, now=NOW)
        elif who.org_id == TOP_TOO and len(hook) == 1:
            hook.append("taken")
            async with database.transaction() as other:
                await accepting.accept_order(other, viewer(PLAIN), order.number, now=NOW)
        return found

    hook = []
    monkeypatch.setattr(accepting, "offered_to", look_and_wait)
    for who in (TOP, TOP_TOO):
        async with database.transaction() as session:
            with pytest.raises(Conflict):
                await accepting.accept_order(session, viewer(who), order.number, now=NOW)
    async with database.session() as session:
        owner = await session.scalar(select(OrderRow.org_id))
        causes = Counter(await session.scalars(select(OrderWindowRow.close_cause)))
    assert (hook, owner) == (["refused", "taken"], PLAIN)
    assert causes == {"declined": 1, "accepted": 1, "withdrawn": 2}
