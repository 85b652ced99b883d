"""Use case: a request that belongs to nobody goes to the dealer whose people talked with the customer.

Runs soon after an answer and again from time to time, so that one that was missed is made good; a request that has an
owner is never moved.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallRow
from callcore.network.model import OrgKind
from callcore.network.tables import OrgRow
from callcore.orders.model import OrderClass, OrderEventKind, OrderKind
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

LOOK_BACK = timedelta(days=2)


async def claim_requests(session: AsyncSession, *, now: datetime, call_id: str = "") -> int:
    """How many requests got their dealer. With `call_id` only that call is looked at. Runs in the caller's
    transaction; the first talk decides, head-office operators and duty people claim nothing."""
    found = (
        select(CallRow, OrgRow.name)
        .join(OrderRow, OrderRow.id == CallRow.order_id)
        .join(OrgRow, OrgRow.id == CallRow.org_id)
        .where(
            OrderRow.org_id.is_(None),
            OrderRow.kind == OrderKind.REQUEST.value,
            OrderRow.status_class != OrderClass.CLOSED.value,
            OrderRow.created_at > now - LOOK_BACK,
            CallRow.answered_at.is_not(None),
            OrgRow.kind != OrgKind.MANUFACTURER.value,
        )
        .order_by(CallRow.answered_at, CallRow.id)
    )
    if call_id:
        found = found.where(CallRow.call_id == call_id)
    rows = (await session.execute(found)).all()
    return sum([await _claim(session, call, org_name) for call, org_name in rows])


async def _claim(session: AsyncSession, call: CallRow, org_name: str) -> bool:
    guarded = (
        update(OrderRow)
        .where(OrderRow.id == call.order_id, OrderRow.org_id.is_(None))
        .values(
            org_id=call.org_id,
            outlet_id=call.outlet_id,
            manager_id=call.user_id,
            version=OrderRow.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", await session.execute(guarded)).rowcount != 1 or call.order_id is None:
        return False
    at = call.answered_at or call.started_at
    data = {"field": "org", "org_id": call.org_id, "text": org_name}
    await add_event(session, call.order_id, OrderEventKind.CHANGED, at=at, data=data)
    return True
