"""Use case: a person writes a comment on an order of his own. Runs in the caller's transaction."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import outbox
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.orders.changing import check_worker, note_change
from callcore.orders.model import OrderEventKind, check_comment
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow


async def comment_order(
    session: AsyncSession, viewer: Viewer, number: int, text: str, *, now: datetime, is_public: bool = False
) -> None:
    """`is_public`: the customer may read it and is told. Raises NotFound (order), Forbidden, Invalid (field text),
    NotAllowedNow("dealer-suspended")."""
    checked = check_comment(text)
    order = await session.scalar(
        select(OrderRow).where(OrderRow.number == number, sees_order(await reach_of(session, viewer)))
    )
    if order is None:
        raise NotFound("order-not-found")
    await check_worker(session, viewer)
    event_id = await note_change(
        session, viewer, order, OrderEventKind.COMMENT, now=now, text=checked, is_public=is_public
    )
    if is_public:
        await outbox.put(
            session,
            "order:message-to-customer",
            at=now,
            dedupe_key=f"order:message-to-customer:{event_id}",
            order_id=order.id,
            event_id=event_id,
        )
