"""Whoever took a task hears of it once when it falls due; a task that was put off anew is told anew."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.task_tables import TaskRow
from callcore.kernel import outbox

LOOK_BACK: Final = timedelta(days=1)
TASKS_AT_ONCE: Final = 500
_TOLD: Final = "told_due"  # in TaskRow.data: the term of which the person has been told


async def remind_of_tasks(session: AsyncSession, now: datetime) -> int:
    """One bounded pass in the caller's transaction; returns how many reminders were put into the outbox."""
    due = await session.scalars(
        select(TaskRow)
        .where(
            TaskRow.closed_at.is_(None),
            TaskRow.user_id.is_not(None),
            TaskRow.due_at <= now,
            TaskRow.due_at > now - LOOK_BACK,
        )
        .order_by(TaskRow.due_at.desc(), TaskRow.id)
        .limit(TASKS_AT_ONCE)
    )
    told = 0
    for task in list(due):
        term = task.due_at.isoformat()
        if task.data.get(_TOLD) == term:
            continue
        key = f"task:due:{task.id}:{task.user_id}:{term}"
        told += await outbox.put(session, "task:due", at=now, dedupe_key=key, task_id=task.id)
        await session.execute(
            update(TaskRow).where(TaskRow.id == task.id).values(data={**task.data, _TOLD: term})
        )
    return told
