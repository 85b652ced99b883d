"""What a call leaves to do, decided from the journal alone: the same look again changes nothing.

A call needs a callback task while nobody has talked with its number since, and the number has no task that is open or was
settled since. So it does not matter whether we look at once, after a restart, or after CEL has repaired the call; and ten
calls of one number make one task. A caller who hides his number cannot be called back, so each of his lost calls is a task of
its own: somebody looks why nobody answered, and closes it with a reason.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.calls.events import TaskChanged
from callcore.calls.lost_transfers import TITLES as LOST_TITLES
from callcore.calls.lost_transfers import has_lost_transfer, kind_of, lost_transfers
from callcore.calls.model import CallResult, Direction
from callcore.calls.settings import proven_talk_sql
from callcore.calls.tables import CallRow
from callcore.calls.task_model import CALL_BACK, CloseReason, TaskKind
from callcore.calls.task_tables import TaskRow
from callcore.calls.tasks import audience_of_org, open_task
from callcore.network.coming_days import calendar_edits
from callcore.network.days import calendar_between
from callcore.network.model import OrgKind
from callcore.network.tables import OrgRow
from callcore.network.working_time import WorkingTime

LOOK_BACK: Final = timedelta(days=3)
CALLS_AT_ONCE: Final = 200
CALL_BACK_WITHIN: Final = timedelta(minutes=15)  # of working time
_CALENDAR_AHEAD: Final = timedelta(days=31)
_LOST: Final = (CallResult.MISSED, CallResult.ABANDONED)
TITLES: Final = {
    TaskKind.DUTY: "Ночной звонок: что решили?",
    TaskKind.VOICEMAIL: "Голосовое сообщение: послушать и перезвонить",
    TaskKind.MISSED: "Пропущенный звонок: перезвонить",
}
HIDDEN_TITLE: Final = "Пропущенный звонок со скрытого номера"


class OpenTime(Protocol):
    """Hours in which people really work; None when they are not known."""

    def after(
        self, org_id: int | None, outlet_id: int | None, at: datetime, lapse: timedelta
    ) -> datetime | None: ...


def has_work(connection: Connection, now: datetime, *, look_back: timedelta = LOOK_BACK) -> bool:
    """Would `look_after_calls` change anything? Most calls leave nothing to do, and this look costs little."""
    is_settled = connection.execute(_ANY_SETTLED, {"now": now}).first() is not None
    since = now - look_back
    is_lost = connection.execute(_ANY_CALL, {"since": since}).first() is not None
    return is_settled or is_lost or has_lost_transfer(connection, since)


async def look_after_calls(
    session: AsyncSession,
    now: datetime,
    hours: OpenTime | None = None,
    *,
    look_back: timedelta = LOOK_BACK,
) -> tuple[TaskChanged, ...]:
    """One bounded pass, oldest calls first, in the caller's transaction. Returns what to publish of closed and joined
    tasks after the commit; new ones are told by the outbox. Without `hours` callbacks fall due in office time."""
    changed = set(await _close_settled(session, now))
    found = list(await session.scalars(_calls_to_look_after(now - look_back)))
    times = _Times(session, now, hours)
    for call in found:
        kind = _kind_of(call)
        due_at = await times.due(call, kind)
        changed.update(
            await _join_or_open(session, call, kind, due_at, now, title_of(kind, call.caller_number))
        )
    for call, result in (await session.execute(lost_transfers(now - look_back))).all():
        kind = kind_of(result)
        title = LOST_TITLES[kind] if call.caller_number else title_of(kind, "")
        due_at = await times.due(call, kind)
        changed.update(await _join_or_open(session, call, kind, due_at, now, title))
    facts = []
    for task_id in sorted(changed):
        org_id = await session.scalar(select(TaskRow.org_id).where(TaskRow.id == task_id))
        facts.append(TaskChanged(at=now, audience=await audience_of_org(session, org_id), task_id=task_id))
    return tuple(facts)


def _kind_of(call: CallRow) -> TaskKind:
    if call.result == CallResult.DUTY_ANSWERED:
        return TaskKind.DUTY
    return TaskKind.VOICEMAIL if call.result == CallResult.VOICEMAIL else TaskKind.MISSED


def title_of(kind: TaskKind, number: str) -> str:
    return HIDDEN_TITLE if kind is TaskKind.MISSED and not number else TITLES[kind]


# --- which calls ------------------------------------------------------------------------------------------------


def _calls_to_look_after(since: Any) -> Any:
    own = exists().where(TaskRow.call_id == CallRow.call_id)
    has_number = CallRow.caller_number != ""
    of_number = and_(TaskRow.caller_number == CallRow.caller_number, TaskRow.kind.in_(CALL_BACK))
    is_settled = exists().where(
        of_number, or_(TaskRow.closed_at.is_(None), TaskRow.closed_at >= CallRow.ended_at)
    )
    # An open task of the number takes the call in; it has done so when it knows of a call as new as this one.
    is_joined = exists().where(of_number, TaskRow.closed_at.is_(None), TaskRow.made_at < CallRow.ended_at)
    lost = and_(
        CallRow.result.in_((*_LOST, CallResult.VOICEMAIL)),
        has_number,
        ~_talked_since(CallRow),
        or_(~is_settled, and_(is_joined, ~exists().where(of_number, _knows_of(CallRow)))),
    )
    return (
        select(CallRow)
        .where(
            CallRow.direction == Direction.INBOUND,
            CallRow.result.in_((*_LOST, CallResult.VOICEMAIL, CallResult.DUTY_ANSWERED)),
            CallRow.started_at >= since,
            CallRow.ended_at.is_not(None),
            ~own,
            or_(CallRow.result == CallResult.DUTY_ANSWERED, ~has_number, lost),
        )
        .order_by(CallRow.ended_at, CallRow.id)
        .limit(CALLS_AT_ONCE)
    )


def _knows_of(call: Any) -> ColumnElement[bool]:
    """The task's newest known call is not older: `last_row` grows only."""
    known: ColumnElement[bool] = TaskRow.data["last_row"].as_integer() >= call.id
    return known


def _talked_since(call: Any) -> ColumnElement[bool]:
    talk = aliased(CallRow)
    return exists().where(
        talk.caller_number == call.caller_number,
        talk.talk_s >= proven_talk_sql(),
        talk.ended_at > call.ended_at,
    )


# --- one call ---------------------------------------------------------------------------------------------------


async def _join_or_open(
    session: AsyncSession, call: CallRow, kind: TaskKind, due_at: datetime, now: datetime, title: str
) -> Collection[int]:
    """Ids of tasks that took the call in."""
    if kind is TaskKind.DUTY or not call.caller_number:
        owner = None if kind is TaskKind.DUTY else await _dealer(session, call.org_id)
        await _open(session, call, kind, title, due_at, now, f"{kind}:{call.call_id}", owner)
        return ()
    last = await session.scalar(
        select(TaskRow)
        .where(TaskRow.caller_number == call.caller_number, TaskRow.kind.in_(CALL_BACK))
        .order_by(TaskRow.id.desc())
        .limit(1)
    )
    if last is not None and last.closed_at is None:
        return await _join(session, last, call, kind, title)
    # The name of the one next task of this number: of two writers one gives way.
    key = f"callback:{call.caller_number}:{last.id if last else 0}"
    await _open(session, call, kind, title, due_at, now, key, await _dealer(session, call.org_id))
    return ()


async def _open(
    session: AsyncSession,
    call: CallRow,
    kind: TaskKind,
    title: str,
    due_at: datetime,
    now: datetime,
    key: str,
    org_id: int | None,
) -> None:
    await open_task(
        session,
        kind=kind,
        title=title,
        due_at=due_at,
        at=now,
        dedupe_key=key,
        org_id=org_id,
        call_id=call.call_id,
        caller_number=call.caller_number,
        customer_id=call.customer_id,
        order_id=call.order_id,
        calls=1,
        last_row=call.id,
    )


async def _join(
    session: AsyncSession, task: TaskRow, call: CallRow, kind: TaskKind, title: str
) -> Collection[int]:
    """A message that was left is worth more than one more missed call: the task shows it."""
    if int(task.data.get("last_row", 0)) >= call.id:
        return ()
    values: dict[str, Any] = {
        "data": {**task.data, "calls": int(task.data.get("calls", 1)) + 1, "last_row": call.id}
    }
    if kind is TaskKind.VOICEMAIL:
        values |= {"kind": kind.value, "title": title, "call_id": call.call_id}
    await session.execute(
        update(TaskRow).where(TaskRow.id == task.id, TaskRow.closed_at.is_(None)).values(**values)
    )
    return (task.id,)


async def _dealer(session: AsyncSession, org_id: int | None) -> int | None:
    """The manufacturer's own people work the head office's tasks."""
    kind = await session.scalar(select(OrgRow.kind).where(OrgRow.id == org_id)) if org_id else None
    return None if kind is None or kind == OrgKind.MANUFACTURER else org_id


async def _close_settled(session: AsyncSession, now: datetime) -> list[int]:
    """Callbacks whose number has talked with anybody since the task was made, in or out."""
    settled = _settled(now)
    if await session.scalar(select(TaskRow.id).where(*settled).limit(1)) is None:
        return []  # a pass that finds nothing does not lock the table of others
    closed = await session.scalars(
        update(TaskRow)
        .where(*settled)
        .values(closed_at=now, close_reason=CloseReason.TALKED.value)
        .returning(TaskRow.id)
        .execution_options(synchronize_session=False)
    )
    return list(closed)


def _settled(now: Any) -> tuple[ColumnElement[bool], ...]:
    talk = aliased(CallRow)
    talked = exists().where(
        talk.caller_number == TaskRow.caller_number,
        talk.talk_s >= proven_talk_sql(),
        talk.ended_at > TaskRow.made_at,
        talk.ended_at <= now,
    )
    of_number = and_(TaskRow.caller_number != "", TaskRow.kind.in_(CALL_BACK))
    return TaskRow.closed_at.is_(None), of_number, talked


_ANY_SETTLED: Final = select(TaskRow.id).where(*_settled(bindparam("now"))).limit(1)
_ANY_CALL: Final = _calls_to_look_after(bindparam("since")).with_only_columns(CallRow.id).limit(1)


# --- when it is due ---------------------------------------------------------------------------------------------


class _Times:
    """Terms of this pass; reads zones and the calendar once each."""

    def __init__(self, session: AsyncSession, now: datetime, hours: OpenTime | None) -> None:
        self._session = session
        self._hours = hours
        self._now = now
        self._zones: dict[int | None, WorkingTime] = {}

    async def due(self, call: CallRow, kind: TaskKind) -> datetime:
        ended_at = call.ended_at or self._now
        if kind is TaskKind.DUTY:
            return (await self._of(None)).next_morning(ended_at)
        if self._hours is not None:
            due_at = self._hours.after(call.org_id, call.outlet_id, ended_at, CALL_BACK_WITHIN)
            if due_at is not None:
                return due_at
        return (await self._of(call.org_id)).after(ended_at, CALL_BACK_WITHIN)

    async def _of(self, org_id: int | None) -> WorkingTime:
        if org_id not in self._zones:
            is_owner = OrgRow.id == org_id if org_id else OrgRow.kind == OrgKind.MANUFACTURER.value
            tz = await self._session.scalar(select(OrgRow.tz).where(is_owner).order_by(OrgRow.id).limit(1))
            first = (self._now - LOOK_BACK - timedelta(days=1)).date()
            last = (self._now + _CALENDAR_AHEAD).date()
            edits = await calendar_edits(self._session, first, last)
            self._zones[org_id] = WorkingTime.of(tz or "Europe/Moscow", calendar_between(first, last, edits))
        return self._zones[org_id]


async def open_count(session: AsyncSession) -> int:
    """Of the whole installation, for a gauge."""
    return int(await session.scalar(select(func.count()).where(TaskRow.closed_at.is_(None))) or 0)
