"""Use case: one try of the robot is over; what the pressed keys do. Runs in the caller's transaction, once a try."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.tables import CallEventRow, CallRow, CelRow
from callcore.calls.task_model import TaskKind
from callcore.calls.tasks import open_task
from callcore.kernel import outbox
from callcore.orders.model import OrderEventKind
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event
from callcore.outbound.do_not_call import BarSource, bar_number
from callcore.outbound.robot.confirm_order import ROBOT, confirm_order
from callcore.outbound.robot.model import (
    UNSETTLED,
    Ended,
    RobotResult,
    RobotState,
    allowed_from,
    counts_as_try,
    joined_keys,
    next_try,
    result_of,
)
from callcore.outbound.robot.plan_call import zone_of
from callcore.outbound.robot.settings import RobotSettings
from callcore.outbound.tables import RobotCallRow
from dialplans.contract import CEL_ROBOT, Milestone

TASK_WITHIN: Final = timedelta(minutes=15)
TITLES: Final = {
    RobotResult.CHANGED: "Клиент хочет изменить заказ: перезвонить",
    RobotResult.PERSON: "Клиент просил менеджера, никто не ответил: перезвонить",
    RobotResult.UNANSWERED: "Робот не дозвонился: подтвердить заказ",
    RobotResult.NO_KEY: "Клиент не подтвердил заказ роботу: позвонить",
}


async def keys_of(session: AsyncSession, call_id: str) -> str:
    """All keys of one call in their order. From the journal; what it missed while the link was cut, from the PBX's own
    record."""
    rows = await session.scalars(
        select(CallEventRow.data)
        .join(CallRow, CallRow.id == CallEventRow.call_row_id)
        .where(CallRow.call_id == call_id, CallEventRow.kind == Milestone.ROBOT.value)
        .order_by(CallEventRow.at, CallEventRow.id)
    )
    heard = "".join(str(data.get("key", ""))[:1] for data in rows)
    kept = await session.scalars(
        select(CelRow.extra)
        .where(CelRow.call_id == call_id, CelRow.event_type == CEL_ROBOT)
        .order_by(CelRow.at, CelRow.id)
    )
    noted = "".join(sign for extra in kept for sign in _digits(extra))
    return heard if len(heard) >= len(noted) else noted


def _digits(extra: str) -> str:
    """The record's extra is JSON around the key: {"extra":"1"}."""
    return "".join(sign for sign in extra if sign in "0123456789*#")[:1]


async def settle_try(
    session: AsyncSession, row_id: int, call_id: str, settings: RobotSettings, *, now: datetime
) -> bool:
    """False when another has settled it."""
    row = await _taken(session, row_id, call_id)
    attempt = await session.scalar(select(AttemptRow).where(AttemptRow.call_id == call_id))
    order = await session.get(OrderRow, row.order_id) if row is not None else None
    if row is None or order is None:
        return False
    keys = await keys_of(session, call_id)
    ended = Ended(attempt.result, attempt.reason, keys) if attempt else Ended("", "", keys)
    result, tz = result_of(ended), await zone_of(session, order)
    row.keys = joined_keys(row.keys, keys, row.attempts)
    told = {"call_id": call_id, "result": ended.result, "reason": ended.reason, "keys": keys}
    row.data = {**row.data, "tries": [*row.data.get("tries", ()), {**told, "at": now.isoformat()}]}
    if result in UNSETTLED:
        again = next_try(ended, tries=row.attempts, made_at=row.made_at, now=now, tz=tz, settings=settings)
        if again is not None:
            row.attempts -= 0 if counts_as_try(ended) else 1
            row.state, row.due_at = RobotState.WAITING.value, again
            return True
    await session.flush()
    await _finish(session, row, order, result, tz, settings, now)
    return True


async def finish(
    session: AsyncSession, row: RobotCallRow, result: RobotResult, now: datetime, *, by: str = ""
) -> None:
    """Without a call: nothing to call for, or a person took it off."""
    row.state, row.result, row.ended_at, row.lease_until = RobotState.DONE.value, result.value, now, None
    said = {"field": result.value, "by": by}
    await add_event(session, row.order_id, OrderEventKind.ROBOT, at=now, data=said)


async def _taken(session: AsyncSession, row_id: int, call_id: str) -> RobotCallRow | None:
    """The guarded write comes first: of two workers one settles."""
    taken = await session.scalar(
        update(RobotCallRow)
        .where(
            RobotCallRow.id == row_id,
            RobotCallRow.call_id == call_id,
            RobotCallRow.state == RobotState.CALLING.value,
        )
        .values(lease_until=None, state=RobotState.DONE.value)
        .returning(RobotCallRow.id)
        .execution_options(synchronize_session=False)
    )
    return await session.get(RobotCallRow, taken, populate_existing=True) if taken is not None else None


async def _finish(
    session: AsyncSession,
    row: RobotCallRow,
    order: OrderRow,
    result: RobotResult,
    tz: str,
    settings: RobotSettings,
    now: datetime,
) -> None:
    if result is RobotResult.CONFIRMED:
        await confirm_order(session, order.id, by=ROBOT, now=now, proof=row.call_id)
        return
    number = await _number(session, row.call_id)
    if result is RobotResult.STOPPED:
        await bar_number(
            session,
            number,
            BarSource.ROBOT,
            now=now,
            call_id=row.call_id,
            customer_id=order.customer_id,
        )
    row.state, row.result, row.ended_at = RobotState.DONE.value, result.value, now
    is_reached = result is RobotResult.PERSON and await _talked(session, row.call_id)
    said = {
        "field": result.value,
        "by": "robot",
        "proof": row.call_id,
        "text": "talked" if is_reached else "",
    }
    await add_event(session, order.id, OrderEventKind.ROBOT, at=now, data=said)
    if result in UNSETTLED:
        key = f"order:unconfirmed:{order.id}:{order.cycle}"
        await outbox.put(session, "order:unconfirmed", at=now, dedupe_key=key, order_id=order.id)
    if result in TITLES and not is_reached:
        await _leave_task(
            session, row, order, result, number, allowed_from(now + TASK_WITHIN, tz, settings), now
        )


async def _leave_task(
    session: AsyncSession,
    row: RobotCallRow,
    order: OrderRow,
    result: RobotResult,
    number: str,
    due_at: datetime,
    now: datetime,
) -> None:
    is_taken = order.org_id is not None and order.accepted_at is not None
    await open_task(
        session,
        kind=TaskKind.CALLBACK,
        title=f"{TITLES[result]} № {order.number}",
        due_at=due_at,
        at=now,
        dedupe_key=f"robot:{row.id}",
        org_id=order.org_id if is_taken else None,
        user_id=order.manager_id if is_taken else None,
        call_id="",
        caller_number=number,
        customer_id=order.customer_id,
        order_id=order.id,
    )


async def _number(session: AsyncSession, call_id: str) -> str:
    return await session.scalar(select(AttemptRow.number).where(AttemptRow.call_id == call_id)) or ""


async def _talked(session: AsyncSession, call_id: str) -> bool:
    """Somebody of ours has taken the call after key 0."""
    found = await session.scalar(
        select(CallEventRow.id)
        .join(CallRow, CallRow.id == CallEventRow.call_row_id)
        .where(CallRow.call_id == call_id, CallEventRow.kind == Milestone.ACCEPTED.value)
        .limit(1)
    )
    return found is not None
