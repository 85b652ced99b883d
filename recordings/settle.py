"""After the file is ready: join it with a call that the journal learns of later, and compare its length with the talk.

A full disk cuts a recording silently and an unwritable folder leaves none at all: only the comparison with the talk
seconds of the call shows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import RecordingKind, RecordingState
from callcore.calls.tables import CallRow, RecordingRow
from callcore.kernel.database import Database
from callcore.kernel.logs import get_logger
from recordings.queue import attach, tell

_log = get_logger(__name__)
_LIMIT = 200
_SHORTEST_PAUSE = timedelta(seconds=5)
_OWED = (RecordingState.PENDING, RecordingState.PROCESSING)


@dataclass(frozen=True, slots=True)
class Attached:
    """A playable recording that its call shows from now on."""

    recording_id: int
    call_id: str


def tolerance_s(talk_s: int) -> float:
    """By how much a whole recording may be shorter than the talk: whole seconds, a late start, clocks."""
    return max(2.0, talk_s * 0.02)


async def settle_due(database: Database, now: datetime, settle_days: int) -> tuple[Attached, ...]:
    """Look again at every finished recording whose time has come."""
    async with database.session() as session:
        ids = await session.scalars(
            select(RecordingRow.id)
            .where(
                RecordingRow.due_at <= now,
                RecordingRow.state.in_((RecordingState.READY, RecordingState.EMPTY)),
            )
            .order_by(RecordingRow.due_at)
            .limit(_LIMIT)
        )
        due = tuple(ids)
    attached: list[Attached] = []
    for recording_id in due:
        async with database.transaction() as session:
            found = await _settle(session, recording_id, now, timedelta(days=settle_days))
        if found is not None:
            attached.append(found)
    return tuple(attached)


async def _settle(
    session: AsyncSession, recording_id: int, now: datetime, patience: timedelta
) -> Attached | None:
    row = await session.get(RecordingRow, recording_id, with_for_update=True)
    if row is None or row.due_at is None or row.due_at > now:
        return None
    was_attached = row.call_row_id is not None
    if not was_attached:
        row.call_row_id = await attach(session, row.id, row.call_id, row.state, row.error, now)
    call = None if row.call_row_id is None else await session.get(CallRow, row.call_row_id)
    age = now - row.started_at
    if call is not None and call.ended_at is not None and await _compare(session, row, call, now):
        row.due_at = None
    else:
        row.due_at = None if age > patience else now + max(_SHORTEST_PAUSE, age / 4)
    if call is None or row.state != RecordingState.READY or (was_attached and call.has_recording):
        return None
    call.has_recording = True  # a call that another one was merged into has not heard of it yet
    return Attached(row.id, call.call_id)


async def _compare(session: AsyncSession, row: RecordingRow, call: CallRow, now: datetime) -> bool:
    """Compare all talk recordings of an ended call with its talk; false while one of them is still to come."""
    if row.kind != RecordingKind.TALK:
        return True
    found = await session.scalars(
        select(RecordingRow)
        .where(RecordingRow.call_id == row.call_id, RecordingRow.kind == RecordingKind.TALK)
        .order_by(RecordingRow.id)
    )
    all_rows = found.all()
    if any(one.state in _OWED for one in all_rows):
        return False
    if row.id == all_rows[-1].id:
        _judge(session, row, all_rows, call, now)
    return True


def _judge(
    session: AsyncSession, row: RecordingRow, all_rows: Sequence[RecordingRow], call: CallRow, now: datetime
) -> None:
    recorded_ms = sum(one.duration_ms for one in all_rows if one.state == RecordingState.READY)
    if call.talk_s - recorded_ms / 1000 <= tolerance_s(call.talk_s):
        return
    kind = "recording-truncated" if recorded_ms else "recording-missing"
    row.is_truncated = True
    tell(session, call.id, row.id, now, kind, talk_s=call.talk_s, duration_ms=recorded_ms)
    _log.error(
        "recording shorter than the talk",
        call_id=row.call_id,
        recording_id=row.id,
        talk_s=call.talk_s,
        duration_ms=recorded_ms,
    )
