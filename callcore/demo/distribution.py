"""Orders of the demo that are on offer at this very moment: by the code that offers the real ones, at instants of the past.

Some are fresh, so that one dealer sees them and others do not yet; some were refused; the newest of the calls' orders that
nobody had taken are offered anew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import DealerGoodsRow, ProductRow
from callcore.customers.tables import CustomerRow
from callcore.demo.chance import SEED, Chance
from callcore.distribution.decline_order import decline_order
from callcore.distribution.distribute import distribute
from callcore.distribution.policy import OrderPolicy, OrderStage, order_policy_to_json
from callcore.distribution.policy_store import NAME
from callcore.distribution.take_order import take_order
from callcore.kernel.outbox import OutboxRow
from callcore.network.model import OrgKind, OrgState, Role, Viewer
from callcore.network.policies import ORDERS
from callcore.network.policy import Quota, QuotaUnit, StageKind
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow
from callcore.network.tables import OrgRow, RegionRow, UserRow
from callcore.orders.desk_tables import DealerServiceRow, OrderWindowRow
from callcore.orders.model import NewLine, NewOrder, OrderChannel, OrderClass, OrderKind, ReasonKind
from callcore.orders.reasons import load_reasons
from callcore.orders.settings import order_settings
from callcore.orders.tables import OrderRow

SHARES: Final = (40, 20, 15)  # per cent of the dealers with the most points
TOP_POINTS: Final = 500
STRONG: Final = 300  # points
PART: Final = 25  # positions


@dataclass(frozen=True, slots=True)
class Fresh:
    """An order that came `minutes` ago and was refused by so many dealers, one after another (-1: by all)."""

    region_code: str
    minutes: float
    refusals: int = 0


FRESH: Final = (
    Fresh("RU-MOW", 0.7),
    Fresh("RU-MOS", 3.3),
    Fresh("RU-SPE", 2.2),
    Fresh("RU-KDA", 4.1),
    Fresh("RU-SVE", 8.5),
    Fresh("RU-MOS", 21),
    Fresh("RU-MOW", 34),
    Fresh("RU-SVE", 47, 1),
    Fresh("RU-MOS", 52, 1),
    Fresh("RU-SPE", 140, -1),
    Fresh("RU-VOR", 205, -1),
)


async def offer_demo_orders(session: AsyncSession, now: datetime) -> None:
    """In the transaction that fills the database, after everything else of orders."""
    await _policy(session, now)
    await _trade(session)
    chance = Chance(now, SEED + 4)
    settings = await order_settings(session)
    waiting = await session.scalars(
        select(OrderRow).where(
            OrderRow.status_class == OrderClass.OPEN.value, OrderRow.kind == OrderKind.ORDER.value
        )
    )
    for order in list(waiting):
        await distribute(session, order, settings, now=order.created_at + timedelta(seconds=30))
    reasons = await load_reasons(session, ReasonKind.DECLINE)
    for number, fresh in enumerate(sorted(FRESH, key=lambda one: -one.minutes)):
        at = now - timedelta(minutes=fresh.minutes)
        order = await take_order(session, await _new(session, chance, fresh), now=at)
        order.public_id = chance.public_id()
        await session.flush()
        await _refuse(session, order, fresh, reasons[number % len(reasons)].id, at)
    _ = await session.execute(  # nobody is told of the past
        update(OutboxRow).where(OutboxRow.done_at.is_(None), OutboxRow.due_at <= now).values(done_at=now)
    )


async def _policy(session: AsyncSession, now: datetime) -> None:
    best = await session.scalars(
        select(OrgRow.id)
        .where(OrgRow.kind == OrgKind.DEALER.value, OrgRow.state == OrgState.ACTIVE.value)
        .order_by(OrgRow.region_code != "RU-MOW", OrgRow.points.desc(), OrgRow.id)
        .limit(len(SHARES))
    )
    quotas = tuple(
        Quota(org_id, QuotaUnit.PERCENT, share) for org_id, share in zip(best, SHARES, strict=True)
    )
    policy = OrderPolicy(
        (
            OrderStage(StageKind.QUOTA, quotas=quotas),
            OrderStage(StageKind.RATING, min_points=TOP_POINTS, window_min=5),
            OrderStage(StageKind.BASE, delay_min=15),
        )
    )
    row = PolicyRow(name=NAME, scope=ORDERS)
    session.add(row)
    await session.flush()
    author = await session.scalar(select(UserRow.id).where(UserRow.role == Role.ADMIN.value).limit(1))
    for version, body, note, days in (
        (1, OrderPolicy(), "Все дилеры региона сразу", 60),
        (2, policy, "Доли столицам, потом лучшие по баллам", 9),
    ):
        session.add(
            PolicyVersionRow(
                policy_id=row.id,
                version=version,
                made_at=now - timedelta(days=days),
                author_id=author,
                note=note,
                body=order_policy_to_json(body),
            )
        )
    await session.flush()


async def _trade(session: AsyncSession) -> None:
    """Who does what: delivery everybody, installation the strong ones; the smallest dealer sells a part of the goods."""
    orgs = await session.scalars(select(OrgRow).where(OrgRow.kind != OrgKind.MANUFACTURER.value))
    smallest: OrgRow | None = None
    for org in orgs:
        given = ["delivery", "measuring", *(("installation",) if org.points >= STRONG else ())]
        session.add_all(DealerServiceRow(org_id=org.id, service=service) for service in given)
        if org.kind == OrgKind.SUBDEALER and (smallest is None or org.points < smallest.points):
            smallest = org
    if smallest is not None:
        smallest.whole_line = False
        products = await session.scalars(select(ProductRow.id).order_by(ProductRow.id).limit(PART))
        session.add_all(DealerGoodsRow(org_id=smallest.id, product_id=product) for product in products)
    await session.flush()


async def _new(session: AsyncSession, chance: Chance, fresh: Fresh) -> NewOrder:
    customers = await session.scalars(
        select(CustomerRow.id)
        .where(CustomerRow.region_code == fresh.region_code, CustomerRow.name != "")
        .order_by(CustomerRow.id)
        .limit(40)
    )
    region = await session.get(RegionRow, fresh.region_code)
    products = list(await session.scalars(select(ProductRow).order_by(ProductRow.id).limit(60)))
    lines = tuple(
        NewLine(
            product.name,
            1000 * chance.random.randint(4, 60),
            product.price,
            product.article,
            product.unit,
            product_id=product.id,
            category=product.category,
        )
        for product in chance.random.sample(products, chance.random.randint(1, 3))
    )
    return NewOrder(
        kind=OrderKind.ORDER,
        customer_id=chance.one(list(customers)),
        lines=lines,
        region_code=fresh.region_code,
        tz=region.tz if region else "Europe/Moscow",
        source=chance.one(("yandex-direct", "vk-ads", "site")),
        medium="organic",
        request_type="site",
        channel=OrderChannel.SITE.value,
    )


async def _refuse(session: AsyncSession, order: OrderRow, fresh: Fresh, reason_id: int, at: datetime) -> None:
    """By those who see it, as they come to see it."""
    refused = 0
    for step in range(1, 12):
        moment = at + timedelta(minutes=2 * step)
        seeing = await session.scalar(
            select(OrderWindowRow.org_id)
            .where(
                OrderWindowRow.order_id == order.id,
                OrderWindowRow.closed_at.is_(None),
                OrderWindowRow.opens_at <= moment,
            )
            .order_by(OrderWindowRow.opens_at, OrderWindowRow.id)
            .limit(1)
        )
        if refused == fresh.refusals:
            return
        if seeing is not None:
            viewer = await _head_of(session, seeing)
            _ = await decline_order(session, viewer, order.number, reason_id, now=moment)
            refused += 1


async def _head_of(session: AsyncSession, org_id: int) -> Viewer:
    org = await session.get(OrgRow, org_id)
    user = await session.scalar(select(UserRow).where(UserRow.org_id == org_id).order_by(UserRow.id).limit(1))
    if org is None or user is None:
        raise LookupError(f"nobody works at organisation {org_id}")
    return Viewer(user.id, user.full_name, Role(user.role), org.id, org.name, org.path, (), user.tz)
