"""Read side of the order list: one page of it with its counts and with what its rows tell besides the order itself."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.model import Viewer
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderDeclineRow, OrderWindowRow
from callcore.orders.list_conditions import conditions_of
from callcore.orders.list_model import Count, ListPage, ListRow, Owed, Refusal, TabCount, Taker
from callcore.orders.list_tabs import bounded, count_tabs, on_tab, owed
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderClass
from callcore.orders.queries import MAX_PAGE, briefs_and_hidden, cursor_at, ids_of_page, rows_of
from callcore.orders.rights import OrderReach, order_reach
from callcore.orders.tables import OrderLineRow, OrderReasonRow, OrderRow
from callcore.orders.views import OrderCursor, OrderFilter

MAX_FRESH = 200


async def order_list(
    session: AsyncSession,
    viewer: Viewer,
    wanted: OrderFilter,
    *,
    after: OrderCursor | None,
    limit: int,
    now: datetime,
) -> ListPage:
    """Raises NotFound for a tab that this viewer has not."""
    limit = max(1, min(limit, MAX_PAGE))
    reach = await order_reach(session, viewer, now)
    conditions = [on_tab(viewer, reach, wanted.tab), *conditions_of(reach.scope, wanted)]
    rows, following = await rows_for_page(session, viewer, reach, conditions, wanted, after, limit)
    tabs = await count_tabs(session, viewer, reach)
    total = _known(tabs, wanted) or Count(await session.scalar(select(bounded(*conditions))) or 0)
    return ListPage(rows=rows, next_cursor=following, total=total, tabs=tabs)


async def rows_for_page(
    session: AsyncSession,
    viewer: Viewer,
    reach: OrderReach,
    conditions: Sequence[ColumnElement[bool]],
    wanted: OrderFilter,
    after: OrderCursor | None,
    limit: int,
) -> tuple[tuple[ListRow, ...], OrderCursor | None]:
    """The rows and where the next page begins."""
    ids = await ids_of_page(session, conditions, wanted, after, limit + 1)
    found = await rows_of(session, ids[:limit])
    following = cursor_at(found[-1][0], wanted.sort) if found and len(ids) > limit else None
    return await _rows(session, reach, found, viewer), following


async def order_rows(
    session: AsyncSession, viewer: Viewer, wanted: OrderFilter, numbers: Collection[int], now: datetime
) -> tuple[ListRow, ...]:
    """Those of these orders that stand on the list under these conditions now."""
    reach = await order_reach(session, viewer, now)
    chosen = OrderRow.number.in_(sorted(numbers)[:MAX_FRESH])
    conditions = (chosen, on_tab(viewer, reach, wanted.tab), *conditions_of(reach.scope, wanted))
    ids = await session.scalars(select(OrderRow.id).where(*conditions).order_by(OrderRow.id.desc()))
    return await _rows(session, reach, await rows_of(session, ids.all()), viewer)


async def tab_counts(session: AsyncSession, viewer: Viewer, now: datetime) -> tuple[TabCount, ...]:
    return await count_tabs(session, viewer, await order_reach(session, viewer, now))


async def owed_now(session: AsyncSession, viewer: Viewer, now: datetime) -> Owed:
    return await owed(session, viewer, await order_reach(session, viewer, now))


def _known(tabs: Sequence[TabCount], wanted: OrderFilter) -> Count | None:
    """A tab without further conditions is counted already."""
    if wanted != OrderFilter(tab=wanted.tab, sort=wanted.sort):
        return None
    return next((one.count for one in tabs if one.tab is wanted.tab), None)


async def _rows(
    session: AsyncSession, reach: OrderReach, found: Sequence[Any], viewer: Viewer
) -> tuple[ListRow, ...]:
    orders: list[OrderRow] = [row[0] for row in found]
    briefs, hidden = await briefs_and_hidden(session, reach.scope, found)
    goods = await _goods(session, [order.id for order in orders])
    takers = await _takers(session, [order.id for order in orders if _is_offered(order)])
    refused = [order.id for order in orders if order.declined_at] if reach.scope.is_whole else []
    refusals = await _refusals(session, refused)
    rows = []
    for order, brief in zip(orders, briefs, strict=True):
        product, count = goods.get(order.id, ("", 1))
        windows = takers.get(order.id, ())
        rows.append(
            ListRow(
                order=brief,
                is_own=reach.scope.covers(order.org_id),
                org_id=order.org_id,
                product=without_numbers(product, hidden[order.id], any_long=False),
                more_lines=count - 1,
                attention_at=order.attention_at,
                waiting_since=_waiting_since(order),
                others_from=_others_from(reach, windows),
                can_accept=any(one.org_id == viewer.org_id and one.opens_at <= reach.now for one in windows),
                refusal=refusals.get(order.id),
                takers=windows if reach.scope.is_whole else (),
            )
        )
    return tuple(rows)


def _is_offered(order: OrderRow) -> bool:
    return order.status_class == OrderClass.OPEN and order.offered_at is not None


def _waiting_since(order: OrderRow) -> datetime | None:
    if order.status_class == OrderClass.OPEN:
        return order.offered_at
    return order.accepted_at if order.status_class == OrderClass.WAITING else None


def _others_from(reach: OrderReach, windows: Sequence[Taker]) -> datetime | None:
    """When the next dealers outside the viewer's own will see it."""
    later = [one.opens_at for one in windows if one.opens_at > reach.now]
    return min(later, default=None)


async def _goods(session: AsyncSession, order_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """The first line's name and how many lines there are."""
    place = func.row_number().over(partition_by=OrderLineRow.order_id, order_by=OrderLineRow.position)
    count = func.count().over(partition_by=OrderLineRow.order_id)
    lines: Select[Any] = select(
        OrderLineRow.order_id, OrderLineRow.name, place.label("place"), count.label("lines")
    ).where(OrderLineRow.order_id.in_(order_ids))
    each = lines.subquery()
    rows = await session.execute(select(each.c.order_id, each.c.name, each.c.lines).where(each.c.place == 1))
    return {order_id: (name, lines) for order_id, name, lines in rows}


async def _takers(session: AsyncSession, order_ids: Sequence[int]) -> dict[int, tuple[Taker, ...]]:
    """Whose windows are not closed, by the time they open."""
    if not order_ids:
        return {}
    rows = await session.execute(
        select(OrderWindowRow.order_id, OrderWindowRow.org_id, OrgRow.name, OrderWindowRow.opens_at)
        .join(OrgRow, OrgRow.id == OrderWindowRow.org_id)
        .where(OrderWindowRow.order_id.in_(order_ids), OrderWindowRow.closed_at.is_(None))
        .order_by(OrderWindowRow.opens_at, OrgRow.name)
    )
    found: dict[int, list[Taker]] = defaultdict(list)
    for order_id, org_id, name, opens_at in rows:
        found[order_id].append(Taker(org_id, name, opens_at))
    return {order_id: tuple(takers) for order_id, takers in found.items()}


async def _refusals(session: AsyncSession, order_ids: Sequence[int]) -> dict[int, Refusal]:
    """The newest of each order."""
    if not order_ids:
        return {}
    rows = await session.execute(
        select(OrderDeclineRow, OrgRow.name, OrderReasonRow.title)
        .join(OrgRow, OrgRow.id == OrderDeclineRow.org_id)
        .outerjoin(OrderReasonRow, OrderReasonRow.id == OrderDeclineRow.reason_id)
        .where(OrderDeclineRow.order_id.in_(order_ids))
        .order_by(OrderDeclineRow.at, OrderDeclineRow.id)
    )
    return {
        row.order_id: Refusal(org_name, reason or "", row.note, row.at, row.kind)
        for row, org_name, reason in rows
    }
