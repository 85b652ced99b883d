"""Read side of orders: the list. Keyset paging, newest first."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope, shown_numbers
from callcore.calls.tables import CallRow
from callcore.customers.model import ContactKind, Customer
from callcore.customers.queries import customers_by_id
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.phones import parse_phone
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, RegionRow, UserRow
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderClass, OrderKind, OrderResult, status_of
from callcore.orders.rights import may_find_by, reach_of, sees_order
from callcore.orders.tables import OrderLineRow, OrderRow
from callcore.orders.views import OrderBrief, OrderCursor, OrderFilter, OrderPage, phone_view

MAX_PAGE = 100
_NEWEST_FIRST = (OrderRow.created_at.desc(), OrderRow.id.desc())
_MIN_TAIL_DIGITS = 4
_MAX_TEXT_CHARS = 80
_BIGGEST_NUMBER = 10**15
_ARTICLE = re.compile(r"(?=.*\d)\S{2,40}")
_DIGITS = re.compile(r"[\d\s()+\-–.№]+")


async def list_orders(
    session: AsyncSession,
    viewer: Viewer,
    wanted: OrderFilter,
    *,
    after: OrderCursor | None = None,
    limit: int = 25,
) -> OrderPage:
    """At most MAX_PAGE orders that the viewer may see."""
    limit = max(1, min(limit, MAX_PAGE))
    scope = await reach_of(session, viewer)
    found = select(OrderRow.id).where(sees_order(scope), *_conditions(scope, wanted))
    if after is not None:
        place = tuple_(OrderRow.created_at, OrderRow.id)
        found = found.where(place < tuple_(after.created_at, after.id))
    # ids first: they stand in the indexes, so that a big dealer's thousands of orders need not be read to be sorted
    ids = (await session.scalars(found.order_by(*_NEWEST_FIRST).limit(limit + 1))).all()
    rows = (
        await session.execute(_briefs().where(OrderRow.id.in_(ids[:limit])).order_by(*_NEWEST_FIRST))
    ).all()
    items = await to_briefs(session, scope, rows)
    last = items[-1] if items and len(ids) > limit else None
    return OrderPage(items, OrderCursor(last.created_at, last.id) if last else None)


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
    ids = {order.customer_id for order, *_ in rows}
    customers = await customers_by_id(session, ids)
    shown = await shown_numbers(session, scope, [customer.phone for customer in customers.values()])
    calls = await _calls_of(session, [order.id for order, *_ in rows])
    return tuple(
        OrderBrief(
            id=order.id,
            number=order.number,
            kind=OrderKind(order.kind),
            status=order.status,
            status_name=status_of(order.status).name,
            status_class=OrderClass(order.status_class),
            result=OrderResult(order.result),
            created_at=order.created_at,
            due_at=order.due_at,
            tz=order.tz,
            region_name=region_name or "",
            city=order.city,
            org_name=org_name or "",
            manager_name=manager_name or "",
            source=order.source,
            request_type=order.request_type,
            total_kopecks=order.total_kopecks,
            customer_id=order.customer_id,
            customer_name=_name(customers[order.customer_id], shown),
            phone=phone_view(customers[order.customer_id].phone, shown),
            calls_count=calls.get(order.id, 0),
        )
        for order, region_name, org_name, manager_name in rows
    )


def _name(customer: Customer, shown: Collection[str]) -> str:
    is_hidden = customer.phone and customer.phone not in shown
    return without_numbers(customer.name, [customer.phone]) if is_hidden else customer.name


async def _calls_of(session: AsyncSession, order_ids: Sequence[int]) -> dict[int, int]:
    """How many calls stand on each order; those without any are left out."""
    found = (
        select(CallRow.order_id, func.count())
        .where(CallRow.order_id.in_(order_ids))
        .group_by(CallRow.order_id)
    )
    return {order_id: count for order_id, count in await session.execute(found) if order_id}


def _conditions(scope: Scope, wanted: OrderFilter) -> list[ColumnElement[bool]]:
    equal: tuple[tuple[Any, Any], ...] = (
        (OrderRow.kind, wanted.kind),
        (OrderRow.status_class, wanted.status_class),
        (OrderRow.status, wanted.status),
        (OrderRow.result, wanted.result),
        (OrderRow.region_code, wanted.region_code),
        (OrderRow.source, wanted.source),
        (OrderRow.manager_id, wanted.manager_id),
        (OrderRow.customer_id, wanted.customer_id),
    )
    conditions = [column == value for column, value in equal if value not in (None, "")]
    if wanted.created_from is not None:
        conditions.append(OrderRow.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        conditions.append(OrderRow.created_at < wanted.created_before)
    if wanted.overdue_at is not None:
        conditions.append(is_overdue(wanted.overdue_at))
    if wanted.org_id is not None:
        conditions.append(OrderRow.org_id.in_(_below(wanted.org_id)))
    if text := wanted.text.replace("\x00", "").strip()[:_MAX_TEXT_CHARS]:
        conditions.append(_matches(scope, text))
    return conditions


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """A condition on OrderRow; classes are named, so that closed orders are not even read."""
    running = [one.value for one in OrderClass if one is not OrderClass.CLOSED]
    return and_(OrderRow.status_class.in_(running), OrderRow.due_at < now)


def _below(org_id: int) -> Select[int]:
    """The organisation and all below it: their paths hold its id."""
    return select(OrgRow.id).where(OrgRow.path.contains(f"/{org_id}/"))


def _matches(scope: Scope, text: str) -> ColumnElement[bool]:
    """SQLite compares only ASCII letters without case, so the usual spellings of a name are tried."""
    spellings = {text, text.lower(), text.upper(), text.capitalize(), text.title()}
    names = select(CustomerRow.id).where(
        or_(*(CustomerRow.name.contains(spelling, autoescape=True) for spelling in sorted(spellings)))
    )
    ways: list[ColumnElement[bool]] = [OrderRow.customer_id.in_(names)]
    if _ARTICLE.fullmatch(text):
        of_article = select(OrderLineRow.order_id).where(OrderLineRow.article.in_({text, text.upper()}))
        ways.append(OrderRow.id.in_(of_article))
    digits = re.sub(r"\D", "", text) if text.isascii() or "№" in text else ""
    if digits and _DIGITS.fullmatch(text):
        if int(digits) < _BIGGEST_NUMBER:
            ways.append(OrderRow.number == int(digits))
        if len(digits) >= _MIN_TAIL_DIGITS:
            ways.append(OrderRow.customer_id.in_(_owners_of(scope, text, digits)))
    return or_(*ways)


def _owners_of(scope: Scope, text: str, digits: str) -> Select[int]:
    """By the end of a telephone number. A dealer finds only by numbers that he may see: guessing digits of a hidden
    one must not tell anything."""
    whole = parse_phone(text)
    match = ContactRow.value == whole.e164 if whole else ContactRow.value.endswith(digits)
    return select(ContactRow.customer_id).where(
        ContactRow.kind == ContactKind.PHONE, match, may_find_by(scope, ContactRow.value.expression)
    )
