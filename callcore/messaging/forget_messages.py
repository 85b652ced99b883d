"""Use case: a customer asks to be forgotten, so what was sent to him and what he said loses its words. In the caller's
transaction; counts, scores and points stay for the books."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.messaging.rules import LetterState
from callcore.messaging.tables import DeliveryRow, FeedbackRow

FORGOTTEN = "forgotten"


async def forget_messages(session: AsyncSession, customer_id: int) -> None:
    """What still waits is not sent any more."""
    waits = (DeliveryRow.customer_id == customer_id, DeliveryRow.state == LetterState.WAITING.value)
    await session.execute(
        update(DeliveryRow).where(*waits).values(state=LetterState.DEAD.value, error=FORGOTTEN)
    )
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.customer_id == customer_id)
        .values(address="", subject="", body="", html="")
    )
    await session.execute(update(FeedbackRow).where(FeedbackRow.customer_id == customer_id).values(text=""))
