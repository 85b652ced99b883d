"""Read side of orders: the card of an order and the card of a customer."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope, shown_numbers
from callcore.calls.tables import CallRow, RecordingRow
from callcore.customers.model import ContactKind, Customer
from callcore.customers.queries import customers_by_id
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.network.tables import DidRow, OrgRow, OutletRow, UserRow
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderEventKind, status_of
from callcore.orders.queries import briefs_where, to_briefs
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow
from callcore.orders.views import (
    CallView,
    CustomerCard,
    OrderCard,
    OrderCounts,
    OrderLineView,
    PhoneView,
    RecordingView,
    TimelineItem,
    phone_view,
)

MAX_LISTED = 50
MAX_TIMELINE = 500


async def order_card(session: AsyncSession, viewer: Viewer, number: int) -> OrderCard:
    """Raises NotFound for an order that does not exist or that this viewer may not know of."""
    scope = await reach_of(session, viewer)
    row = (await session.execute(briefs_where(scope, OrderRow.number == number))).one_or_none()
    if row is None:
        raise NotFound("order-not-found")
    (brief,) = await to_briefs(session, scope, [row])
    order: OrderRow = row[0]
    outlet = await session.get(OutletRow, order.outlet_id) if order.outlet_id else None
    did = await session.get(DidRow, order.did_id) if order.did_id else None
    customer = (await customers_by_id(session, [order.customer_id]))[order.customer_id]
    hidden = [customer.phone] if brief.phone and brief.phone.is_hidden else []
    timeline = await _timeline(session, scope, order)
    if hidden:
        timeline = tuple(replace(item, text=without_numbers(item.text, hidden)) for item in timeline)
    return OrderCard(
        order=brief,
        public_id=order.public_id,
        version=order.version,
        closed_at=order.closed_at,
        address=without_numbers(order.address, hidden) if hidden else order.address,
        outlet_name=outlet.name if outlet else "",
        medium=order.medium,
        campaign=order.campaign,
        did_number=did.number if did else "",
        did_label=did.label if did else "",
        customer_note=without_numbers(customer.note, hidden) if hidden else customer.note,
        lines=await _lines(session, order.id),
        timeline=timeline,
        counts=OrderCounts(
            calls=sum(item.call is not None for item in timeline),
            comments=sum(item.kind is OrderEventKind.COMMENT for item in timeline),
            other_orders=await _count_orders(session, scope, order.customer_id) - 1,
        ),
    )


async def customer_card(session: AsyncSession, viewer: Viewer, customer_id: int) -> CustomerCard:
    """A dealer knows a customer by an order of his own. Raises NotFound otherwise."""
    scope = await reach_of(session, viewer)
    customer = (await customers_by_id(session, [customer_id])).get(customer_id)
    orders_count = await _count_orders(session, scope, customer_id)
    if customer is None or not (scope.is_whole or orders_count):
        raise NotFound("customer-not-found")
    own = briefs_where(scope, OrderRow.customer_id == customer_id)
    newest = own.order_by(OrderRow.created_at.desc(), OrderRow.id.desc()).limit(MAX_LISTED)
    orders = await to_briefs(session, scope, (await session.execute(newest)).all())
    of_customer = CallRow.customer_id == customer_id
    calls_count = select(func.count()).select_from(CallRow).where(of_customer, sees_call(scope))
    return CustomerCard(
        id=customer.id,
        name=orders[0].customer_name if orders else customer.name,  # without a hidden number
        region_name=customer.region_name,
        note=customer.note if scope.is_whole else "",
        phones=await _phones(session, scope, customer),
        emails=_emails(scope, customer),
        sources=tuple(sorted({order.source for order in orders})),
        orders=orders,
        calls=await _calls(session, scope, of_customer, sees_call(scope)),
        orders_count=orders_count,
        calls_count=await session.scalar(calls_count) or 0,
    )


def sees_call(scope: Scope) -> ColumnElement[bool]:
    """A condition on CallRow: that it happened. A dealer sees his own people's and those on his orders."""
    if scope.is_whole:
        return true()
    own_orders = select(OrderRow.id).where(sees_order(scope))
    return or_(scope.calls(), CallRow.order_id.in_(own_orders))


async def _count_orders(session: AsyncSession, scope: Scope, customer_id: int) -> int:
    found = select(func.count()).select_from(OrderRow)
    return await session.scalar(found.where(sees_order(scope), OrderRow.customer_id == customer_id)) or 0


async def _phones(session: AsyncSession, scope: Scope, customer: Customer) -> tuple[PhoneView, ...]:
    numbers = [item.value for item in customer.contacts if item.kind is ContactKind.PHONE]
    shown = await shown_numbers(session, scope, numbers)
    views = (phone_view(number, shown) for number in numbers)
    return tuple(view for view in views if view is not None)


def _emails(scope: Scope, customer: Customer) -> tuple[str, ...]:
    """A way round the hidden number, so dealers do not get it."""
    if not scope.is_whole:
        return ()
    return tuple(item.value for item in customer.contacts if item.kind is ContactKind.EMAIL)


async def _lines(session: AsyncSession, order_id: int) -> tuple[OrderLineView, ...]:
    rows = await session.scalars(
        select(OrderLineRow).where(OrderLineRow.order_id == order_id).order_by(OrderLineRow.position)
    )
    return tuple(
        OrderLineView(
            position=row.position,
            kind=row.kind,
            article=row.article,
            name=row.name,
            unit=row.unit,
            quantity=_without_zeros(Decimal(row.quantity_m) / 1000),
            price=row.price,
            total_kopecks=row.total_kopecks,
        )
        for row in rows
    )


def _without_zeros(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral() else value.normalize()


async def _timeline(session: AsyncSession, scope: Scope, order: OrderRow) -> tuple[TimelineItem, ...]:
    """Events and calls mixed by time. A call is taken from the journal once, whether or not its event is there."""
    calls = await _calls(session, scope, CallRow.order_id == order.id)
    events = await session.execute(
        select(OrderEventRow, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == OrderEventRow.actor_id)
        .where(OrderEventRow.order_id == order.id, OrderEventRow.kind != OrderEventKind.CALL.value)
        .order_by(OrderEventRow.seq.desc())
        .limit(MAX_TIMELINE)
    )
    items = [_item(event, name or "") for event, name in events][::-1]
    items += [TimelineItem(at=call.started_at, kind=OrderEventKind.CALL, call=call) for call in calls]
    return tuple(sorted(items, key=lambda item: item.at))


def _item(event: OrderEventRow, actor_name: str) -> TimelineItem:
    data: dict[str, Any] = event.data
    names = {key: status_of(data[key]).name for key in ("from", "to") if data.get(key)}
    return TimelineItem(
        at=event.at,
        kind=OrderEventKind(event.kind),
        actor_name=actor_name,
        text=str(data.get("text", "")),
        is_public=data.get("is_public") is True,
        status_from=names.get("from", ""),
        status_to=names.get("to", ""),
    )


async def _calls(
    session: AsyncSession, scope: Scope, *conditions: ColumnElement[bool]
) -> tuple[CallView, ...]:
    """Newest first, at most MAX_LISTED."""
    found = (
        select(CallRow, OrgRow.name, OutletRow.name, UserRow.full_name)
        .outerjoin(OrgRow, OrgRow.id == CallRow.org_id)
        .outerjoin(OutletRow, OutletRow.id == CallRow.outlet_id)
        .outerjoin(UserRow, UserRow.id == CallRow.user_id)
        .where(*conditions)
        .order_by(CallRow.started_at.desc(), CallRow.id.desc())
        .limit(MAX_LISTED)
    )
    rows = (await session.execute(found)).all()
    recordings = await _recordings(session, scope, [row[0].id for row in rows])
    return tuple(
        CallView(
            call_id=call.call_id,
            direction=call.direction,
            state=call.state,
            result=call.result,
            started_at=call.started_at,
            wait_s=call.wait_s,
            talk_s=call.talk_s,
            org_name=org_name or "",
            outlet_name=outlet_name or "",
            user_name=user_name or "",
            warning=call.warning,
            recordings=tuple(recordings[call.id]),
        )
        for call, org_name, outlet_name, user_name in rows
    )


async def _recordings(
    session: AsyncSession, scope: Scope, call_row_ids: Collection[int]
) -> dict[int, list[RecordingView]]:
    found: dict[int, list[RecordingView]] = defaultdict(list)
    if not call_row_ids:
        return found
    rows = await session.scalars(
        select(RecordingRow)
        .join(CallRow, CallRow.id == RecordingRow.call_row_id)
        .where(RecordingRow.call_row_id.in_(call_row_ids), scope.calls())
        .order_by(RecordingRow.started_at, RecordingRow.id)
    )
    for row in rows:
        view = RecordingView(row.id, row.kind, row.state, row.duration_ms, row.is_truncated)
        found[row.call_row_id or 0].append(view)
    return found
