"""After the file is ready: join it with a call that the journal learns of later, and compare its length with the talk.

A full disk cuts a recording silently and an unwritable folder leaves none at all: only the comparison with the talk
seconds of the call shows it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from callcore.calls.model import RecordingKind, RecordingState
from callcore.kernel.database import Database
from callcore.kernel.logs import get_logger
from recordings.rows import CALLS, RECORDINGS, join, show, tell

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
    due = await database.read(lambda connection: list(connection.scalars(_DUE, {"now": now})))
    if not due:
        return ()
    patience = timedelta(days=settle_days)
    return await database.write(lambda connection: _settle(connection, due, now, patience))


def _settle(
    connection: Connection, ids: Sequence[int], now: datetime, patience: timedelta
) -> tuple[Attached, ...]:
    found = connection.execute(_ROWS, {"ids": ids, "now": now}).all()
    talks = _talks(connection, {row.call_id for row in found})
    known = [row.call_row_id for row in found if row.call_row_id is not None]
    calls = {call.id: call for call in connection.execute(_CALLS, {"ids": known})}
    attached: list[Attached] = []
    rests: list[dict[str, Any]] = []
    for row in found:
        call_row_id = row.call_row_id or join(connection, row.id, row.call_id)
        call = calls.get(call_row_id or 0) or _call(connection, call_row_id)
        if (
            call is not None
            and row.state == RecordingState.READY
            and not (row.call_row_id and call.has_recording)
        ):
            # a call that another one was merged into has not heard of it yet
            show(connection, call.id, row.id, "" if row.call_row_id else row.error, now)
            attached.append(Attached(row.id, call.call_id))
        is_settled = (
            call is not None and call.ended_at is not None and _compare(connection, row, call, talks, now)
        )
        rests.append(
            {"key": row.id, "rest": None if is_settled else _next_look(now, now - row.started_at, patience)}
        )
    if rests:
        connection.execute(_REST, rests)
    return tuple(attached)


def _call(connection: Connection, row_id: int | None) -> Any:
    return None if row_id is None else connection.execute(_CALLS, {"ids": [row_id]}).one_or_none()


def _next_look(now: datetime, age: timedelta, patience: timedelta) -> datetime | None:
    return None if age > patience else now + max(_SHORTEST_PAUSE, age / 4)


def _talks(connection: Connection, call_ids: Collection[str]) -> dict[str, list[Any]]:
    """All talk recordings of these calls, in their order."""
    talks: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(_TALKS, {"names": list(call_ids)}):
        talks[row.call_id].append(row)
    return talks


def _compare(
    connection: Connection, row: Any, call: Any, talks: Mapping[str, list[Any]], now: datetime
) -> bool:
    """Compare all talk recordings of an ended call with its talk; false while one of them is still to come."""
    if row.kind != RecordingKind.TALK:
        return True
    all_rows = talks[row.call_id]
    if any(one.state in _OWED for one in all_rows):
        return False
    if row.id == all_rows[-1].id:
        _judge(connection, row, all_rows, call, now)
    return True


def _judge(connection: Connection, row: Any, all_rows: Sequence[Any], call: Any, now: datetime) -> None:
    recorded_ms = sum(one.duration_ms for one in all_rows if one.state == RecordingState.READY)
    if call.talk_s - recorded_ms / 1000 <= tolerance_s(call.talk_s):
        return
    kind = "recording-truncated" if recorded_ms else "recording-missing"
    connection.execute(update(RECORDINGS).where(RECORDINGS.c.id == row.id).values(is_truncated=True))
    tell(connection, call.id, row.id, now, kind, talk_s=call.talk_s, duration_ms=recorded_ms)
    _log.error(
        "recording shorter than the talk",
        call_id=row.call_id,
        recording_id=row.id,
        talk_s=call.talk_s,
        duration_ms=recorded_ms,
    )


_FINISHED: Final = (RecordingState.READY, RecordingState.EMPTY)
_DUE: Final = (
    select(RECORDINGS.c.id)
    .where(RECORDINGS.c.due_at <= bindparam("now"), RECORDINGS.c.state.in_(_FINISHED))
    .order_by(RECORDINGS.c.due_at)
    .limit(_LIMIT)
)
_ROWS: Final = (
    select(
        *(RECORDINGS.c.id, RECORDINGS.c.call_row_id, RECORDINGS.c.call_id, RECORDINGS.c.kind),
        *(RECORDINGS.c.state, RECORDINGS.c.error, RECORDINGS.c.started_at),
    )
    .where(RECORDINGS.c.id.in_(bindparam("ids", expanding=True)), RECORDINGS.c.due_at <= bindparam("now"))
    .order_by(RECORDINGS.c.id)
    .with_for_update()
)
_CALLS: Final = select(
    CALLS.c.id, CALLS.c.call_id, CALLS.c.ended_at, CALLS.c.talk_s, CALLS.c.has_recording
).where(CALLS.c.id.in_(bindparam("ids", expanding=True)))
_TALKS: Final = (
    select(RECORDINGS.c.id, RECORDINGS.c.call_id, RECORDINGS.c.state, RECORDINGS.c.duration_ms)
    .where(
        RECORDINGS.c.call_id.in_(bindparam("names", expanding=True)), RECORDINGS.c.kind == RecordingKind.TALK
    )
    .order_by(RECORDINGS.c.id)
)
_REST: Final = update(RECORDINGS).where(RECORDINGS.c.id == bindparam("key")).values(due_at=bindparam("rest"))
