"""Read side of tasks: a page of a tab, one task, counts for badges. Numbers are shown by the rule of the journal."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.calls.model import RecordingState
from callcore.calls.rights import Scope, innocent, scope_of, shown_numbers, visible_number
from callcore.calls.tables import CallRow, RecordingRow
from callcore.calls.task_model import TaskCounts, TaskFilter, TaskKind, TaskPage, TaskTab, TaskView
from callcore.calls.task_tables import TaskRow
from callcore.customers.tables import CustomerRow
from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, RegionRow, UserRow

MAX_ROWS: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NO_FILTER: Final = TaskFilter()
_Owner = aliased(UserRow)
_Closer = aliased(UserRow)


async def find_tasks(
    session: AsyncSession,
    viewer: Viewer,
    wanted: TaskFilter = _NO_FILTER,
    *,
    now: datetime,
    after: str = "",
    limit: int = 50,
) -> TaskPage:
    """Open ones by their term, the most urgent first; closed ones newest first. Raises Invalid for a wrong cursor,
    NotFound for who has nothing to do with calls."""
    scope = await scope_of(session, viewer)
    limit = max(1, min(limit, MAX_ROWS))
    is_closed = wanted.tab is TaskTab.CLOSED
    moment = TaskRow.closed_at if is_closed else TaskRow.due_at
    query = _tasks().where(reaches(scope), *_conditions(viewer, wanted, now))
    if after:
        place = tuple_(*_parse_cursor(after))
        key = tuple_(moment, TaskRow.id)
        query = query.where(key < place if is_closed else key > place)
    order = (moment.desc(), TaskRow.id.desc()) if is_closed else (moment.asc(), TaskRow.id.asc())
    found = (await session.execute(query.order_by(*order).limit(limit + 1))).all()
    items = await _views(session, scope, found[:limit])
    last = found[limit - 1][0] if len(found) > limit else None
    return TaskPage(items, _cursor(last, is_closed) if last is not None else "")


async def task_view(session: AsyncSession, viewer: Viewer, task_id: int) -> TaskView:
    """Raises NotFound for a task of which this viewer may not know."""
    scope = await scope_of(session, viewer)
    found = (await session.execute(_tasks().where(TaskRow.id == task_id, reaches(scope)))).all()
    if not found:
        raise NotFound("task-not-found")
    return (await _views(session, scope, found))[0]


async def task_counts(session: AsyncSession, viewer: Viewer, now: datetime) -> TaskCounts:
    scope = await scope_of(session, viewer)
    row = (
        await session.execute(
            select(
                func.coalesce(func.sum(case((TaskRow.user_id == viewer.user_id, 1), else_=0)), 0),
                func.count(),
                func.coalesce(func.sum(case((TaskRow.due_at < now, 1), else_=0)), 0),
            ).where(TaskRow.closed_at.is_(None), reaches(scope))
        )
    ).one()
    return TaskCounts(int(row[0]), int(row[1]), int(row[2]))


def reaches(scope: Scope) -> ColumnElement[bool]:
    """A condition on TaskRow."""
    return true() if scope.org_ids is None else TaskRow.org_id.in_(sorted(scope.org_ids))


def _conditions(viewer: Viewer, wanted: TaskFilter, now: datetime) -> list[ColumnElement[bool]]:
    is_closed = wanted.tab is TaskTab.CLOSED
    conditions: list[ColumnElement[bool]] = [
        TaskRow.closed_at.is_not(None) if is_closed else TaskRow.closed_at.is_(None)
    ]
    if wanted.tab is TaskTab.MINE:
        conditions.append(TaskRow.user_id == viewer.user_id)
    if wanted.tab is TaskTab.OVERDUE:
        conditions.append(TaskRow.due_at < now)
    if wanted.kind is not None:
        conditions.append(TaskRow.kind == wanted.kind.value)
    return conditions


def _tasks() -> Select[*tuple[Any, ...]]:
    """With the newest recording of the call."""
    newest = select(func.max(RecordingRow.id)).where(RecordingRow.call_row_id == CallRow.id)
    return (
        select(
            TaskRow,
            func.coalesce(CallRow.caller_raw, ""),
            func.coalesce(RegionRow.name, ""),
            func.coalesce(RegionRow.tz, ""),
            func.coalesce(OrgRow.name, ""),
            func.coalesce(_Owner.full_name, ""),
            func.coalesce(_Closer.full_name, ""),
            func.coalesce(CustomerRow.name, ""),
            RecordingRow.id,
            func.coalesce(RecordingRow.state, ""),
            func.coalesce(RecordingRow.duration_ms, 0),
            func.coalesce(RecordingRow.kind, ""),
        )
        .outerjoin(CallRow, and_(CallRow.call_id == TaskRow.call_id, TaskRow.call_id != ""))
        .outerjoin(RegionRow, RegionRow.code == CallRow.region_code)
        .outerjoin(OrgRow, OrgRow.id == TaskRow.org_id)
        .outerjoin(_Owner, _Owner.id == TaskRow.user_id)
        .outerjoin(_Closer, _Closer.id == TaskRow.closed_by)
        .outerjoin(CustomerRow, CustomerRow.id == func.coalesce(TaskRow.customer_id, CallRow.customer_id))
        .outerjoin(RecordingRow, RecordingRow.id == newest.correlate(CallRow).scalar_subquery())
    )


async def _views(
    session: AsyncSession, scope: Scope, found: Sequence[Row[*tuple[Any, ...]]]
) -> tuple[TaskView, ...]:
    shown = await shown_numbers(session, scope, [row[0].caller_number for row in found])
    return tuple(_view(row, shown, scope) for row in found)


def _view(row: Row[*tuple[Any, ...]], shown: frozenset[str], scope: Scope) -> TaskView:
    task: TaskRow = row[0]
    phone = visible_number(task.caller_number, row[1], shown, scope)
    customer, comment = row[7], str(task.data.get("comment", ""))
    if not scope.is_whole and (phone is None or phone.is_hidden):
        customer, comment = innocent(customer), innocent(comment)
    is_heard = row[9] not in ("", RecordingState.EMPTY)
    return TaskView(
        id=task.id,
        kind=TaskKind(task.kind),
        title=task.title,
        org_id=task.org_id,
        org_name=row[4],
        user_id=task.user_id,
        user_name=row[5],
        call_id=task.call_id,
        phone=phone,
        customer_id=task.customer_id,
        customer_name=customer,
        order_id=task.order_id,
        region_name=row[2],
        region_tz=row[3],
        recording_id=row[8] if is_heard else None,
        recording_state=row[9],
        recording_s=row[10] / 1000,
        recording_kind=row[11],
        made_at=task.made_at,
        due_at=task.due_at,
        closed_at=task.closed_at,
        close_reason=task.close_reason,
        closed_by_name=row[6],
        comment=comment,
        calls=int(task.data.get("calls", 1)),
    )


def _cursor(task: TaskRow, is_closed: bool) -> str:
    moment = task.closed_at if is_closed and task.closed_at is not None else task.due_at
    return f"{(moment - _EPOCH) // _MICROSECOND:x}-{task.id:x}"


def _parse_cursor(text: str) -> tuple[datetime, int]:
    micros, dash, number = text.partition("-")
    try:
        if not dash or len(text) > 40:
            raise ValueError(text)
        return _EPOCH + int(micros, 16) * _MICROSECOND, int(number, 16)
    except (ValueError, OverflowError) as exc:
        raise Invalid("task-cursor", fields={"after": "cursor"}) from exc
