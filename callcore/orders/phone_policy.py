"""Use case: the head office sets when the dealer of one order sees the customer's number."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Forbidden
from callcore.network.model import PhonePolicy, Viewer
from callcore.orders.changing import HEAD_OFFICE, order_to_change, tell_changed


async def set_phone_policy(
    session: AsyncSession, viewer: Viewer, number: int, policy: PhonePolicy | None, *, now: datetime
) -> bool:
    """None: as its dealer's. False when it is so already. Closed orders too: their numbers are still there to see. Raises
    Forbidden, NotFound."""
    if viewer.role not in HEAD_OFFICE:
        raise Forbidden("not-head-office")
    order = await order_to_change(session, viewer, number, now=now, is_running=False)
    before, wanted = order.phone_policy, policy.value if policy else ""
    if before == wanted:
        return False
    order.phone_policy = wanted
    await tell_changed(
        session, viewer, order, now=now, field="phone-policy", **{"from": before, "to": wanted}
    )
    return True
