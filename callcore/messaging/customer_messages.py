"""Read side: what was sent to a customer, for the head office. The caller has checked that the viewer may know him."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.messaging.tables import DeliveryRow
from callcore.network.model import Viewer

MAX_LISTED: Final = 50
_TEXT_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class SentMessage:
    """`channel` is email or sms; `state` waiting, sent, dead. `title` is the subject of a letter, else empty."""

    id: int
    channel: str
    title: str
    text: str
    state: str
    at: datetime
    is_delivered: bool
    is_ad: bool


async def messages_of_customer(
    session: AsyncSession, viewer: Viewer, customer_id: int
) -> tuple[SentMessage, ...]:
    """Newest first; nothing for a dealer: the words may hold what is hidden from him."""
    if not viewer.is_staff:
        return ()
    rows = await session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.customer_id == customer_id)
        .order_by(DeliveryRow.id.desc())
        .limit(MAX_LISTED)
    )
    return tuple(
        SentMessage(
            id=row.id,
            channel=row.channel,
            title=row.subject,
            text=row.body[:_TEXT_CHARS],
            state=row.state,
            at=row.sent_at or row.made_at,
            is_delivered=row.delivered_at is not None,
            is_ad=row.is_ad,
        )
        for row in rows
    )
