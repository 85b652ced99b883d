"""Read side: what is still to do for a customer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.task_queries import reaches
from callcore.calls.task_tables import TaskRow
from callcore.network.model import Viewer
from callcore.orders.rights import reach_of

MAX_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class TaskBrief:
    id: int
    kind: str
    due_at: datetime


async def open_tasks_of(session: AsyncSession, viewer: Viewer, customer_id: int) -> tuple[TaskBrief, ...]:
    """Open ones that this viewer reaches, the most urgent first."""
    scope = await reach_of(session, viewer)
    rows = await session.execute(
        select(TaskRow.id, TaskRow.kind, TaskRow.due_at)
        .where(TaskRow.customer_id == customer_id, TaskRow.closed_at.is_(None), reaches(scope))
        .order_by(TaskRow.due_at, TaskRow.id)
        .limit(MAX_LISTED)
    )
    return tuple(TaskBrief(*row) for row in rows)
