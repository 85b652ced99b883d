"""When the dealer of one order sees the customer's number: the nearest word, and the use case by which the head office sets it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.settings import CallSettings
from callcore.kernel.errors import Forbidden
from callcore.network.model import PhonePolicy, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.changing import HEAD_OFFICE, order_to_change, tell_changed
from callcore.orders.tables import OrderRow


async def phone_mode(session: AsyncSession, order: OrderRow, settings: CallSettings) -> PhonePolicy:
    """The order's own, else its dealer's, else the network's."""
    org = await session.get(OrgRow, order.org_id) if order.org_id is not None else None
    return PhonePolicy(order.phone_policy or (org.phone_policy if org else "") or settings.phone_policy)


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
