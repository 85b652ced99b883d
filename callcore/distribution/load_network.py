"""What the choice rests on: orders and dealers, read in a few statements."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.catalog.tables import DealerGoodsRow
from callcore.distribution.candidates import DealerFacts, OrderFacts
from callcore.distribution.policy import OrderPolicy
from callcore.network.model import OrderAccess, OrgKind, OrgState
from callcore.network.tables import OrgRegionRow, OrgRow
from callcore.orders.desk_tables import DealerServiceRow, OrderDeclineRow
from callcore.orders.model import GOODS, SERVICE, NewLine, NewOrder, OrderClass, OrderKind
from callcore.orders.tables import OrderLineRow, OrderRow


@dataclass(frozen=True, slots=True)
class Network:
    """`dealers` were looked at; so many more are `elsewhere`; `everyone` may take orders and is none of the first."""

    dealers: tuple[DealerFacts, ...]
    elsewhere: int = 0
    everyone: tuple[int, ...] = ()


async def order_facts(session: AsyncSession, order: OrderRow, desk_org_id: int | None) -> OrderFacts:
    declined: frozenset[int] = frozenset()
    if order.run:
        refused = select(OrderDeclineRow.org_id).where(OrderDeclineRow.order_id == order.id)
        declined = frozenset(await session.scalars(refused))
    lines = await _lines(session, [order.id])
    return _order(order, lines[order.id], declined, desk_org_id)


async def many_order_facts(
    session: AsyncSession, orders: Collection[OrderRow], desk_org_id: int | None
) -> dict[int, OrderFacts]:
    """By id, as if nobody had refused them."""
    lines = await _lines(session, [order.id for order in orders])
    return {order.id: _order(order, lines[order.id], frozenset(), desk_org_id) for order in orders}


async def network_facts(
    session: AsyncSession, order: OrderFacts, policy: OrderPolicy, *, with_everyone: bool = False
) -> Network:
    """Dealers who serve the region, and those whom rules, quotas, the site or a claim name."""
    named = _named(policy) | {order.site_org_id or 0, order.claim_org_id or 0}
    asked = {"region_code": order.region_code, "named": sorted(named)}
    rows = (await session.execute(_LOOKED, asked)).all()
    looked = [_Org(*row[: len(_COLUMNS)]) for row in rows]
    near = {row.id for row in rows if row.is_near}
    regions = frozenset({order.region_code} if order.region_code else ())
    counted, away = rows[0][-2:] if rows else (await session.execute(_COUNTED)).one()
    suspended = set(await session.scalars(_SUSPENDED)) if away else set[int]()
    make = await _maker(session, suspended, looked, order.products, order.services)
    dealers = tuple(make(org, regions if org.id in near else frozenset()) for org in looked)
    everyone: tuple[int, ...] = ()
    if with_everyone:
        out = near | order.declined | {order.desk_org_id}
        everyone = tuple(
            org.id for org in await _orgs(session) if org.id not in out and _may_take(org, suspended)
        )
    return Network(dealers, counted - len(looked), everyone)


def _may_take(org: "_Org", suspended: AbstractSet[int]) -> bool:
    sees = org.is_authorised and org.order_access == OrderAccess.REGION
    return sees and suspended.isdisjoint(chain(org.path))


async def whole_network(session: AsyncSession, orders: Iterable[OrderFacts]) -> tuple[DealerFacts, ...]:
    """All dealers with all their regions, as they concern these orders."""
    orgs = await _orgs(session)
    regions: defaultdict[int, set[str]] = defaultdict(set)
    for org_id, code in await session.execute(select(OrgRegionRow.org_id, OrgRegionRow.region_code)):
        regions[org_id].add(code)
    told = list(orders)
    products = frozenset().union(*(order.products for order in told))
    services = frozenset().union(*(order.services for order in told))
    make = await _maker(session, _suspended(orgs), orgs, products, services)
    return tuple(
        make(org, frozenset(regions[org.id] | ({org.region_code} if org.region_code else set())))
        for org in orgs
    )


def chain(path: str) -> tuple[int, ...]:
    """Ids from the root down."""
    return tuple(int(part) for part in path.split("/") if part)


class _Line(NamedTuple):
    order_id: int
    kind: str
    product_id: int | None
    article: str
    category: str
    service: str


_LINES: Final = select(*(getattr(OrderLineRow, name) for name in _Line._fields)).where(
    OrderLineRow.order_id.in_(bindparam("order_ids", expanding=True))
)


async def _lines(session: AsyncSession, order_ids: Collection[int]) -> defaultdict[int, list[_Line]]:
    found: defaultdict[int, list[_Line]] = defaultdict(list)
    for row in await session.execute(_LINES, {"order_ids": list(order_ids)}):
        found[row.order_id].append(_Line(*row))
    return found


def new_order_facts(new: NewOrder, desk_org_id: int | None) -> OrderFacts:
    """Of one that is not made yet."""
    return _order(new, new.lines, frozenset(), desk_org_id)


def _order(
    order: OrderRow | NewOrder,
    lines: Collection[_Line | NewLine],
    declined: frozenset[int],
    desk_org_id: int | None,
) -> OrderFacts:
    return OrderFacts(
        region_code=order.region_code,
        goods=tuple((line.product_id, line.article) for line in lines if line.kind == GOODS and line.article),
        categories=frozenset(line.category for line in lines if line.category),
        services=frozenset(line.service for line in lines if line.kind == SERVICE and line.service),
        source=order.source,
        did_id=order.did_id,
        customer_id=order.customer_id,
        total_kopecks=order.total_kopecks,
        site_org_id=order.site_org_id,
        declined=declined,
        desk_org_id=desk_org_id,
    )


class _Org(NamedTuple):
    id: int
    name: str
    path: str
    region_code: str | None
    state: str
    points: int
    rating: int | None
    is_authorised: bool
    takes_site_orders: bool
    whole_line: bool
    order_access: str
    order_capacity: int | None


_COLUMNS: Final = tuple(getattr(OrgRow, name) for name in _Org._fields)
_IS_DEALER: Final = OrgRow.kind != OrgKind.MANUFACTURER.value
_ORGS: Final = select(*_COLUMNS).where(_IS_DEALER).order_by(OrgRow.id)
_SERVING: Final = select(OrgRegionRow.org_id).where(OrgRegionRow.region_code == bindparam("region_code"))
_IS_NEAR: Final = or_(
    # no region, on either side, is none's
    func.coalesce(OrgRow.region_code == bindparam("region_code"), False),
    OrgRow.id.in_(_SERVING),
)
_OTHERS: Final = aliased(OrgRow)  # counted in the same statement
_DEALERS: Final = select(func.count()).select_from(_OTHERS).where(_OTHERS.kind != OrgKind.MANUFACTURER.value)
_AWAY: Final = _DEALERS.where(_OTHERS.state == OrgState.SUSPENDED.value)
_COUNTS: Final = (_DEALERS.scalar_subquery(), _AWAY.scalar_subquery())
_COUNTED: Final = select(*_COUNTS)
_LOOKED: Final = (
    select(*_COLUMNS, _IS_NEAR.label("is_near"), *_COUNTS)
    .where(_IS_DEALER, or_(_IS_NEAR, OrgRow.id.in_(bindparam("named", expanding=True))))
    .order_by(OrgRow.id)
)
_SUSPENDED: Final = select(OrgRow.id).where(_IS_DEALER, OrgRow.state == OrgState.SUSPENDED.value)


async def _orgs(session: AsyncSession) -> list[_Org]:
    return [_Org(*row) for row in await session.execute(_ORGS)]


def _suspended(orgs: Iterable[_Org]) -> set[int]:
    return {org.id for org in orgs if org.state == OrgState.SUSPENDED}


def _named(policy: OrderPolicy) -> set[int]:
    rules = {rule.org_id for stage in policy.stages for rule in stage.rules}
    return rules | {quota.org_id for stage in policy.stages for quota in stage.quotas}


async def _maker(
    session: AsyncSession,
    suspended: AbstractSet[int],
    looked: Collection[_Org],
    products: frozenset[int],
    services: frozenset[str],
) -> Callable[[_Org, frozenset[str]], DealerFacts]:
    """Of those that are looked at: goods where not all are sold, services, open orders where there is a limit."""
    sold = await _sold(session, [org.id for org in looked if not org.whole_line], products)
    given = await _given(session, services)
    loads = await _loads(session, [org.id for org in looked if org.order_capacity is not None])

    def make(org: _Org, regions: frozenset[str]) -> DealerFacts:
        return DealerFacts(
            id=org.id,
            name=org.name,
            points=org.points,
            rating=org.rating,
            is_active=suspended.isdisjoint(chain(org.path)),
            is_authorised=org.is_authorised,
            takes_site_orders=org.takes_site_orders,
            sees_offers=org.order_access == OrderAccess.REGION,
            regions=regions,
            whole_line=org.whole_line,
            goods=frozenset(sold[org.id]),
            services=frozenset(given[org.id]),
            capacity=org.order_capacity,
            open_orders=loads.get(org.id, 0),
        )

    return make


async def _sold(
    session: AsyncSession, org_ids: Collection[int], products: frozenset[int]
) -> defaultdict[int, set[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    if org_ids and products:
        rows = await session.execute(
            select(DealerGoodsRow.org_id, DealerGoodsRow.product_id).where(
                DealerGoodsRow.org_id.in_(org_ids), DealerGoodsRow.product_id.in_(products)
            )
        )
        for org_id, product_id in rows:
            found[org_id].add(product_id)
    return found


async def _given(session: AsyncSession, services: frozenset[str]) -> defaultdict[int, set[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    if services:
        rows = await session.execute(
            select(DealerServiceRow.org_id, DealerServiceRow.service).where(
                DealerServiceRow.service.in_(services)
            )
        )
        for org_id, service in rows:
            found[org_id].add(service)
    return found


async def _loads(session: AsyncSession, org_ids: Collection[int]) -> dict[int, int]:
    if not org_ids:
        return {}
    rows = await session.execute(
        select(OrderRow.org_id, func.count())
        .where(
            OrderRow.org_id.in_(org_ids),
            OrderRow.status_class != OrderClass.CLOSED.value,
            OrderRow.kind == OrderKind.ORDER.value,
            OrderRow.deleted_at.is_(None),
        )
        .group_by(OrderRow.org_id)
    )
    return {org_id: count for org_id, count in rows if org_id is not None}
