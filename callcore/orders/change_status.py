"""Use cases: an order moves to another stage, or is put off to a day."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import outbox
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow
from callcore.network.model import Viewer
from callcore.orders.changing import check_reason, note_change, order_to_change
from callcore.orders.model import OrderClass, OrderEventKind, OrderKind
from callcore.orders.statuses import POSTPONED, Stage, StatusBook, load_statuses
from callcore.orders.tables import OrderRow
from callcore.orders.watch_orders import refresh_attention

MAX_DAYS: Final = 365
NEEDS_CONTACT: Final = frozenset({OrderClass.CONTACTED, OrderClass.PAYMENT})
_AT_WORK: Final = (OrderClass.WAITING, OrderClass.CONTACTED, OrderClass.PAYMENT)
_OF_DISTRIBUTION: Final = frozenset({"new", "available", "dealer_declined"})


def working_stages(book: StatusBook) -> tuple[Stage, ...]:
    """Where an order that somebody works on may be moved, without a day or a reason."""
    return tuple(one for one in book.of_class(*_AT_WORK) if one.code != POSTPONED)


def next_stages(order: OrderRow, book: StatusBook, *, is_staff: bool) -> tuple[Stage, ...]:
    """Where a person may move it, but for closing. What nobody has taken is moved by its distribution; a request needs
    no dealer."""
    if order.status_class == OrderClass.CLOSED:
        return ()
    is_taken = order.org_id is not None and order.status_class != OrderClass.OPEN
    stages = book.of_class(*_AT_WORK) if is_taken or order.kind == OrderKind.REQUEST else ()
    if order.status_class == OrderClass.OPEN and is_staff:
        before = book.of_class(OrderClass.OPEN)
        stages = (*(one for one in before if one.code not in _OF_DISTRIBUTION), *stages)
    return tuple(one for one in stages if one.code not in (order.status, POSTPONED))


async def change_status(
    session: AsyncSession, viewer: Viewer, number: int, code: str, *, seen: str, now: datetime
) -> None:
    """`seen` is the status that the person was shown. The same status again changes nothing. Raises NotFound, Forbidden,
    Invalid (field status), NotAllowedNow("order-closed", "no-contact", "status-not-next"), Conflict("status-changed")."""
    order = await order_to_change(session, viewer, number, now=now)
    book = await load_statuses(session)
    stage = book.stage(code)
    if order.status == code:
        return
    if order.status != seen:
        raise Conflict("status-changed", name=book.name(order.status))
    if stage not in next_stages(order, book, is_staff=viewer.is_staff):
        raise NotAllowedNow("status-not-next")
    await _move(session, viewer, order, stage, now=now)


async def postpone(
    session: AsyncSession, viewer: Viewer, number: int, until: date, reason: str, *, now: datetime
) -> None:
    """To the end of a day on the order's own clock; a deadline before it moves there too. Raises NotFound, Forbidden,
    Invalid (fields until, reason), NotAllowedNow("order-closed", "order-not-taken")."""
    words = check_reason(reason)
    order = await order_to_change(session, viewer, number, now=now)
    if order.status_class == OrderClass.OPEN and order.kind != OrderKind.REQUEST:
        raise NotAllowedNow("order-not-taken")
    ends_at = end_of_day(until, order.tz, now=now, field="until")
    if order.due_at is not None and order.due_at < ends_at:
        order.due_at = ends_at
    stage = (await load_statuses(session)).stage(POSTPONED)
    await _move(session, viewer, order, stage, now=now, reason=words, until=ends_at.isoformat())


def end_of_day(day: date, tz: str, *, now: datetime, field: str) -> datetime:
    """UTC. Raises Invalid with the field for a day that is over or further than MAX_DAYS."""
    zone = ZoneInfo(tz)
    today = now.astimezone(zone).date()
    if not today <= day <= today + timedelta(days=MAX_DAYS):
        raise Invalid("day-invalid", fields={field: f"today to {MAX_DAYS} days from now"})
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(now.tzinfo)


async def _move(
    session: AsyncSession, viewer: Viewer, order: OrderRow, stage: Stage, *, now: datetime, **more: str
) -> None:
    if stage.status_class in NEEDS_CONTACT and order.contacted_at is None:
        raise NotAllowedNow("no-contact")
    way: dict[str, Any] = {"from": order.status, "to": stage.code}
    order.status, order.status_class = stage.code, stage.status_class.value
    event_id = await note_change(session, viewer, order, OrderEventKind.STATUS, now=now, **way, **more)
    await refresh_attention(session, order)
    await outbox.put(
        session,
        "order:status",
        at=now,
        dedupe_key=f"order:status:{event_id}",
        order_id=order.id,
        event_id=event_id,
        **way,
    )
