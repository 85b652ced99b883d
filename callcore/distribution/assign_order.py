"""Use case: an order goes to a dealer by hand, whether or not it was offered to him."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.windows import close_windows
from callcore.kernel import outbox
from callcore.network.tables import OrgRow
from callcore.orders.attention import attention_at
from callcore.orders.model import OrderEventKind, status_of
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

ACCEPTED = status_of("accepted")


async def hand_over(
    session: AsyncSession,
    order: OrderRow,
    org_id: int,
    manager_id: int | None,
    settings: OrderSettings,
    *,
    now: datetime,
    actor_id: int | None,
) -> None:
    """The row is locked by the caller or new."""
    order.org_id, order.manager_id = org_id, manager_id
    order.status, order.status_class = ACCEPTED.code, ACCEPTED.status_class.value
    order.accepted_at, order.declined_at = now, None
    order.attention_at = attention_at(order, settings)
    await session.flush()
    await close_windows(session, order.id, now=now)
    org = await session.get(OrgRow, org_id)
    name = org.name if org else ""
    _ = await add_event(
        session,
        order.id,
        OrderEventKind.ASSIGNED,
        at=now,
        actor_id=actor_id,
        data={"org_id": org_id, "org_name": name, "text": name},
    )
    _ = await outbox.put(
        session,
        "order:assigned",
        at=now,
        dedupe_key=f"order:assigned:{order.id}:{order.version}:{org_id}",
        order_id=order.id,
        org_id=org_id,
    )
