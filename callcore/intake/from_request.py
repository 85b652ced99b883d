"""Use case: a request («обращение») becomes an order under its own number, with its calls and its source. Runs in the
caller's transaction."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.assign_order import hand_over
from callcore.distribution.distribute import distribute
from callcore.distribution.take_order import due_by
from callcore.intake.draft import Draft
from callcore.intake.take_in import RegionsOf, Sender, prepare, settle_customer, tell_origin
from callcore.kernel import outbox
from callcore.kernel.errors import NotAllowedNow
from callcore.orders.attention import attention_at
from callcore.orders.create_order import add_lines
from callcore.orders.model import NEW, UNKNOWN, NewOrder, OrderClass, OrderEventKind, OrderKind, status_of
from callcore.orders.pins import address_changed, set_pin
from callcore.orders.settings import order_settings
from callcore.orders.tables import OrderLineRow, OrderRow
from callcore.orders.timeline import add_event


async def order_from_request(
    session: AsyncSession,
    number: int,
    draft: Draft,
    sender: Sender,
    *,
    now: datetime,
    regions_of: RegionsOf,
) -> OrderRow:
    """The caller has checked that the sender may see it. A request that somebody works on keeps its dealer. Raises
    Invalid as take_in, NotAllowedNow("request-taken") when somebody was quicker."""
    order = await _claim(session, number)
    new, customer = await prepare(session, draft, now=now, regions_of=regions_of)
    customer = replace(customer, id=order.customer_id)
    _ = await settle_customer(session, customer, new.region_code, sender, now)
    settings = await order_settings(session)
    place = order.city, order.address
    _rewrite(order, new, due_at=new.due_at or due_by(settings, now, new.tz))
    if new.lat is not None:
        await set_pin(session, order, now=now, actor_id=sender.actor_id)
    elif place != (order.city, order.address):
        await address_changed(session, order, now=now)
    last = await session.scalar(
        select(func.max(OrderLineRow.position)).where(OrderLineRow.order_id == order.id)
    )
    await add_lines(session, order.id, new.lines, first=(last or 0) + 1)
    order.total_kopecks += new.total_kopecks
    order.attention_at = attention_at(order, settings)
    await session.flush()
    data = {"field": "kind", "from": OrderKind.REQUEST.value, "to": OrderKind.ORDER.value}
    data["text"] = "Обращение стало заказом"
    _ = await add_event(
        session, order.id, OrderEventKind.CHANGED, at=now, actor_id=sender.actor_id, data=data
    )
    await tell_origin(session, order, draft, sender, now)
    _ = await outbox.put(
        session, "order:created", at=now, dedupe_key=f"order:created:{order.id}:order", order_id=order.id
    )
    owner = draft.org_id or order.org_id
    if owner is not None:
        manager = order.manager_id if owner == order.org_id else None
        await hand_over(session, order, owner, manager, settings, now=now, actor_id=sender.actor_id)
    elif order.status_class == OrderClass.OPEN.value:
        await distribute(session, order, settings, now=now, actor_id=sender.actor_id)
    await session.flush()
    return order


async def _claim(session: AsyncSession, number: int) -> OrderRow:
    """One guarded change: of two who press at once, one is refused."""
    order_id = await session.scalar(
        update(OrderRow)
        .where(
            OrderRow.number == number,
            OrderRow.kind == OrderKind.REQUEST.value,
            OrderRow.status_class != OrderClass.CLOSED.value,
            OrderRow.deleted_at.is_(None),
        )
        .values(kind=OrderKind.ORDER.value, version=OrderRow.version + 1)
        .returning(OrderRow.id)
        .execution_options(synchronize_session=False)
    )
    if order_id is None:
        raise NotAllowedNow("request-taken")
    order = await session.get(OrderRow, order_id, populate_existing=True)
    assert order is not None
    return order


def _rewrite(order: OrderRow, new: NewOrder, *, due_at: datetime) -> None:
    """What the form says wins; what it leaves empty stays as the call knew it."""
    order.due_at = due_at
    order.region_code, order.tz = new.region_code or order.region_code, new.tz
    order.city, order.address = new.city or order.city, new.address or order.address
    if new.lat is not None:
        order.lat, order.lon = new.lat, new.lon
    for name in ("source", "medium", "request_type"):
        if getattr(new, name) != UNKNOWN:
            setattr(order, name, getattr(new, name))
    order.campaign = new.campaign or order.campaign
    order.channel = order.channel or new.channel
    if order.org_id is None and order.status_class == OrderClass.OPEN.value:
        order.status = status_of(NEW).code
