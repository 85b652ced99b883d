"""Messages of a customer who asked to be forgotten: that one was sent stays, to whom and what it said does not."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.messaging.tables import DeliveryRow, FeedbackRow


async def forget_messages(session: AsyncSession, customer_id: int) -> None:
    """In the caller's transaction. What has not left yet never leaves."""
    own = update(DeliveryRow).where(DeliveryRow.customer_id == customer_id)
    await session.execute(own.where(DeliveryRow.sent_at.is_(None)).values(state="dead", error="forgotten"))
    await session.execute(own.values(address="", subject="", body="", html=""))
    reviews = update(FeedbackRow).where(FeedbackRow.customer_id == customer_id)
    await session.execute(reviews.values(text=""))
