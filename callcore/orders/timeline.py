"""Use case: one more line in the timeline of an order. Runs in the caller's transaction."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import Base, on_connection, unless_exists
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderEventRow

_MAX_RACES = 50
_EVENTS: Final = Base.metadata.tables[OrderEventRow.__tablename__]
_LAST: Final = select(func.max(_EVENTS.c.seq)).where(_EVENTS.c.order_id == bindparam("order_id"))
_OF_CALL: Final = select(_EVENTS.c.id).where(
    _EVENTS.c.call_id == bindparam("call_id"), _EVENTS.c.kind == OrderEventKind.CALL.value
)


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
    values = {"kind": kind.value, "at": at, "actor_id": actor_id, "call_id": call_id, "data": data or {}}
    return await on_connection(session, append_event, order_id, values)


def append_event(connection: Connection, order_id: int, values: dict[str, Any]) -> bool:
    """As `add_event`; `values` are the columns but for the order and its number in it."""
    for _ in range(_MAX_RACES):
        if values["call_id"] and _has_call(connection, values["call_id"]):
            return False
        last = connection.scalar(_LAST, {"order_id": order_id})
        row = {"order_id": order_id, "seq": (last or 0) + 1, **values}
        if connection.execute(unless_exists(connection, _EVENTS), row).rowcount == 1:
            return True
    raise RuntimeError("no number for an event")


def _has_call(connection: Connection, call_id: str) -> bool:
    return connection.scalar(_OF_CALL, {"call_id": call_id}) is not None
