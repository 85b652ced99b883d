"""Use case: a call on an order is told of on the customer's page, or kept inside again. Its day and length alone: no number, no
recording."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallRow
from callcore.kernel import audit
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.orders.changing import order_to_change
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderEventRow
from callcore.orders.timeline import add_event


async def show_call(
    session: AsyncSession, viewer: Viewer, number: int, call_id: str, *, is_public: bool, now: datetime
) -> bool:
    """False when it is so already. Raises Forbidden, NotFound (order, or a call that is not on it, or goes on)."""
    order = await order_to_change(session, viewer, number, now=now, is_running=False)
    call = await session.scalar(
        select(CallRow.id).where(
            CallRow.call_id == call_id, CallRow.order_id == order.id, CallRow.ended_at.is_not(None)
        )
    )
    if call is None:
        raise NotFound("call-not-found")
    of_call = select(OrderEventRow).where(
        OrderEventRow.order_id == order.id,
        OrderEventRow.kind == OrderEventKind.CALL.value,
        OrderEventRow.call_id == call_id,
    )
    event = await session.scalar(of_call)
    if event is None:
        if not is_public:
            return False
        data = {"is_public": True}
        _ = await add_event(session, order.id, OrderEventKind.CALL, at=now, call_id=call_id, data=data)
    elif (event.data.get("is_public") is True) == is_public:
        return False
    else:
        event.data = {**event.data, "is_public": is_public}
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="order:call-shown" if is_public else "order:call-hidden",
        entity="order",
        entity_id=order.id,
        number=order.number,
        call_id=call_id,
    )
    return True
