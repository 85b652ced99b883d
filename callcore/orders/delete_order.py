"""Use case: an order is put away. It is shown to nobody any more; the audit keeps who did it and why."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.errors import Forbidden
from callcore.network.model import Role, Viewer
from callcore.orders.changing import check_reason, order_to_change
from callcore.orders.close_order import withdraw_windows


async def delete_order(
    session: AsyncSession, viewer: Viewer, number: int, reason: str, *, now: datetime
) -> None:
    """The administrator's alone. Points that were counted stay. Raises Forbidden, NotFound, Invalid (field reason)."""
    if viewer.role is not Role.ADMIN:
        raise Forbidden("not-administrator")
    words = check_reason(reason)
    order = await order_to_change(session, viewer, number, now=now, is_running=False)
    order.deleted_at, order.attention_at = now, None
    await withdraw_windows(session, order.id, now)
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="order:deleted",
        entity="order",
        entity_id=order.id,
        number=order.number,
        status=order.status,
        total_kopecks=order.total_kopecks,
        org_id=order.org_id,
        customer_id=order.customer_id,
        reason=words,
    )
