"""Use case: a closed order is worked on again. What was counted for it is taken back by an entry of its own."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import outbox
from callcore.kernel.errors import Forbidden, NotAllowedNow
from callcore.network.ledger import reverse_points
from callcore.network.model import Viewer
from callcore.orders.changing import HEAD_OFFICE, check_reason, note_change, order_to_change
from callcore.orders.close_order import points_key
from callcore.orders.model import NEW, OrderClass, OrderEventKind, OrderResult
from callcore.orders.statuses import ACCEPTED
from callcore.orders.watch_orders import refresh_attention


async def reopen_order(
    session: AsyncSession, viewer: Viewer, number: int, reason: str, *, now: datetime
) -> None:
    """By the head office. A new cycle begins: with its dealer the order is taken and must be called anew, without one it
    waits for distribution. Raises NotFound, Forbidden, Invalid (field reason), NotAllowedNow("order-not-closed")."""
    if viewer.role not in HEAD_OFFICE:
        raise Forbidden("not-head-office")
    words = check_reason(reason)
    order = await order_to_change(session, viewer, number, now=now, is_running=False)
    if order.status_class != OrderClass.CLOSED:
        raise NotAllowedNow("order-not-closed")
    what = f"Заказ № {order.number} открыт снова: {words}"
    _ = await reverse_points(session, points_key(order), reason=what, at=now, actor_id=viewer.user_id)
    before = order.status
    is_taken = order.org_id is not None
    order.status = ACCEPTED if is_taken else NEW
    order.status_class = (OrderClass.WAITING if is_taken else OrderClass.OPEN).value
    order.result = OrderResult.RUNNING.value
    order.closed_at = order.contacted_at = order.reason_id = order.earned_kopecks = None
    order.close_note = ""
    order.accepted_at = now if is_taken else None
    order.cycle += 1
    await note_change(
        session,
        viewer,
        order,
        OrderEventKind.REOPENED,
        now=now,
        **{"from": before, "to": order.status},
        reason=words,
        cycle=order.cycle,
    )
    await refresh_attention(session, order)
    await outbox.put(
        session,
        "order:reopened",
        at=now,
        dedupe_key=f"order:reopened:{order.id}:{order.cycle}",
        order_id=order.id,
    )
