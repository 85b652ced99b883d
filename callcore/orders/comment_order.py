"""Use case: a person writes a comment on an order he may see. Runs in the caller's transaction."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.orders.model import OrderEventKind, check_comment
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event


async def comment_order(
    session: AsyncSession, viewer: Viewer, number: int, text: str, *, now: datetime, is_public: bool = False
) -> None:
    """`is_public`: the customer may read it. Raises NotFound (order), Invalid (field text)."""
    checked = check_comment(text)
    order_id = await session.scalar(
        select(OrderRow.id).where(OrderRow.number == number, sees_order(await reach_of(session, viewer)))
    )
    if order_id is None:
        raise NotFound("order-not-found")
    data = {"text": checked, "is_public": is_public}
    await add_event(session, order_id, OrderEventKind.COMMENT, at=now, actor_id=viewer.user_id, data=data)
