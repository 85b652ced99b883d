"""Use case: an order or a request comes in, by whichever door. Runs in the caller's transaction."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.assign_order import hand_over
from callcore.distribution.distribute import distribute, find_grounds
from callcore.distribution.load_network import new_order_facts
from callcore.kernel import outbox
from callcore.orders.attention import attention_at
from callcore.orders.create_order import create_order
from callcore.orders.model import NewOrder, OrderClass, OrderKind, status_of
from callcore.orders.settings import OrderSettings, order_settings
from callcore.orders.tables import OrderRow


async def take_order(
    session: AsyncSession, new: NewOrder, *, now: datetime, actor_id: int | None = None
) -> OrderRow:
    """Made, dated and distributed, or handed to its dealer when `org_id` names one. Requests are only made. Raises as
    create_order."""
    settings = await order_settings(session)
    is_order = new.kind is OrderKind.ORDER
    if is_order and new.due_at is None:
        new = replace(new, due_at=due_by(settings, now, new.tz))
    is_open = is_order and status_of(new.status).status_class is OrderClass.OPEN
    grounds = None
    if is_open and new.org_id is None and not settings.needs_confirmation:
        # before the order has its number: from then on every other order waits for this transaction
        facts = new_order_facts(new, settings.desk_org_id)
        grounds = await find_grounds(session, facts, settings, now=now)
    order = await create_order(session, new, now=now, actor_id=actor_id)
    _ = await outbox.put(
        session, "order:created", at=now, dedupe_key=f"order:created:{order.id}", order_id=order.id
    )
    if is_open and new.org_id is not None:
        await hand_over(session, order, new.org_id, new.manager_id, settings, now=now, actor_id=actor_id)
    elif grounds is not None:
        await distribute(session, order, settings, now=now, actor_id=actor_id, grounds=grounds)
    else:
        order.attention_at = attention_at(order, settings)
    await session.flush()
    return order


def due_by(settings: OrderSettings, now: datetime, tz: str) -> datetime:
    """The end of the last day on the order's own clock."""
    day = now.astimezone(ZoneInfo(tz)).date() + timedelta(days=settings.due_days)
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(tz)).astimezone(now.tzinfo)
