"""Read side: what one person may do with an order's distribution, who else can take it, what a dealer has in hand."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.candidates import judge
from callcore.distribution.decision import out_words
from callcore.distribution.load_network import network_facts, order_facts
from callcore.distribution.pipeline import is_far
from callcore.distribution.policy_store import load_order_policies
from callcore.distribution.rights import check_distributor, may_distribute
from callcore.kernel.errors import NotFound
from callcore.network.model import OrgKind, OrgState, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import OrderClass, OrderKind, ReasonKind
from callcore.orders.reasons import load_reasons
from callcore.orders.rights import OrderReach, order_reach
from callcore.orders.settings import order_settings
from callcore.orders.statuses import load_statuses
from callcore.orders.tables import OrderRow


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list: a reason, a dealer. `note` is a second line."""

    id: int
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """`may_…` are the buttons of the person. `alone_until`: until then others do not see it yet («видно вам ещё 3:12 до
    открытия всем»), None when nobody else is waiting. `is_alone`: nobody else sees it before he refuses, or there is
    nobody else. `others_see`: it may be taken by others at this moment. `for_org` names the subdealer to whom it is
    offered, empty for the person's own organisation. `reasons` to refuse, `release_reasons` to give back, `dealers` to
    assign to, those who can take it first."""

    number: int
    org_name: str = ""
    may_accept: bool = False
    may_decline: bool = False
    may_release: bool = False
    may_assign: bool = False
    may_offer: bool = False
    may_see_why: bool = False
    alone_until: datetime | None = None
    is_alone: bool = False
    others_see: bool = False
    for_org: str = ""
    reasons: tuple[Choice, ...] = ()
    release_reasons: tuple[Choice, ...] = ()
    dealers: tuple[Choice, ...] = ()

    @property
    def has_any(self) -> bool:
        return self.may_accept or self.may_release or self.may_assign or self.may_offer or self.may_see_why


@dataclass(frozen=True, slots=True)
class WhoElse:
    """A dealer who could take the order now."""

    org_id: int
    name: str
    points: int


@dataclass(frozen=True, slots=True)
class HandOrder:
    number: int
    status_name: str
    created_at: datetime
    due_at: datetime | None
    total_kopecks: int


@dataclass(frozen=True, slots=True)
class InHand:
    """What a dealer has open. `dealers` could get it."""

    org_id: int
    name: str
    is_suspended: bool
    orders: tuple[HandOrder, ...]
    dealers: tuple[Choice, ...]


async def offer_view(session: AsyncSession, viewer: Viewer, order_id: int, now: datetime) -> OfferView:
    """Raises NotFound for an order that the viewer does not see."""
    return await _view(session, viewer, OrderRow.id == order_id, now)


async def offer_by_number(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> OfferView:
    """As offer_view."""
    return await _view(session, viewer, OrderRow.number == number, now)


async def _view(
    session: AsyncSession, viewer: Viewer, which: ColumnElement[bool], now: datetime
) -> OfferView:
    reach = await order_reach(session, viewer, now)
    order = await session.scalar(select(OrderRow).where(which, reach.visible()))
    if order is None:
        raise NotFound("order-not-found")
    if order.kind != OrderKind.ORDER:
        return OfferView(number=order.number)
    settings = await order_settings(session)
    is_closed = order.status_class == OrderClass.CLOSED
    is_open = order.status_class == OrderClass.OPEN
    distributes = may_distribute(viewer, settings)
    is_his = not reach.scope.is_whole and reach.scope.covers(order.org_id) and not reach.is_suspended
    mine, others = await _windows(session, order, reach) if is_open else ([], [])
    may_accept = bool(mine) and reach.sees_available
    may_release = order.org_id is not None and not is_closed and (distributes or is_his)
    others_see = any(one.opens_at <= now for one in others)
    coming = min((one.opens_at for one in others if one.opens_at > now), default=None)
    return OfferView(
        number=order.number,
        org_name=await _name(session, order.org_id),
        may_accept=may_accept,
        may_decline=may_accept,
        may_release=may_release,
        may_assign=distributes and not is_closed,
        may_offer=distributes and is_open,
        may_see_why=viewer.is_staff,
        alone_until=coming if may_accept and coming is not None and not is_far(coming, now) else None,
        is_alone=may_accept and not others_see and (coming is None or is_far(coming, now)),
        others_see=may_accept and others_see,
        for_org=await _for_org(session, viewer, mine) if may_accept else "",
        reasons=await _reasons(session, ReasonKind.DECLINE) if may_accept else (),
        release_reasons=await _reasons(session, ReasonKind.RELEASE) if may_release else (),
        dealers=await _dealers(session, order) if distributes and not is_closed else (),
    )


async def who_else(session: AsyncSession, viewer: Viewer, number: int) -> tuple[WhoElse, ...]:
    """Who could take the order by the rules of this moment, most points first; without the dealer who has it. Raises
    NotFound, Forbidden."""
    settings = await order_settings(session)
    check_distributor(viewer, settings)
    order = await session.scalar(
        select(OrderRow).where(OrderRow.number == number, OrderRow.deleted_at.is_(None))
    )
    if order is None:
        raise NotFound("order-not-found")
    return await _able(session, order, settings.desk_org_id)


async def who_else_of(session: AsyncSession, order_ids: list[int]) -> dict[int, tuple[str, ...]]:
    """For a list: names of those to whom each is still offered or will be, by order id."""
    rows = await session.execute(
        select(OrderWindowRow.order_id, OrgRow.name)
        .join(OrgRow, OrgRow.id == OrderWindowRow.org_id)
        .join(OrderRow, OrderRow.id == OrderWindowRow.order_id)
        .where(
            OrderWindowRow.order_id.in_(order_ids),
            OrderWindowRow.closed_at.is_(None),
            OrderRow.status_class == OrderClass.OPEN.value,
        )
        .order_by(OrderWindowRow.opens_at, OrgRow.name)
    )
    found: dict[int, list[str]] = {}
    for order_id, name in rows:
        found.setdefault(order_id, []).append(name)
    return {order_id: tuple(names) for order_id, names in found.items()}


async def is_offered(session: AsyncSession, order_id: int, org_id: int, now: datetime) -> bool:
    """Whether this dealer may take this order now: for whoever tells him that he may."""
    found = (
        select(OrderWindowRow.id)
        .join(OrderRow, OrderRow.id == OrderWindowRow.order_id)
        .where(
            OrderWindowRow.order_id == order_id,
            OrderWindowRow.org_id == org_id,
            OrderWindowRow.closed_at.is_(None),
            OrderWindowRow.opens_at <= now,
            OrderRow.status_class == OrderClass.OPEN.value,
            OrderRow.deleted_at.is_(None),
        )
    )
    return await session.scalar(found) is not None


async def in_hand(session: AsyncSession, viewer: Viewer, org_id: int) -> InHand:
    """Raises NotFound, Forbidden."""
    check_distributor(viewer, await order_settings(session))
    org = await session.get(OrgRow, org_id)
    if org is None or org.kind == OrgKind.MANUFACTURER:
        raise NotFound("dealer-not-found")
    rows = await session.scalars(
        select(OrderRow)
        .where(
            OrderRow.org_id == org_id,
            OrderRow.kind == OrderKind.ORDER.value,
            OrderRow.status_class != OrderClass.CLOSED.value,
            OrderRow.deleted_at.is_(None),
        )
        .order_by(OrderRow.due_at, OrderRow.id)
    )
    stages = await load_statuses(session)
    orders = tuple(
        HandOrder(row.number, stages.name(row.status), row.created_at, row.due_at, row.total_kopecks)
        for row in rows
    )
    dealers = tuple(Choice(row.id, row.name) for row in await _working(session) if row.id != org_id)
    return InHand(org_id, org.name, org.state != OrgState.ACTIVE, orders, dealers)


async def _windows(
    session: AsyncSession, order: OrderRow, reach: OrderReach
) -> tuple[list[OrderWindowRow], list[OrderWindowRow]]:
    """Those by which the viewer may take it, and those of others that are not closed."""
    rows = await session.scalars(
        select(OrderWindowRow).where(
            OrderWindowRow.order_id == order.id,
            OrderWindowRow.run == order.run,
            OrderWindowRow.closed_at.is_(None),
        )
    )
    mine: list[OrderWindowRow] = []
    others: list[OrderWindowRow] = []
    for row in rows:
        is_his = not reach.scope.is_whole and reach.scope.covers(row.org_id)
        if not is_his:
            others.append(row)
        elif row.opens_at <= reach.now:
            mine.append(row)
    return mine, others


async def _for_org(session: AsyncSession, viewer: Viewer, mine: list[OrderWindowRow]) -> str:
    if any(window.org_id == viewer.org_id for window in mine):
        return ""
    return await _name(session, mine[0].org_id)


async def _name(session: AsyncSession, org_id: int | None) -> str:
    if org_id is None:
        return ""
    return await session.scalar(select(OrgRow.name).where(OrgRow.id == org_id)) or ""


async def _reasons(session: AsyncSession, kind: ReasonKind) -> tuple[Choice, ...]:
    return tuple(Choice(one.id, one.title) for one in await load_reasons(session, kind))


async def _able(session: AsyncSession, order: OrderRow, desk_org_id: int | None) -> tuple[WhoElse, ...]:
    facts = await order_facts(session, order, desk_org_id)
    active = (await load_order_policies(session)).of(facts.region_code, facts.categories)
    network = await network_facts(session, facts, active.policy)
    able = [
        WhoElse(one.org_id, one.name, one.points)
        for one in judge(facts, network.dealers, active.policy.min_points)
        if one.is_in and one.org_id != order.org_id
    ]
    return tuple(sorted(able, key=lambda one: (-one.points, one.org_id)))


async def _dealers(session: AsyncSession, order: OrderRow) -> tuple[Choice, ...]:
    """Those who can take it, then the others who work, with what speaks against them."""
    settings = await order_settings(session)
    facts = await order_facts(session, order, settings.desk_org_id)
    active = (await load_order_policies(session)).of(facts.region_code, facts.categories)
    network = await network_facts(session, facts, active.policy)
    verdicts = {one.org_id: one for one in judge(facts, network.dealers, active.policy.min_points)}
    able, others = [], []
    for org in await _working(session):
        if org.id == order.org_id:
            continue
        verdict = verdicts.get(org.id)
        if verdict is not None and verdict.is_in:
            able.append(Choice(org.id, org.name, f"подходит, баллов {org.points}"))
        else:
            others.append(Choice(org.id, org.name, out_words(verdict) if verdict else "другой регион"))
    return (*able, *others)


async def _working(session: AsyncSession) -> list[OrgRow]:
    rows = await session.scalars(
        select(OrgRow)
        .where(OrgRow.kind != OrgKind.MANUFACTURER.value, OrgRow.state == OrgState.ACTIVE.value)
        .order_by(OrgRow.name, OrgRow.id)
    )
    return list(rows)
