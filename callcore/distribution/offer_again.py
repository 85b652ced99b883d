"""Use case: an order that nobody has goes through the distribution once more, by the rules of this moment."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.distribute import distribute
from callcore.distribution.rights import check_distributor, lock_order
from callcore.kernel import audit
from callcore.kernel.errors import Conflict
from callcore.network.model import Viewer
from callcore.orders.model import OrderClass
from callcore.orders.rights import order_reach
from callcore.orders.settings import order_settings


async def offer_again(session: AsyncSession, viewer: Viewer, number: int, *, now: datetime) -> int:
    """The number of the run. Who has refused the order stays out. Also begins the distribution of an order that waited for
    the customer's word. Raises NotFound, Forbidden, Conflict("order-taken")."""
    settings = await order_settings(session)
    check_distributor(viewer, settings)
    reach = await order_reach(session, viewer, now)
    order = await lock_order(session, number, reach.visible())
    if order.status_class != OrderClass.OPEN:
        raise Conflict("order-taken")
    await distribute(session, order, settings, now=now, actor_id=viewer.user_id)
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="order:offered",
        entity="order",
        entity_id=order.number,
        run=order.run,
    )
    return order.run
