"""What was sent to the customer of an order and what became of it, for those who may see the order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import NotFound
from callcore.messaging.matrix import EVENTS, Channel
from callcore.messaging.rules import LetterState
from callcore.messaging.tables import DeliveryRow
from callcore.network.model import Viewer
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow

MAX_ROWS: Final = 100
WRITTEN: Final = "order:written"  # by a person, from the card
AD_EVENT: Final = "customer:ad"  # the same, an offer


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """Without the address: it may be hidden from the viewer. `error` is empty unless it failed or is tried again."""

    id: int
    channel: Channel
    what: str
    state: DeliveryState
    at: datetime
    error: str


async def deliveries_of_order(session: AsyncSession, viewer: Viewer, number: int) -> tuple[DeliveryView, ...]:
    """Newest first; only what went to the customer. Raises NotFound."""
    order_id = await session.scalar(
        select(OrderRow.id).where(OrderRow.number == number, sees_order(await reach_of(session, viewer)))
    )
    if order_id is None:
        raise NotFound("order-not-found")
    rows = await session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.order_id == order_id, DeliveryRow.customer_id.is_not(None))
        .order_by(DeliveryRow.id.desc())
        .limit(MAX_ROWS)
    )
    return tuple(_view(row) for row in rows)


async def deliveries_of_customer(
    session: AsyncSession, viewer: Viewer, customer_id: int, limit: int = MAX_ROWS
) -> tuple[DeliveryView, ...]:
    """Newest first; a dealer sees those about his own orders. The caller has checked that the viewer may know the
    customer."""
    scope = await reach_of(session, viewer)
    query = select(DeliveryRow).where(DeliveryRow.customer_id == customer_id)
    if not scope.is_whole:
        query = query.where(DeliveryRow.order_id.in_(select(OrderRow.id).where(sees_order(scope))))
    rows = await session.scalars(query.order_by(DeliveryRow.id.desc()).limit(max(1, min(limit, MAX_ROWS))))
    return tuple(_view(row) for row in rows)


async def states_by_key(session: AsyncSession, keys: Collection[str]) -> dict[str, DeliveryState]:
    """What became of messages, by the key that stands with each in the timeline."""
    if not keys:
        return {}
    rows = await session.scalars(select(DeliveryRow).where(DeliveryRow.dedupe_key.in_(sorted(keys))))
    return {row.dedupe_key: state_of(row) for row in rows}


def _view(row: DeliveryRow) -> DeliveryView:
    event = EVENTS.get(row.event)
    return DeliveryView(
        id=row.id,
        channel=Channel(row.channel),
        what=event.name if event is not None else "Сообщение клиенту",
        state=state_of(row),
        at=row.delivered_at or row.sent_at or row.made_at,
        error=row.error,
    )


def state_of(row: DeliveryRow) -> DeliveryState:
    if row.delivered_at is not None:
        return DeliveryState.DELIVERED
    return {
        LetterState.WAITING: DeliveryState.WAITING,
        LetterState.SENT: DeliveryState.SENT,
        LetterState.DEAD: DeliveryState.FAILED,
    }[LetterState(row.state)]
