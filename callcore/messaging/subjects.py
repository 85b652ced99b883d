"""From a fact of the outbox to the subject of messages, by its topic."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.events import TaskChanged
from callcore.calls.tables import CallRow
from callcore.calls.task_tables import TaskRow
from callcore.calls.tasks import audience_of_org
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.matrix import EVENTS
from callcore.messaging.order_subjects import feedback_fact, order_fact, survey_fact
from callcore.messaging.subject import Subject
from callcore.network.tables import OrgRow, RegionRow

Find = Callable[[AsyncSession, str, Mapping[str, Any], datetime], Awaitable[Subject | None]]


async def subject_of(session: AsyncSession, row: OutboxRow, now: datetime) -> Subject | None:
    """None when it concerns nobody any more. Raises ValueError for an unknown topic, KeyError for missing data."""
    if row.topic not in EVENTS:
        raise ValueError(f"unknown topic {row.topic}")
    find = _FINDERS.get(row.topic) or _AREAS[row.topic.partition(":")[0]]
    return await find(session, row.topic, row.data, now)


async def _gap(_session: AsyncSession, _topic: str, data: Mapping[str, Any], now: datetime) -> Subject | None:
    """A gap that is over concerns nobody."""
    starts_at, ends_at = (datetime.fromisoformat(data[name]) for name in ("starts_at", "ends_at"))
    if ends_at <= now:
        return None
    return Subject("/duty", moments={"starts_at": starts_at, "ends_at": ends_at})


async def _silent(
    _session: AsyncSession, _topic: str, data: Mapping[str, Any], _now: datetime
) -> Subject | None:
    count = len(data["call_ids"])
    words = "звонок" if count == 1 else "звонка" if 1 < count < 5 else "звонков"
    return Subject("/duty", {"label": data["label"], "count": f"{count} {words}"})


async def _task(session: AsyncSession, _topic: str, data: Mapping[str, Any], now: datetime) -> Subject | None:
    found = (
        await session.execute(
            select(TaskRow, OrgRow.name, RegionRow.name)
            .outerjoin(OrgRow, OrgRow.id == TaskRow.org_id)
            .outerjoin(CallRow, CallRow.call_id == TaskRow.call_id)
            .outerjoin(RegionRow, RegionRow.code == CallRow.region_code)
            .where(TaskRow.id == int(data["task_id"]))
        )
    ).first()
    if found is None or found[0].closed_at is not None:
        return None
    task, org_name, region = found
    fact = TaskChanged(at=now, audience=await audience_of_org(session, task.org_id), task_id=task.id)
    return Subject(
        f"/tasks/{task.id}",
        {"title": task.title, "org_name": org_name or "", "region": region or ""},
        {"due_at": task.due_at},
        org_id=task.org_id,
        manager_id=task.user_id,
        events=(fact,),
    )


_FINDERS: Final[Mapping[str, Find]] = {"duty:gap": _gap, "duty:silent": _silent}
_AREAS: Final[Mapping[str, Find]] = {
    "task": _task,
    "order": order_fact,
    "feedback": feedback_fact,
    "survey": survey_fact,
}
