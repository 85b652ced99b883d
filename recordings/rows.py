"""Rows of recordings on a plain connection, inside the caller's step: read, changed only as they were seen, joined with
their calls."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, insert, or_, select, update

from callcore.calls.handing import TransferKind, TransferResult
from callcore.calls.model import RecordingKind, RecordingState
from callcore.calls.recording_tables import RecordingCopyRow
from callcore.calls.tables import CallEventRow, CallRow, RecordingRow
from callcore.calls.transfer_tables import TransferRow
from callcore.kernel.database import Base
from recordings.model import MIME, AudioFormat, Copy, Span

_TABLES: Final = Base.metadata.tables
CALLS: Final = _TABLES[CallRow.__tablename__]
RECORDINGS: Final = _TABLES[RecordingRow.__tablename__]
COPIES: Final = _TABLES[RecordingCopyRow.__tablename__]
_HANDINGS: Final = _TABLES[TransferRow.__tablename__]
_LINES: Final = _TABLES[CallEventRow.__tablename__]
_OPEN_LIMIT: Final = 500
_AT_ONCE: Final = 400


@dataclass(frozen=True, slots=True)
class Entry:
    """One row and what the journal knows of its call. `call_ended_at` is None for a live or an unknown call."""

    id: int
    call_id: str
    kind: RecordingKind
    base: str
    state: RecordingState
    attempts: int
    due_at: datetime | None
    started_at: datetime
    path: str
    mime: str
    size_bytes: int
    sha256: str
    error: str
    is_call_known: bool
    call_ended_at: datetime | None

    @property
    def is_call_live(self) -> bool:
        return self.is_call_known and self.call_ended_at is None


@dataclass(frozen=True, slots=True)
class Finished:
    """How a claim ended. `is_mine` is false when another worker took the row meanwhile: nothing was written.
    `is_attached` tells that the call exists and now shows the recording."""

    is_mine: bool
    is_attached: bool = False


def open_entries(connection: Connection) -> tuple[Entry, ...]:
    """Rows to which a file is still owed, oldest first."""
    waiting = RECORDINGS.c.state.in_((RecordingState.PENDING, RecordingState.PROCESSING))
    again = and_(RECORDINGS.c.state == RecordingState.FAILED, RECORDINGS.c.due_at.is_not(None))
    return _read(connection, or_(waiting, again))


def entries_of(connection: Connection, bases: Iterable[str]) -> tuple[Entry, ...]:
    """Rows of these bases in any state."""
    parts = _portions(bases)
    return tuple(entry for part in parts for entry in _read(connection, RECORDINGS.c.base.in_(part)))


def entries_after(connection: Connection, last_id: int, state: RecordingState) -> tuple[Entry, ...]:
    return _read(connection, and_(RECORDINGS.c.state == state, RECORDINGS.c.id > last_id))


def joins_of(connection: Connection, call_id: str) -> tuple[Span, ...]:
    """Handings on of this call in which somebody was asked first and then joined the customer."""
    found = connection.execute(
        select(_HANDINGS.c.answered_at, _HANDINGS.c.ended_at)
        .join(CALLS, CALLS.c.id == _HANDINGS.c.call_row_id)
        .where(
            CALLS.c.call_id == call_id,
            _HANDINGS.c.kind == TransferKind.ATTENDED,
            _HANDINGS.c.result == TransferResult.ANSWERED,
            _HANDINGS.c.answered_at.is_not(None),
            _HANDINGS.c.ended_at.is_not(None),
        )
    )
    return tuple(Span(_epoch_ms(row.answered_at), _epoch_ms(row.ended_at)) for row in found)


def _epoch_ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def ended_calls(connection: Connection, call_ids: Iterable[str]) -> frozenset[str]:
    """Those of the calls that the journal knows and has closed."""
    found: set[str] = set()
    for part in _portions(call_ids):
        found.update(connection.scalars(_ENDED, {"names": part}))
    return frozenset(found)


def change(connection: Connection, entry: Entry, values: dict[str, Any]) -> Row[Any] | None:
    """Change the row only if it still is as we saw it, or as we made it. Its present `call_id` (calls may have been merged
    meanwhile) and `call_row_id`; None when nothing was changed."""
    guarded = update(RECORDINGS).where(
        RECORDINGS.c.id == entry.id,
        RECORDINGS.c.state == entry.state,
        RECORDINGS.c.attempts == entry.attempts,
    )
    changed = guarded.values(**values).returning(RECORDINGS.c.call_id, RECORDINGS.c.call_row_id)
    return connection.execute(changed).one_or_none()


def end_empty(connection: Connection, entries: Sequence[Entry], values: dict[str, Any]) -> list[Finished]:
    """As `finish` for rows that end alike and show nothing, in a statement for all that were seen alike."""
    mine: dict[int, int | None] = {}
    alike = defaultdict[tuple[RecordingState, int], list[int]](list)
    for entry in entries:
        alike[entry.state, entry.attempts].append(entry.id)
    for (state, attempts), ids in alike.items():
        seen = (RECORDINGS.c.id.in_(ids), RECORDINGS.c.state == state, RECORDINGS.c.attempts == attempts)
        ended = update(RECORDINGS).where(*seen).values(**values, attempts=attempts + 1)
        told = ended.returning(RECORDINGS.c.id, RECORDINGS.c.call_id, RECORDINGS.c.call_row_id)
        for row in connection.execute(told).all():
            mine[row.id] = row.call_row_id or join(connection, row.id, row.call_id)
    return [Finished(entry.id in mine, mine.get(entry.id) is not None) for entry in entries]


def finish(
    connection: Connection,
    claim: Entry,
    values: dict[str, Any],
    now: datetime,
    copies: Sequence[Copy] = (),
) -> Finished:
    """The row with its copies, the call's mark and its events."""
    row = change(connection, claim, values)
    if row is None:
        return Finished(is_mine=False)
    if copies:
        write_copies(connection, claim.id, copies, now)
    call_row_id = row.call_row_id or join(connection, claim.id, row.call_id)
    if call_row_id is None:
        return Finished(is_mine=True)
    if values["state"] is RecordingState.READY:
        show(connection, call_row_id, claim.id, values["error"], now)
    elif values["state"] is RecordingState.FAILED and values["due_at"] is None:
        tell(connection, call_row_id, claim.id, now, "recording-failed", code=values["error"])
    return Finished(is_mine=True, is_attached=True)


def write_copies(connection: Connection, recording_id: int, copies: Sequence[Copy], now: datetime) -> None:
    """These instead of those that stood there."""
    connection.execute(delete(COPIES).where(COPIES.c.recording_id == recording_id))
    values = [
        {
            "recording_id": recording_id,
            "format": one.format,
            "store": one.store,
            "path": one.path,
            "mime": one.mime,
            "size_bytes": one.size_bytes,
            "sha256": one.sha256,
            "at": now,
        }
        for one in copies
    ]
    connection.execute(insert(COPIES), values)


def copies_of(connection: Connection, entries: Sequence[Entry]) -> dict[int, tuple[Copy, ...]]:
    """By recording, the main copy first. A row of the time before there were copies has the one that it names."""
    found = defaultdict[int, list[Copy]](list)
    for row in connection.execute(_COPIES_OF, {"ids": [entry.id for entry in entries]}):
        found[row.recording_id].append(Copy(row.format, row.store, row.path, row.size_bytes, row.sha256))
    return {entry.id: _in_order(entry, found[entry.id]) for entry in entries}


def _in_order(entry: Entry, copies: Sequence[Copy]) -> tuple[Copy, ...]:
    if copies:
        return tuple(sorted(copies, key=lambda one: one.path != entry.path))
    return (main_copy(entry.path, entry.mime, entry.size_bytes, entry.sha256),) if entry.path else ()


def main_copy(path: str, mime: str, size_bytes: int, sha256: str) -> Copy:
    """The copy that a row of old names itself; such ones lie in the folder."""
    kind: AudioFormat = next((kind for kind, told in MIME.items() if told == mime), "mp3")
    return Copy(kind, "local", path, size_bytes, sha256)


def join(connection: Connection, recording_id: int, call_id: str) -> int | None:
    """Join a recording with its call when the call has a row; returns the call's row id."""
    call_row_id: int | None = connection.scalar(select(CALLS.c.id).where(CALLS.c.call_id == call_id))
    if call_row_id is not None:
        connection.execute(
            update(RECORDINGS).where(RECORDINGS.c.id == recording_id).values(call_row_id=call_row_id)
        )
    return call_row_id


def show(connection: Connection, call_row_id: int, recording_id: int, notes: str, now: datetime) -> None:
    """A playable one is shown by the call, with an event for each note."""
    connection.execute(update(CALLS).where(CALLS.c.id == call_row_id).values(has_recording=True))
    for note in filter(None, notes.split(",")):
        tell(connection, call_row_id, recording_id, now, f"recording-{note}")


def tell(
    connection: Connection, call_row_id: int, recording_id: int, at: datetime, kind: str, **data: Any
) -> None:
    """Add an event to the call's page."""
    line = {
        "call_row_id": call_row_id,
        "at": at,
        "kind": kind,
        "data": {"recording_id": recording_id, **data},
    }
    connection.execute(insert(_LINES).values(line))


def _portions(names: Iterable[str]) -> list[Sequence[str]]:
    wanted = sorted(set(names))
    return [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]


def _read(connection: Connection, which: ColumnElement[bool]) -> tuple[Entry, ...]:
    found = connection.execute(_ENTRIES.where(which).order_by(RECORDINGS.c.id).limit(_OPEN_LIMIT))
    return tuple(_entry(row) for row in found)


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        call_id=row.call_id,
        kind=RecordingKind(row.kind),
        base=row.base,
        state=RecordingState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        started_at=row.started_at,
        path=row.path,
        mime=row.mime,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        error=row.error,
        is_call_known=row.known_id is not None,
        call_ended_at=row.call_ended_at,
    )


_COLUMNS: Final = (
    *("id", "call_id", "kind", "base", "state", "attempts", "due_at", "started_at"),
    *("path", "mime", "size_bytes", "sha256", "error"),
)
_ENTRIES: Final = select(
    *(RECORDINGS.c[name] for name in _COLUMNS),
    CALLS.c.id.label("known_id"),
    CALLS.c.ended_at.label("call_ended_at"),
).outerjoin(CALLS, CALLS.c.call_id == RECORDINGS.c.call_id)
_COPIES_OF: Final = (
    select(*(COPIES.c[name] for name in ("recording_id", "format", "store", "path", "size_bytes", "sha256")))
    .where(COPIES.c.recording_id.in_(bindparam("ids", expanding=True)))
    .order_by(COPIES.c.id)
)
_ENDED: Final = select(CALLS.c.call_id).where(
    CALLS.c.call_id.in_(bindparam("names", expanding=True)), CALLS.c.ended_at.is_not(None)
)
