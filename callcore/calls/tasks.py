"""Use cases: a task is opened, taken, postponed, closed, opened again.

Staff may touch every task, a dealer's people those of their organisation and of those below it. Each change by a person is
one guarded UPDATE, so that of two people who press at once one learns that he was late.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.events import TaskChanged
from callcore.calls.rights import scope_of
from callcore.calls.task_model import MAX_COMMENT_CHARS, CloseReason, TaskKind
from callcore.calls.task_queries import find_tasks, reaches, task_counts, task_view
from callcore.calls.task_tables import TaskRow
from callcore.kernel import audit, outbox
from callcore.kernel.bus import Audience
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_unless_exists
from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow

__all__ = [
    "CloseReason", "TaskKind", "TaskWork", "audience_of_org", "find_tasks", "open_task", "task_counts", "task_view",
]  # fmt: skip

LONGEST_DELAY: Final = timedelta(days=60)


async def open_task(
    session: AsyncSession,
    *,
    kind: TaskKind,
    title: str,
    due_at: datetime,
    at: datetime,
    dedupe_key: str,
    org_id: int | None = None,
    user_id: int | None = None,
    call_id: str = "",
    caller_number: str = "",
    customer_id: int | None = None,
    order_id: int | None = None,
    **data: Any,
) -> bool:
    """Add to the caller's transaction; False when this cause has made its task before. The outbox tells of it."""
    is_new = await insert_unless_exists(
        session,
        TaskRow,
        kind=TaskKind(kind).value,
        title=title,
        org_id=org_id,
        user_id=user_id,
        call_id=call_id,
        caller_number=caller_number,
        customer_id=customer_id,
        order_id=order_id,
        made_at=at,
        due_at=due_at,
        closed_at=None,
        close_reason="",
        closed_by=None,
        data=data,
        dedupe_key=dedupe_key,
    )
    if is_new:
        task_id = await session.scalar(select(TaskRow.id).where(TaskRow.dedupe_key == dedupe_key))
        await outbox.put(session, "task:made", at=at, dedupe_key=f"task:made:{task_id}", task_id=task_id)
    return is_new


async def audience_of_org(session: AsyncSession, org_id: int | None) -> Audience:
    """Staff, and the task's dealer with all above it."""
    path = await session.scalar(select(OrgRow.path).where(OrgRow.id == org_id)) if org_id else ""
    return Audience(
        staff=True, org_ids=frozenset(int(part) for part in (path or "").split("/") if part.isdigit())
    )


class TaskWork:
    """Changes by people. All raise NotFound for a task of which the person may not know, Conflict("task-changed") when
    somebody was quicker. Each returns the fact to publish, after the commit."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, viewer: Viewer, task_id: int, *, seen_user_id: int | None) -> TaskChanged:
        """Becomes mine; `seen_user_id` is whose it was on the page."""
        owner = TaskRow.user_id == seen_user_id if seen_user_id is not None else TaskRow.user_id.is_(None)
        return await self._change(viewer, task_id, "task:taken", [_is_open(), owner], user_id=viewer.user_id)

    async def release(self, viewer: Viewer, task_id: int) -> TaskChanged:
        """Nobody's again; only who has it may lay it down."""
        mine = TaskRow.user_id == viewer.user_id
        return await self._change(viewer, task_id, "task:released", [_is_open(), mine], user_id=None)

    async def postpone(self, viewer: Viewer, task_id: int, until: datetime) -> TaskChanged:
        """Raises Invalid (field until)."""
        now = self._clock.now()
        if not now < until <= now + LONGEST_DELAY:
            raise Invalid("until-out-of-range", fields={"until": "a moment of the coming two months"})
        return await self._change(viewer, task_id, "task:postponed", [_is_open()], due_at=until)

    async def close(
        self, viewer: Viewer, task_id: int, reason: CloseReason, comment: str = ""
    ) -> TaskChanged:
        """Raises Invalid (field comment)."""
        if len(comment) > MAX_COMMENT_CHARS:
            raise Invalid("comment-too-long", fields={"comment": f"at most {MAX_COMMENT_CHARS} characters"})
        return await self._change(
            viewer,
            task_id,
            "task:closed",
            [_is_open()],
            note=comment,
            closed_at=self._clock.now(),
            closed_by=viewer.user_id,
            close_reason=reason.value,
        )

    async def reopen(self, viewer: Viewer, task_id: int) -> TaskChanged:
        """Takes a person's closing back. Conflict when the caller already has another open task."""
        newer = TaskRow.__table__.alias("newer")
        is_alone = (
            ~select(newer.c.id)
            .where(
                newer.c.caller_number == TaskRow.caller_number,
                newer.c.caller_number != "",
                newer.c.kind != TaskKind.DUTY.value,
                TaskRow.kind != TaskKind.DUTY.value,
                newer.c.closed_at.is_(None),
            )
            .correlate(TaskRow.__table__)
            .exists()
        )
        return await self._change(
            viewer,
            task_id,
            "task:reopened",
            [TaskRow.closed_by.is_not(None), is_alone],
            note="",
            closed_at=None,
            closed_by=None,
            close_reason="",
        )

    async def _change(
        self,
        viewer: Viewer,
        task_id: int,
        action: str,
        conditions: Sequence[ColumnElement[bool]],
        note: str | None = None,
        **values: Any,
    ) -> TaskChanged:
        now = self._clock.now()
        async with self._database.transaction() as session:
            scope = await scope_of(session, viewer)
            row = await session.scalar(select(TaskRow).where(TaskRow.id == task_id, reaches(scope)))
            if row is None:
                raise NotFound("task-not-found")
            if note is not None:
                values["data"] = {**row.data, "comment": note}
            done = await session.execute(
                update(TaskRow)
                .where(TaskRow.id == task_id, *conditions)
                .values(**values)
                .execution_options(synchronize_session=False)
            )
            if cast("CursorResult[Any]", done).rowcount == 0:
                raise Conflict("task-changed")
            told = {"reason": values["close_reason"]} if values.get("close_reason") else {}
            audit.record(
                session,
                at=now,
                actor_id=viewer.user_id,
                action=action,
                entity="task",
                entity_id=task_id,
                **told,
            )
            audience = await audience_of_org(session, row.org_id)
        return TaskChanged(at=now, audience=audience, task_id=task_id)


def _is_open() -> ColumnElement[bool]:
    return TaskRow.closed_at.is_(None)
