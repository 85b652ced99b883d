"""What the choice rests on: the order and the dealers, read in a few statements."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import DealerGoodsRow
from callcore.distribution.candidates import DealerFacts, OrderFacts
from callcore.distribution.policy import OrderPolicy
from callcore.network.model import OrderAccess, OrgKind, OrgState
from callcore.network.tables import OrgRegionRow, OrgRow
from callcore.orders.desk_tables import DealerServiceRow, OrderDeclineRow
from callcore.orders.model import GOODS, SERVICE, OrderClass, OrderKind
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderLineRow, OrderRow


@dataclass(frozen=True, slots=True)
class Network:
    """`dealers` were looked at; so many more are `elsewhere`; `everyone` may take orders and is none of the first."""

    dealers: tuple[DealerFacts, ...]
    elsewhere: int
    everyone: tuple[int, ...]


async def order_facts(session: AsyncSession, order: OrderRow, settings: OrderSettings) -> OrderFacts:
    lines = (
        await session.execute(
            select(
                OrderLineRow.kind,
                OrderLineRow.product_id,
                OrderLineRow.article,
                OrderLineRow.category,
                OrderLineRow.service,
            ).where(OrderLineRow.order_id == order.id)
        )
    ).all()
    declined: tuple[int, ...] = ()
    if order.run:
        refused = select(OrderDeclineRow.org_id).where(OrderDeclineRow.order_id == order.id)
        declined = tuple(await session.scalars(refused))
    return OrderFacts(
        region_code=order.region_code,
        goods=tuple((row.product_id, row.article) for row in lines if row.kind == GOODS and row.article),
        categories=frozenset(row.category for row in lines if row.category),
        services=frozenset(row.service for row in lines if row.kind == SERVICE and row.service),
        source=order.source,
        did_id=order.did_id,
        customer_id=order.customer_id,
        total_kopecks=order.total_kopecks,
        site_org_id=order.site_org_id,
        declined=frozenset(declined),
        desk_org_id=settings.desk_org_id,
    )


async def network_facts(
    session: AsyncSession, order: OrderFacts, policy: OrderPolicy, *, with_everyone: bool = False
) -> Network:
    """Dealers who serve the region, and those whom rules and quotas name."""
    orgs = [_Org(*row) for row in await session.execute(_ORGS)]
    serving = select(OrgRegionRow.org_id).where(OrgRegionRow.region_code == order.region_code)
    served = set(await session.scalars(serving))
    near = {org.id for org in orgs if org.id in served or org.region_code == order.region_code}
    named = _named(policy) | {order.site_org_id or 0}
    suspended = {org.id for org in orgs if org.state == OrgState.SUSPENDED}
    looked = [org for org in orgs if org.id in near | named]
    details = await _details(session, looked, order)
    regions = frozenset({order.region_code} if order.region_code else ())
    dealers = tuple(
        DealerFacts(
            id=org.id,
            name=org.name,
            points=org.points,
            is_active=suspended.isdisjoint(chain(org.path)),
            is_authorised=org.is_authorised,
            takes_site_orders=org.takes_site_orders,
            sees_offers=org.order_access == OrderAccess.REGION,
            regions=regions if org.id in near else frozenset(),
            whole_line=org.whole_line,
            goods=frozenset(details.goods[org.id]),
            services=frozenset(details.services[org.id]),
            capacity=org.order_capacity,
            open_orders=details.loads.get(org.id, 0),
        )
        for org in looked
    )
    away = near | order.declined | {order.desk_org_id}
    everyone = (
        org.id
        for org in orgs
        if with_everyone
        and org.id not in away
        and org.is_authorised
        and org.order_access == OrderAccess.REGION
        and suspended.isdisjoint(chain(org.path))
    )
    return Network(dealers, len(orgs) - len(looked), tuple(everyone))


def _named(policy: OrderPolicy) -> set[int]:
    rules = {rule.org_id for stage in policy.stages for rule in stage.rules}
    return rules | {quota.org_id for stage in policy.stages for quota in stage.quotas}


def chain(path: str) -> tuple[int, ...]:
    """Ids from the root down."""
    return tuple(int(part) for part in path.split("/") if part)


class _Org(NamedTuple):
    id: int
    name: str
    path: str
    region_code: str | None
    state: str
    points: int
    is_authorised: bool
    takes_site_orders: bool
    whole_line: bool
    order_access: str
    order_capacity: int | None


_ORGS: Final = (
    select(*(getattr(OrgRow, name) for name in _Org._fields))
    .where(OrgRow.kind != OrgKind.MANUFACTURER.value)
    .order_by(OrgRow.id)
)


class _Details(NamedTuple):
    """Goods of those who do not sell all, services, open orders of those who have a limit."""

    goods: defaultdict[int, set[int]]
    services: defaultdict[int, set[str]]
    loads: dict[int, int]


async def _details(session: AsyncSession, orgs: list[_Org], order: OrderFacts) -> _Details:
    details = _Details(defaultdict(set), defaultdict(set), {})
    limited = [org.id for org in orgs if not org.whole_line]
    products = [product_id for product_id, _ in order.goods if product_id is not None]
    if limited and products:
        sold = select(DealerGoodsRow.org_id, DealerGoodsRow.product_id).where(
            DealerGoodsRow.org_id.in_(limited), DealerGoodsRow.product_id.in_(products)
        )
        for org_id, product_id in await session.execute(sold):
            details.goods[org_id].add(product_id)
    if order.services:
        given = select(DealerServiceRow.org_id, DealerServiceRow.service).where(
            DealerServiceRow.service.in_(order.services)
        )
        for org_id, service in await session.execute(given):
            details.services[org_id].add(service)
    capped = [org.id for org in orgs if org.order_capacity is not None]
    if capped:
        loads = (
            select(OrderRow.org_id, func.count())
            .where(
                OrderRow.org_id.in_(capped),
                OrderRow.status_class != OrderClass.CLOSED.value,
                OrderRow.kind == OrderKind.ORDER.value,
                OrderRow.deleted_at.is_(None),
            )
            .group_by(OrderRow.org_id)
        )
        details.loads.update((await session.execute(loads)).tuples().all())  # type: ignore[arg-type]
    return details
