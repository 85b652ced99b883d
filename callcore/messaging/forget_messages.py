"""Use case: a customer asks to be forgotten, so what was sent to him, what he said and what people here were told of it loses its
words. In the caller's transaction; counts, scores and points stay for the books."""

from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.messaging.rules import LetterState
from callcore.messaging.tables import DeliveryRow, FeedbackRow, NoticeRow, SurveyRow
from callcore.orders.forget_traces import FORGOTTEN_TEXT
from callcore.orders.tables import OrderRow

FORGOTTEN = "forgotten"
_AT_ONCE: Final = 500


async def forget_messages(session: AsyncSession, customer_id: int) -> None:
    """What still waits is not sent any more."""
    orders = select(OrderRow.id).where(OrderRow.customer_id == customer_id)
    to_him = DeliveryRow.customer_id == customer_id
    of_him = or_(to_him, DeliveryRow.order_id.in_(orders))
    await session.execute(
        update(DeliveryRow)
        .where(of_him, DeliveryRow.state == LetterState.WAITING.value)
        .values(state=LetterState.DEAD.value, error=FORGOTTEN)
    )
    await session.execute(update(DeliveryRow).where(to_him).values(address=""))
    await session.execute(update(DeliveryRow).where(of_him).values(subject="", body="", html=""))
    said = (FeedbackRow, FeedbackRow.customer_id == customer_id), (SurveyRow, SurveyRow.order_id.in_(orders))
    for table, is_his in said:
        await session.execute(update(table).where(is_his, table.text != "").values(text=FORGOTTEN_TEXT))
    await session.execute(update(FeedbackRow).where(FeedbackRow.customer_id == customer_id).values(answer=""))
    await _forget_notices(session, customer_id)


async def _forget_notices(session: AsyncSession, customer_id: int) -> None:
    """Inboxes know their subject by its address alone."""
    numbers = await session.scalars(select(OrderRow.number).where(OrderRow.customer_id == customer_id))
    feedback = await session.scalars(select(FeedbackRow.id).where(FeedbackRow.customer_id == customer_id))
    urls = [*(f"/orders/{number}" for number in numbers), *(f"/feedback/{one}" for one in feedback)]
    for start in range(0, len(urls), _AT_ONCE):
        theirs = NoticeRow.url.in_(urls[start : start + _AT_ONCE])
        await session.execute(update(NoticeRow).where(theirs).values(title=FORGOTTEN_TEXT, body=""))
