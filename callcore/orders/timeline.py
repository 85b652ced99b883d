"""Use case: one more line in the timeline of an order. Runs in the caller's transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderEventRow

_MAX_RACES = 50


async def add_event(
    session: AsyncSession,
    order_id: int,
    kind: OrderEventKind,
    *,
    at: datetime,
    actor_id: int | None = None,
    call_id: str = "",
    data: dict[str, Any] | None = None,
) -> bool:
    """False when the call stands on some order already. Two writers of one order get two numbers, in some order."""
    for _ in range(_MAX_RACES):
        if call_id and await _has_call(session, call_id):
            return False
        last = await session.scalar(
            select(func.max(OrderEventRow.seq)).where(OrderEventRow.order_id == order_id)
        )
        values = {"kind": kind.value, "at": at, "actor_id": actor_id, "call_id": call_id, "data": data or {}}
        if await insert_unless_exists(
            session, OrderEventRow, order_id=order_id, seq=(last or 0) + 1, **values
        ):
            return True
    raise RuntimeError("no number for an event")


async def _has_call(session: AsyncSession, call_id: str) -> bool:
    found = select(OrderEventRow.id).where(
        OrderEventRow.call_id == call_id, OrderEventRow.kind == OrderEventKind.CALL.value
    )
    return await session.scalar(found) is not None
