"""The day in figures: calls since an instant, who carried the last ones, what is odd. Each figure has a list in the journal
with the same conditions. All queries go by an index and read no more than the day."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import ANSWERED, LOST, CallState, Direction, HappeningKind
from callcore.calls.rights import scope_of
from callcore.calls.tables import CallEventRow, CallRow
from callcore.calls.task_model import TaskCounts, TaskKind
from callcore.calls.task_queries import task_counts
from callcore.calls.task_tables import TaskRow
from callcore.kernel.errors import Forbidden
from callcore.network.model import Viewer

LAST_CALLS: Final = 50
LAST_ODD: Final = 5


@dataclass(frozen=True, slots=True)
class DayCalls:
    """Of customers who called since the instant; `waiting` and `live` are of this moment, whenever they began."""

    total: int
    answered: int
    lost: int
    waiting: int
    live: int
    median_wait_s: int | None  # of the answered ones

    @property
    def share(self) -> int | None:
        """Per cent answered of those that have ended; None while none has."""
        ended = self.answered + self.lost
        return round(100 * self.answered / ended) if ended else None


@dataclass(frozen=True, slots=True)
class RungCall:
    """`rung` as CallRow.route, empty for a call that nobody carried."""

    call_id: str
    rung: str
    started_at: datetime
    result: str


@dataclass(frozen=True, slots=True)
class OddCall:
    """A call with a warning, or with an anomaly (`code`); the other is empty."""

    call_id: str
    at: datetime
    warning: str
    code: str


@dataclass(frozen=True, slots=True)
class DayTasks:
    counts: TaskCounts
    not_called_back: int  # open tasks of missed calls


async def day_calls(session: AsyncSession, viewer: Viewer, since: datetime) -> DayCalls:
    """Raises Forbidden for who is not of the staff."""
    await _check(session, viewer)
    today = (CallRow.direction == Direction.INBOUND.value, CallRow.started_at >= since)
    by_result = dict(
        (
            await session.execute(select(CallRow.result, func.count()).where(*today).group_by(CallRow.result))
        ).all()
    )
    answered = sum(by_result.get(result.value, 0) for result in ANSWERED)
    waiting, live = (await session.execute(_live_counts())).one()
    return DayCalls(
        total=sum(by_result.values()),
        answered=answered,
        lost=sum(by_result.get(result.value, 0) for result in LOST),
        waiting=int(waiting or 0),
        live=int(live or 0),
        median_wait_s=await _median_wait_s(session, today, answered),
    )


def _live_counts() -> Select[int, int]:
    waits = CallRow.answered_at.is_(None) & (CallRow.direction == Direction.INBOUND.value)
    return select(func.sum(case((waits, 1), else_=0)), func.count()).where(
        CallRow.result == "", CallRow.state != CallState.ENDED.value
    )


async def _median_wait_s(
    session: AsyncSession, today: tuple[ColumnElement[bool], ...], answered: int
) -> int | None:
    """The middle one; of two middle ones the longer."""
    if not answered:
        return None
    return await session.scalar(
        select(CallRow.wait_s)
        .where(*today, CallRow.result.in_(ANSWERED))
        .order_by(CallRow.wait_s)
        .offset(answered // 2)
        .limit(1)
    )


async def day_rungs(session: AsyncSession, viewer: Viewer) -> tuple[RungCall, ...]:
    """The last LAST_CALLS calls of customers, newest first."""
    await _check(session, viewer)
    rows = await session.execute(
        select(CallRow.call_id, CallRow.route, CallRow.started_at, CallRow.result)
        .where(CallRow.direction == Direction.INBOUND.value)
        .order_by(CallRow.started_at.desc(), CallRow.id.desc())
        .limit(LAST_CALLS)
    )
    return tuple(RungCall(*row) for row in rows)


async def odd_calls(session: AsyncSession, viewer: Viewer, since: datetime) -> tuple[OddCall, ...]:
    """What a person should look at, newest first: at most LAST_ODD warnings and as many anomalies."""
    await _check(session, viewer)
    warned = await session.execute(
        select(CallRow.call_id, CallRow.started_at, CallRow.warning)
        .where(CallRow.started_at >= since, CallRow.warning != "")
        .order_by(CallRow.started_at.desc())
        .limit(LAST_ODD)
    )
    strange = await session.execute(
        select(CallRow.call_id, CallEventRow.at, CallEventRow.data)
        .join(CallRow, CallRow.id == CallEventRow.call_row_id)
        .where(CallRow.started_at >= since, CallEventRow.kind == HappeningKind.ANOMALY.value)
        .order_by(CallEventRow.at.desc())
        .limit(LAST_ODD)
    )
    found = [OddCall(call_id, at, warning, "") for call_id, at, warning in warned]
    found += [OddCall(call_id, at, "", str(data.get("code", ""))) for call_id, at, data in strange]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


async def day_tasks(session: AsyncSession, viewer: Viewer, now: datetime) -> DayTasks:
    await _check(session, viewer)
    missed = await session.scalar(
        select(func.count()).where(TaskRow.closed_at.is_(None), TaskRow.kind == TaskKind.MISSED.value)
    )
    return DayTasks(await task_counts(session, viewer, now), missed or 0)


async def _check(session: AsyncSession, viewer: Viewer) -> None:
    if not (await scope_of(session, viewer)).is_whole:
        raise Forbidden("not-staff")
