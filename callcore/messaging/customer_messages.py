"""Read side: what was sent to a customer and what he answered. The caller has checked that the viewer may know him."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.messaging.matrix import Channel
from callcore.messaging.recipients import customer_numbers
from callcore.messaging.tables import DeliveryRow
from callcore.network.model import Viewer
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderEventKind
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderEventRow, OrderRow

MAX_LISTED: Final = 50
_TEXT_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class SentMessage:
    """`channel` is email or sms; `state` waiting, sent, dead. `title` is the subject of a letter, else empty.
    `is_incoming`: the customer wrote it; then there is no state."""

    id: int
    channel: str
    title: str
    text: str
    state: str
    at: datetime
    is_delivered: bool
    is_ad: bool
    is_incoming: bool = False


async def messages_of_customer(
    session: AsyncSession, viewer: Viewer, customer_id: int
) -> tuple[SentMessage, ...]:
    """Newest first, his answers among them. A dealer sees those about his own orders, without anything that could be a
    number: the words may hold what is hidden from him."""
    scope = await reach_of(session, viewer)
    numbers = () if scope.is_whole else await customer_numbers(session, customer_id)

    def shown(text: str) -> str:
        return (text if scope.is_whole else without_numbers(text, numbers))[:_TEXT_CHARS]

    own = select(OrderRow.id).where(OrderRow.customer_id == customer_id, sees_order(scope))
    sent = select(DeliveryRow).where(DeliveryRow.customer_id == customer_id)
    if not scope.is_whole:
        sent = sent.where(or_(DeliveryRow.order_id.in_(own), DeliveryRow.org_id == viewer.org_id))
    rows = await session.scalars(sent.order_by(DeliveryRow.id.desc()).limit(MAX_LISTED))
    found = [
        SentMessage(
            id=row.id,
            channel=row.channel,
            title=shown(row.subject),
            text=shown(row.body),
            state=row.state,
            at=row.sent_at or row.made_at,
            is_delivered=row.delivered_at is not None,
            is_ad=row.is_ad,
        )
        for row in rows
    ]
    heard = await session.execute(
        select(OrderEventRow.id, OrderEventRow.at, OrderEventRow.data)
        .where(OrderEventRow.order_id.in_(own), OrderEventRow.kind == OrderEventKind.MESSAGE.value)
        .order_by(OrderEventRow.id.desc())
        .limit(MAX_LISTED)
    )
    found += [
        SentMessage(
            id=event_id,
            channel=str(data.get("channel", Channel.SITE.value)),
            title="",
            text=shown(str(data.get("text", ""))),
            state="",
            at=at,
            is_delivered=False,
            is_ad=False,
            is_incoming=True,
        )
        for event_id, at, data in heard
        if data.get("from") == "customer"
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:MAX_LISTED])
