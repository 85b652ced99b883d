"""Whoever took a task hears of it once when it falls due; a task that was put off anew is told anew."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.task_tables import TaskRow
from callcore.kernel import outbox

LOOK_BACK: Final = timedelta(days=1)
TASKS_AT_ONCE: Final = 500
_TOLD: Final = "told_due"  # in TaskRow.data: the term of which the person has been told


def has_due(connection: Connection, now: datetime) -> bool:
    """Is there anything that `remind_of_tasks` should look at?"""
    return connection.execute(_ANY, {"now": now, "since": now - LOOK_BACK}).first() is not None


def _due(now: Any, since: Any) -> Select[Any]:
    return select(TaskRow).where(
        TaskRow.closed_at.is_(None),
        TaskRow.user_id.is_not(None),
        TaskRow.due_at <= now,
        TaskRow.due_at > since,
    )


_ANY: Final = _due(bindparam("now"), bindparam("since")).with_only_columns(TaskRow.id).limit(1)


async def remind_of_tasks(session: AsyncSession, now: datetime) -> int:
    """One bounded pass in the caller's transaction; returns how many reminders were put into the outbox."""
    due = await session.scalars(
        _due(now, now - LOOK_BACK).order_by(TaskRow.due_at.desc(), TaskRow.id).limit(TASKS_AT_ONCE)
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
