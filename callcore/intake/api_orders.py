"""Read side of the public API: orders as a program sees them, by the same rights as the pages. A hidden number stays hidden."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.model import Customer
from callcore.customers.queries import customers_by_id
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderEventKind
from callcore.orders.queries import blotted, hidden_on
from callcore.orders.rights import order_reach
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow
from callcore.orders.views import OrderCursor, PhoneView, phone_view

MAX_API_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOrderFilter:
    """Empty and None do not narrow. `status` is a code of the pipeline."""

    status: str = ""
    created_from: datetime | None = None
    created_before: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiLine:
    kind: str
    article: str
    name: str
    service: str
    unit: str
    quantity_m: int
    price: Decimal
    total_kopecks: int
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOrder:
    number: int
    public_id: str
    kind: str
    status: str
    status_class: str
    result: str
    created_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    region_code: str | None
    city: str
    address: str
    source: str
    medium: str
    campaign: str
    term: str
    request_type: str
    channel: str
    external_id: str
    total_kopecks: int
    dealer_id: int | None
    dealer_name: str
    customer_name: str
    phone: PhoneView | None
    lines: tuple[ApiLine, ...]


@dataclass(frozen=True, slots=True)
class ApiOrderPage:
    items: tuple[ApiOrder, ...]
    next_cursor: OrderCursor | None


async def api_order(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> ApiOrder:
    """Raises NotFound."""
    reach = await order_reach(session, viewer, now)
    rows = (await session.execute(_orders().where(OrderRow.number == number, reach.visible()))).all()
    if not rows:
        raise NotFound("order-not-found")
    return (await _told(session, reach.scope, rows))[0]


async def api_orders(
    session: AsyncSession,
    viewer: Viewer,
    wanted: ApiOrderFilter,
    *,
    after: OrderCursor | None,
    limit: int,
    now: datetime,
) -> ApiOrderPage:
    """Newest first, at most MAX_API_PAGE."""
    limit = max(1, min(limit, MAX_API_PAGE))
    reach = await order_reach(session, viewer, now)
    found = _orders().where(reach.visible())
    if wanted.status:
        found = found.where(OrderRow.status == wanted.status)
    if wanted.source:
        found = found.where(OrderRow.source == wanted.source)
    if wanted.created_from is not None:
        found = found.where(OrderRow.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        found = found.where(OrderRow.created_at < wanted.created_before)
    if after is not None:
        found = found.where(tuple_(OrderRow.created_at, OrderRow.id) < tuple_(after.created_at, after.id))
    newest = found.order_by(OrderRow.created_at.desc(), OrderRow.id.desc()).limit(limit + 1)
    rows = (await session.execute(newest)).all()
    shown = rows[:limit]
    last = shown[-1][0] if len(rows) > limit else None
    cursor = OrderCursor(last.created_at, last.id) if last is not None else None
    return ApiOrderPage(await _told(session, reach.scope, shown), cursor)


def _orders() -> Select[OrderRow, str]:
    return select(OrderRow, OrgRow.name).outerjoin(OrgRow, OrgRow.id == OrderRow.org_id)


async def _told(session: AsyncSession, scope: Any, rows: Sequence[Any]) -> tuple[ApiOrder, ...]:
    ids = [order.id for order, _ in rows]
    customers = await customers_by_id(session, {order.customer_id for order, _ in rows})
    hidden = await hidden_on(session, scope, [order for order, _ in rows], customers)
    lines = await _lines(session, ids)
    origins = await _origins(session, ids)
    return tuple(
        _order(
            order,
            name or "",
            customers[order.customer_id],
            hidden[order.id],
            lines[order.id],
            origins[order.id],
        )
        for order, name in rows
    )


def _order(
    order: OrderRow,
    dealer_name: str,
    customer: Customer,
    hidden: Collection[str],
    lines: Sequence[ApiLine],
    origin: Mapping[str, Any],
) -> ApiOrder:
    def safe(text: str) -> str:
        return blotted(text, hidden, customer)

    return ApiOrder(
        number=order.number,
        public_id=order.public_id,
        kind=order.kind,
        status=order.status,
        status_class=order.status_class,
        result=order.result,
        created_at=order.created_at,
        due_at=order.due_at,
        closed_at=order.closed_at,
        region_code=order.region_code,
        city=safe(order.city),
        address=safe(order.address),
        source=order.source,
        medium=order.medium,
        campaign=safe(order.campaign),
        term=safe(str(origin.get("term", ""))),
        request_type=order.request_type,
        channel=order.channel,
        external_id=safe(str(origin.get("external_id", ""))),
        total_kopecks=order.total_kopecks,
        dealer_id=order.org_id,
        dealer_name=dealer_name,
        customer_name=safe(customer.name),
        phone=phone_view(customer.phone, set(customer.phones).difference(hidden)),
        lines=tuple(_plain(line, hidden) for line in lines),
    )


def _plain(line: ApiLine, hidden: Collection[str]) -> ApiLine:
    """Barcodes stay; the customer's own number does not."""
    params = {name: without_numbers(value, hidden, any_long=False) for name, value in line.params.items()}
    return replace(line, name=without_numbers(line.name, hidden, any_long=False), params=params)


async def _lines(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[ApiLine]]:
    found: dict[int, list[ApiLine]] = defaultdict(list)
    rows = await session.scalars(
        select(OrderLineRow).where(OrderLineRow.order_id.in_(ids)).order_by(OrderLineRow.position)
    )
    for row in rows:
        found[row.order_id].append(
            ApiLine(
                kind=row.kind,
                article=row.article,
                name=row.name,
                service=row.service,
                unit=row.unit,
                quantity_m=row.quantity_m,
                price=row.price,
                total_kopecks=row.total_kopecks,
                params={str(name): str(value) for name, value in row.params.items()},
            )
        )
    return found


async def _origins(session: AsyncSession, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    found: dict[int, Mapping[str, Any]] = defaultdict(dict)
    rows = await session.execute(
        select(OrderEventRow.order_id, OrderEventRow.data).where(
            OrderEventRow.order_id.in_(ids), OrderEventRow.kind == OrderEventKind.CREATED.value
        )
    )
    found.update((order_id, data) for order_id, data in rows)
    return found
