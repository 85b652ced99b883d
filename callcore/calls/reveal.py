"""A customer's number is opened to a dealer: the one place that writes it, once for an order and dealer, with an audit row."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.reveal_tables import PhoneRevealRow
from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """`why`: talked, attempted. `user_id` who called, None for nobody in particular."""

    order_id: int
    org_id: int
    number: str
    call_id: str
    user_id: int | None
    at: datetime
    why: str


async def open_number(session: AsyncSession, reveal: Reveal) -> bool:
    """In the caller's transaction. False when it was open already. The audit says which call, never the number."""
    is_new = await insert_unless_exists(
        session,
        PhoneRevealRow,
        order_id=reveal.order_id,
        org_id=reveal.org_id,
        number=reveal.number,
        call_id=reveal.call_id,
        user_id=reveal.user_id,
        at=reveal.at,
    )
    if is_new:
        audit.record(
            session,
            at=reveal.at,
            actor_id=reveal.user_id,
            action="phone:revealed",
            entity="order",
            entity_id=reveal.order_id,
            org_id=reveal.org_id,
            call_id=reveal.call_id,
            why=reveal.why,
        )
    return is_new
