"""Read side of orders: pages of them by conditions. Keyset paging."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope, closed_orders, shown_numbers
from callcore.calls.tables import CallRow
from callcore.customers.model import Customer
from callcore.customers.queries import customers_by_id
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, RegionRow, UserRow
from callcore.orders.list_conditions import conditions_of, number_in
from callcore.orders.list_model import OrderSort
from callcore.orders.list_tabs import on_tab
from callcore.orders.masking import first_name, without_numbers
from callcore.orders.model import OrderClass, OrderKind, OrderResult
from callcore.orders.rights import order_reach, reach_of, sees_order
from callcore.orders.statuses import load_statuses
from callcore.orders.tables import OrderRow
from callcore.orders.views import OrderBrief, OrderCursor, OrderFilter, OrderPage, phone_view

MAX_PAGE = 100
_ORDERS: Final[dict[OrderSort, tuple[ColumnElement[Any], ...]]] = {
    OrderSort.NEWEST: (OrderRow.created_at.desc(), OrderRow.id.desc()),
    OrderSort.OLDEST: (OrderRow.created_at.asc(), OrderRow.id.asc()),
    OrderSort.SUM: (OrderRow.total_kopecks.desc(), OrderRow.id.desc()),
}


async def list_orders(
    session: AsyncSession,
    viewer: Viewer,
    wanted: OrderFilter,
    *,
    after: OrderCursor | None = None,
    limit: int = 25,
    now: datetime | None = None,
) -> OrderPage:
    """At most MAX_PAGE orders that the viewer may see; without `now` only his own, not what is offered to him."""
    limit = max(1, min(limit, MAX_PAGE))
    if now is None:
        scope = await reach_of(session, viewer)
        seen = sees_order(scope)
    else:
        reach = await order_reach(session, viewer, now)
        scope, seen = reach.scope, on_tab(viewer, reach, wanted.tab)
    ids = await ids_of_page(session, [seen, *conditions_of(scope, wanted)], wanted, after, limit + 1)
    rows = await rows_of(session, ids[:limit])
    items = await to_briefs(session, scope, rows)
    last = rows[-1][0] if rows and len(ids) > limit else None
    return OrderPage(items, cursor_at(last, wanted.sort) if last else None)


async def ids_of_page(
    session: AsyncSession,
    conditions: Sequence[ColumnElement[bool]],
    wanted: OrderFilter,
    after: OrderCursor | None,
    limit: int,
) -> list[int]:
    """Ids first: they stand in the indexes, so that a big dealer's thousands of orders need not be read to be sorted. An
    order whose number is what was searched for comes before all others."""
    found = select(OrderRow.id).where(*conditions)
    hits: list[int] = []
    if (number := number_in(wanted.text.strip())) is not None:
        if after is None:
            hits = list(await session.scalars(found.where(OrderRow.number == number)))
        found = found.where(OrderRow.number != number)
    if after is not None:
        found = found.where(_beyond(after, wanted.sort))
    found = found.order_by(*_ORDERS[wanted.sort]).limit(limit)
    return (hits + list(await session.scalars(found)))[:limit]


def _beyond(after: OrderCursor, sort: OrderSort) -> ColumnElement[bool]:
    if sort is OrderSort.SUM:
        return tuple_(OrderRow.total_kopecks, OrderRow.id) < tuple_(after.total_kopecks or 0, after.id)
    place, value = tuple_(OrderRow.created_at, OrderRow.id), tuple_(after.created_at, after.id)
    return place > value if sort is OrderSort.OLDEST else place < value


def cursor_at(order: OrderRow, sort: OrderSort) -> OrderCursor:
    total = order.total_kopecks if sort is OrderSort.SUM else None
    return OrderCursor(order.created_at, order.id, total)


async def rows_of(session: AsyncSession, ids: Sequence[int]) -> list[Any]:
    """For `to_briefs`, in the order of the ids."""
    rows = (await session.execute(_briefs().where(OrderRow.id.in_(ids)))).all()
    place = {order_id: at for at, order_id in enumerate(ids)}
    return sorted(rows, key=lambda row: place[row[0].id])


def _briefs() -> Select[OrderRow, str, str, str]:
    """Columns that `to_briefs` reads; joins are by primary keys."""
    return (
        select(OrderRow, RegionRow.name, OrgRow.name, UserRow.full_name)
        .outerjoin(RegionRow, RegionRow.code == OrderRow.region_code)
        .outerjoin(OrgRow, OrgRow.id == OrderRow.org_id)
        .outerjoin(UserRow, UserRow.id == OrderRow.manager_id)
    )


def briefs_where(scope: Scope, *conditions: ColumnElement[bool]) -> Select[OrderRow, str, str, str]:
    """For the cards: visible orders under further conditions, to be read with `to_briefs`."""
    return _briefs().where(sees_order(scope), *conditions)


async def to_briefs(session: AsyncSession, scope: Scope, rows: Sequence[Any]) -> tuple[OrderBrief, ...]:
    return (await briefs_and_hidden(session, scope, rows))[0]


async def hidden_on(
    session: AsyncSession, scope: Scope, orders: Sequence[OrderRow], customers: Mapping[int, Customer]
) -> dict[int, tuple[str, ...]]:
    """By order id the customer's numbers that this viewer may not see on it: all of them while it is only offered to him, or
    where each order has a first call of its own."""
    if scope.is_whole:
        return dict.fromkeys((order.id for order in orders), ())
    phones = [phone for customer in customers.values() for phone in customer.phones]
    shown = await shown_numbers(session, scope, phones)
    closed = await closed_orders(session, scope, [order.id for order in orders])
    return {
        order.id: tuple(
            phone
            for phone in customers[order.customer_id].phones
            if phone not in shown or order.id in closed or not scope.covers(order.org_id)
        )
        for order in orders
    }


async def briefs_and_hidden(
    session: AsyncSession, scope: Scope, rows: Sequence[Any]
) -> tuple[tuple[OrderBrief, ...], dict[int, tuple[str, ...]]]:
    """Also `hidden_on` of these orders, for other words that stand beside them."""
    orders: list[OrderRow] = [row[0] for row in rows]
    customers = await customers_by_id(session, {order.customer_id for order in orders})
    hidden = await hidden_on(session, scope, orders, customers)
    calls = await _calls_of(session, [order.id for order in orders])
    statuses = await load_statuses(session)
    briefs = tuple(
        OrderBrief(
            id=order.id,
            number=order.number,
            kind=OrderKind(order.kind),
            status=order.status,
            status_name=statuses.name(order.status),
            status_class=OrderClass(order.status_class),
            result=OrderResult(order.result),
            created_at=order.created_at,
            due_at=order.due_at,
            tz=order.tz,
            region_name=region_name or "",
            city=blotted(order.city, hidden[order.id], customers[order.customer_id]),
            org_name=org_name or "",
            manager_name=manager_name or "",
            source=order.source,
            request_type=order.request_type,
            total_kopecks=order.total_kopecks,
            customer_id=order.customer_id,
            customer_name=_name(
                customers[order.customer_id], hidden[order.id], is_own=scope.covers(order.org_id)
            ),
            phone=phone_view(
                customers[order.customer_id].phone,
                set(customers[order.customer_id].phones).difference(hidden[order.id]),
            ),
            calls_count=calls.get(order.id, 0),
        )
        for order, region_name, org_name, manager_name in rows
    )
    return briefs, hidden


def _name(customer: Customer, hidden: Collection[str], *, is_own: bool) -> str:
    """Of an order that is only offered, the first name."""
    return (
        blotted(customer.name, hidden, customer)
        if is_own
        else first_name(without_numbers(customer.name, hidden))
    )


def blotted(text: str, hidden: Collection[str], customer: Customer) -> str:
    """Words of people beside the customer: without his hidden numbers and, where his main one is hidden, without anybody's."""
    return without_numbers(text, hidden, any_long=customer.phone in hidden) if hidden else text


async def _calls_of(session: AsyncSession, order_ids: Sequence[int]) -> dict[int, int]:
    """How many calls stand on each order; those without any are left out."""
    found = (
        select(CallRow.order_id, func.count())
        .where(CallRow.order_id.in_(order_ids))
        .group_by(CallRow.order_id)
    )
    return {order_id: count for order_id, count in await session.execute(found) if order_id}
