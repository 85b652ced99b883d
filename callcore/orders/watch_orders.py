"""Which orders have become a problem: kept on the row, told once for each cause."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import outbox
from callcore.orders.attention import Cause, attention_times
from callcore.orders.model import OrderClass, OrderEventKind
from callcore.orders.settings import OrderSettings, order_settings
from callcore.orders.statuses import StatusBook, load_statuses
from callcore.orders.tables import OrderEventRow, OrderRow

MAX_AT_ONCE: Final = 500
_RUNNING: Final = [one.value for one in OrderClass if one is not OrderClass.CLOSED]


async def refresh_attention(session: AsyncSession, order: OrderRow) -> None:
    """For whoever has changed its status, its deadline or its proof of contact; after the event of that change."""
    settings, book = await order_settings(session), await load_statuses(session)
    times = attention_times(order, settings, await _stage_end(session, order, book))
    order.attention_at = min(times.values(), default=None)


async def raise_alarms(session: AsyncSession, *, since: datetime, now: datetime) -> int:
    """Tells of every cause that began after `since`; how many were new. May look at the same time again: one cause is
    told once. Runs in the caller's transaction."""
    settings, book = await order_settings(session), await load_statuses(session)
    told = 0
    for order in await session.scalars(_problems(settings, since, now)):
        times = attention_times(order, settings, await _stage_end(session, order, book))
        for cause, at in times.items():
            if since < at <= now and cause is not Cause.COMPLAINT:
                key = f"order:attention:{order.id}:{order.cycle}:{cause}:{int(at.timestamp())}"
                told += await outbox.put(
                    session, "order:attention", at=now, dedupe_key=key, order_id=order.id, cause=cause.value
                )
    return told


def _problems(settings: OrderSettings, since: datetime, now: datetime) -> Select[OrderRow]:
    """`attention_at` is indexed and holds the first cause; a later one is found by its own column."""
    accept, contact = timedelta(minutes=settings.accept_minutes), timedelta(minutes=settings.contact_minutes)
    began = or_(
        OrderRow.attention_at > since,
        and_(OrderRow.due_at > since, OrderRow.due_at <= now),
        and_(OrderRow.offered_at > since - accept, OrderRow.offered_at <= now - accept),
        and_(OrderRow.accepted_at > since - contact, OrderRow.accepted_at <= now - contact),
    )
    return (
        select(OrderRow)
        .where(
            OrderRow.attention_at <= now,
            OrderRow.status_class.in_(_RUNNING),
            OrderRow.deleted_at.is_(None),
            began,
        )
        .order_by(OrderRow.attention_at, OrderRow.id)
        .limit(MAX_AT_ONCE)
    )


async def _stage_end(session: AsyncSession, order: OrderRow, book: StatusBook) -> datetime | None:
    """The end of its stage's term, or the day to which it is put off."""
    stage = book.find(order.status)
    if stage is None or (stage.term_h is None and stage.code != "postponed"):
        return None
    event = await session.scalar(
        select(OrderEventRow)
        .where(OrderEventRow.order_id == order.id, OrderEventRow.kind == OrderEventKind.STATUS.value)
        .order_by(OrderEventRow.seq.desc())
        .limit(1)
    )
    if event is None or event.data.get("to") != order.status:
        return None
    if until := event.data.get("until"):
        return datetime.fromisoformat(until)
    return event.at + timedelta(hours=stage.term_h) if stage.term_h else None
