"""Use case: an order ends, fulfilled or not; what its dealer gets for it is written once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import outbox
from callcore.kernel.errors import Invalid, NotAllowedNow
from callcore.network.ledger import PointsKind, add_points, written_points
from callcore.network.model import OrgKind, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.changing import note_change, order_to_change
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import Fault, OrderClass, OrderEventKind, OrderKind, OrderResult, ReasonKind
from callcore.orders.reasons import Reason, reason_for
from callcore.orders.settings import OrderSettings, order_settings
from callcore.orders.statuses import DONE, FAILED
from callcore.orders.tables import OrderRow

MAX_NOTE_CHARS: Final = 1000
MAX_EARNED_KOPECKS: Final = 10**13


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """`earned_kopecks` is what the customer paid, for DONE; `reason_id` why not, for FAILED."""

    result: OrderResult
    earned_kopecks: int | None = None
    reason_id: int | None = None
    note: str = ""


async def close_order(
    session: AsyncSession, viewer: Viewer, number: int, closing: Closing, *, now: datetime
) -> None:
    """Raises NotFound, Forbidden, Invalid (fields result, earned, reason, note), NotAllowedNow("order-closed",
    "no-contact": fulfilled without a proven talk)."""
    order = await order_to_change(session, viewer, number, now=now)
    note = _checked_note(closing)
    reason = None
    if closing.result is OrderResult.FAILED:
        reason = await reason_for(session, ReasonKind.FAILED, closing.reason_id)
    elif order.contacted_at is None:
        raise NotAllowedNow("no-contact")
    before = order.status
    _end(order, closing, reason, note, now)
    await withdraw_windows(session, order.id, now)
    points = await _reward(session, viewer, order, reason, now)
    await note_change(
        session,
        viewer,
        order,
        OrderEventKind.CLOSED,
        now=now,
        **{"from": before, "to": order.status},
        result=order.result,
        reason=reason.title if reason else "",
        fault=reason.fault.value if reason else "",
        text=note,
        earned_kopecks=order.earned_kopecks,
        points=points,
    )
    await outbox.put(
        session,
        "order:closed",
        at=now,
        dedupe_key=f"order:closed:{order.id}:{order.cycle}",
        order_id=order.id,
        cycle=order.cycle,
        result=order.result,
    )


async def withdraw_windows(session: AsyncSession, order_id: int, now: datetime) -> None:
    """Nobody is offered it any more."""
    await session.execute(
        update(OrderWindowRow)
        .where(OrderWindowRow.order_id == order_id, OrderWindowRow.closed_at.is_(None))
        .values(closed_at=now, close_cause="withdrawn")
    )


def points_for(result: OrderResult, fault: Fault, override: int | None, settings: OrderSettings) -> int:
    """What a dealer gets for an order that he had taken; negative is taken from him. An order may set its own reward."""
    if result is OrderResult.DONE:
        return settings.points_done if override is None else override
    is_owed = fault is Fault.DEALER or settings.points_failed_always
    return settings.points_failed if result is OrderResult.FAILED and is_owed else 0


def points_key(order: OrderRow) -> str:
    """One entry for each order, cycle and dealer."""
    return f"order:{order.id}:{order.cycle}:{order.org_id}"


def _checked_note(closing: Closing) -> str:
    note = closing.note.replace("\x00", "").strip()
    earned = closing.earned_kopecks
    wrong = {
        "result": closing.result is OrderResult.RUNNING,
        "note": len(note) > MAX_NOTE_CHARS,
        "earned": closing.result is OrderResult.DONE
        and (earned is None or not 0 <= earned <= MAX_EARNED_KOPECKS),
    }
    if fields := {name: "not usable" for name, is_wrong in wrong.items() if is_wrong}:
        raise Invalid("closing-invalid", fields=fields)
    return note


def _end(order: OrderRow, closing: Closing, reason: Reason | None, note: str, now: datetime) -> None:
    is_done = closing.result is OrderResult.DONE
    order.status = DONE if is_done else FAILED
    order.status_class, order.result = OrderClass.CLOSED.value, closing.result.value
    order.closed_at, order.attention_at, order.declined_at = now, order.complained_at, None
    order.earned_kopecks = closing.earned_kopecks if is_done else 0
    order.reason_id = reason.id if reason else None
    order.close_note = note


async def _reward(
    session: AsyncSession, viewer: Viewer, order: OrderRow, reason: Reason | None, now: datetime
) -> int:
    """The points that were written; 0 for an order that no dealer had, and for a request."""
    org = await session.get(OrgRow, order.org_id) if order.org_id is not None else None
    if org is None or org.kind == OrgKind.MANUFACTURER or order.kind != OrderKind.ORDER:
        return 0
    result = OrderResult(order.result)
    points = points_for(
        result,
        reason.fault if reason else Fault.NONE,
        order.points_override,
        await order_settings(session),
    )
    is_done = result is OrderResult.DONE
    what = f"Заказ № {order.number} выполнен" if is_done else f"Заказ № {order.number} не выполнен"
    is_new = await add_points(
        session,
        org_id=org.id,
        kind=PointsKind.ORDER_FULFILLED if is_done else PointsKind.ORDER_FAILED,
        points=points,
        reason=f"{what}: {reason.title.lower()}" if reason else what,
        at=now,
        dedupe_key=points_key(order),
        actor_id=viewer.user_id,
        order_id=order.id,
        cycle=order.cycle,
    )
    return await written_points(session, points_key(order)) if is_new else 0
