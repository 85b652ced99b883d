"""Use case: a callback's try is over, somebody has talked with the number, a request is too old. In the caller's transaction;
every step is guarded, so that of two workers one does it."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptKind, AttemptResult, AttemptState
from callcore.calls.settings import CallSettings, proven_talk_sql
from callcore.calls.tables import CallRow
from callcore.calls.task_tables import TaskRow
from callcore.orders.model import OrderEventKind
from callcore.orders.timeline import add_event
from callcore.outbound.callbacks.model import LIVES, OPEN, CallbackReason, CallbackState, next_try
from callcore.outbound.callbacks.plan_callback import CallbackTools, phone_groups, tries_of
from callcore.outbound.tables import CallbackRow

_STATES: Final = tuple(state.value for state in OPEN)
_TRY_STATES: Final = (CallbackState.WAITING.value, CallbackState.UNREACHED.value)


async def settle_try(
    session: AsyncSession,
    row_id: int,
    attempts: int,
    settings: CallSettings,
    tools: CallbackTools,
    *,
    now: datetime,
) -> bool:
    """False when another has settled it, or it still goes on."""
    attempt = await session.scalar(
        select(AttemptRow)
        .where(AttemptRow.kind == AttemptKind.CALLBACK.value, AttemptRow.owner_id == row_id)
        .order_by(AttemptRow.id.desc())
        .limit(1)
    )
    if attempt is not None and attempt.state != AttemptState.ENDED:
        longer = now + timedelta(seconds=settings.callback_lease_s)
        await _guarded(session, row_id, attempts, lease_until=longer)
        return False
    if not await _guarded(session, row_id, attempts, lease_until=None, state=CallbackState.UNREACHED.value):
        return False
    row = await session.get(CallbackRow, row_id, populate_existing=True)
    assert row is not None
    if attempt is not None and attempt.result == AttemptResult.TALKED:
        await _settle_talk(session, row, attempt, settings, now)
        return True
    tries = await tries_of(session, row)
    if not tries:  # refreshed while it was called, or never begun
        row.state, row.due_at = CallbackState.WAITING.value, max(row.due_at, now)
        return True
    groups = await phone_groups(session, row, attempt.cli if attempt else "", tools, now)
    following = next_try(tries, steps=len(groups), now=now, tz=row.tz, settings=settings)
    if following.due_at is None and following.reason is not None:
        await _unreached(session, row, following.reason, now)
    elif following.due_at is not None:
        row.state, row.due_at = CallbackState.WAITING.value, following.due_at
    return True


async def _settle_talk(
    session: AsyncSession, row: CallbackRow, attempt: AttemptRow, settings: CallSettings, now: datetime
) -> None:
    """A talk too short to prove anything is for a person to judge: nobody is called again who has just answered."""
    if attempt.talk_s < settings.proven_talk_s:
        await _unreached(session, row, CallbackReason.SHORT, now)
        return
    talked = await session.scalar(select(CallRow.org_id).where(CallRow.call_id == attempt.call_id))
    row.org_id = row.org_id or talked
    await _over(session, row, CallbackState.DONE, CallbackReason.TALKED, now, call_id=attempt.call_id)


async def give_up(session: AsyncSession, row_id: int, reason: CallbackReason, *, now: datetime) -> None:
    """A machine may not call it: a person decides."""
    row = await session.get(CallbackRow, row_id, with_for_update=True)
    if row is not None and row.state == CallbackState.WAITING:
        await _unreached(session, row, reason, now)


async def close_settled(session: AsyncSession, *, now: datetime) -> list[int]:
    """Ids of requests that were closed: by a talk, by the closing of their task, by age."""
    changed: list[int] = []
    for condition, state, reason in (
        (talked_since(), CallbackState.DONE, CallbackReason.TALKED),
        (task_closed(), CallbackState.CLOSED, None),
        (CallbackRow.refreshed_at < now - LIVES, CallbackState.EXPIRED, CallbackReason.OLD),
    ):
        found = select(CallbackRow).where(CallbackRow.state.in_(_TRY_STATES), condition).limit(100)
        for row in await session.scalars(found.with_for_update(of=CallbackRow)):
            word = reason.value if reason else await _task_reason(session, row)
            await _over(session, row, state, word, now)
            changed.append(row.id)
        await session.flush()
    return changed


async def _unreached(session: AsyncSession, row: CallbackRow, reason: CallbackReason, now: datetime) -> None:
    """Still open: the task of whoever must act is due now."""
    row.state, row.reason, row.lease_until = CallbackState.UNREACHED.value, reason.value, None
    if row.task_id is not None:
        await session.execute(
            update(TaskRow).where(TaskRow.id == row.task_id, TaskRow.closed_at.is_(None)).values(due_at=now)
        )
    await _note(session, row, "unreached", reason.value, now)


async def _over(
    session: AsyncSession,
    row: CallbackRow,
    state: CallbackState,
    reason: str,
    now: datetime,
    *,
    call_id: str = "",
) -> None:
    row.state, row.reason, row.closed_at = state.value, reason, now
    row.open_key, row.lease_until = None, None
    await _note(session, row, state.value, reason, now, proof=call_id)


async def _note(
    session: AsyncSession, row: CallbackRow, what: str, reason: str, now: datetime, **more: Any
) -> None:
    if row.order_id is None:
        return
    said = {"field": what, "text": reason, "callback_id": row.id, **more}
    await add_event(session, row.order_id, OrderEventKind.CALLBACK, at=now, data=said)


async def _guarded(session: AsyncSession, row_id: int, attempts: int, **values: Any) -> bool:
    is_calling = (CallbackRow.state == CallbackState.CALLING.value, CallbackRow.attempts == attempts)
    taken = await session.scalar(
        update(CallbackRow)
        .where(CallbackRow.id == row_id, *is_calling)
        .values(**values)
        .returning(CallbackRow.id)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


async def _task_reason(session: AsyncSession, row: CallbackRow) -> str:
    task = await session.get(TaskRow, row.task_id) if row.task_id is not None else None
    row.closed_by = task.closed_by if task else None
    return task.close_reason if task else "other"


def talked_since() -> ColumnElement[bool]:
    """Anybody has talked with the number since the request was made, in or out."""
    talk = aliased(CallRow)
    return exists().where(
        talk.caller_number == CallbackRow.number,
        talk.talk_s >= proven_talk_sql(),
        talk.ended_at > CallbackRow.made_at,
    )


def task_closed() -> ColumnElement[bool]:
    return exists().where(TaskRow.id == CallbackRow.task_id, TaskRow.closed_at.is_not(None))
