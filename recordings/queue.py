"""The rows of recordings as a queue: whoever takes one bumps `attempts`, and only the holder of the newest attempt may end it.

So two workers never end the same row twice, and a killed one's row is free again when its lease (`due_at`) has passed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import RecordingKind, RecordingState
from callcore.calls.tables import CallEventRow, CallRow, RecordingRow
from callcore.kernel.database import Database
from recordings.model import Converted, Failed, RecordingSettings, Silent
from recordings.names import call_id_of

_OPEN_LIMIT = 500
_AT_ONCE = 400
_SETTLE_AFTER = timedelta(seconds=2)


_Rows = Select[RecordingRow, int, datetime | None]


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
    size_bytes: int
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


class RecordingQueue:
    def __init__(self, database: Database, settings: RecordingSettings) -> None:
        self._database = database
        self._settings = settings

    async def open_entries(self) -> tuple[Entry, ...]:
        """Rows to which a file is still owed, oldest first."""
        waiting = RecordingRow.state.in_((RecordingState.PENDING, RecordingState.PROCESSING))
        again = and_(RecordingRow.state == RecordingState.FAILED, RecordingRow.due_at.is_not(None))
        return await self._read(_entries().where(or_(waiting, again)).limit(_OPEN_LIMIT))

    async def entries_of(self, bases: Iterable[str]) -> tuple[Entry, ...]:
        """Rows of these bases in any state."""
        wanted = sorted(set(bases))
        found: list[Entry] = []
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            found += await self._read(_entries().where(RecordingRow.base.in_(part)))
        return tuple(found)

    async def ended_calls(self, call_ids: Iterable[str]) -> frozenset[str]:
        """Those of the calls that the journal knows and has closed."""
        wanted = sorted(set(call_ids))
        found: set[str] = set()
        async with self._database.session() as session:
            for start in range(0, len(wanted), _AT_ONCE):
                part = CallRow.call_id.in_(wanted[start : start + _AT_ONCE])
                found.update(
                    await session.scalars(select(CallRow.call_id).where(part, CallRow.ended_at.is_not(None)))
                )
        return frozenset(found)

    async def entries_after(self, last_id: int, state: RecordingState) -> tuple[Entry, ...]:
        """A page of rows in one state, by id, for the nightly comparison."""
        query = _entries().where(RecordingRow.state == state, RecordingRow.id > last_id)
        return await self._read(query.limit(_OPEN_LIMIT))

    async def known_paths(self, folder: str) -> frozenset[str]:
        """Paths of all rows whose file lies in one folder, e.g. `2025/11/22`."""
        async with self._database.session() as session:
            rows = await session.scalars(
                select(RecordingRow.path).where(RecordingRow.path.startswith(f"{folder}/", autoescape=True))
            )
            return frozenset(rows)

    async def adopt(self, base: str, kind: RecordingKind, started_at: datetime) -> None:
        """Make the row of files that nobody announced. A row that appeared meanwhile stays as it is."""
        row = RecordingRow(
            call_id=call_id_of(base),
            kind=kind,
            base=base,
            state=RecordingState.PENDING,
            started_at=started_at,
        )
        try:
            async with self._database.transaction() as session:
                session.add(row)
        except IntegrityError:
            return

    async def claim(self, entry: Entry, now: datetime) -> Entry | None:
        """Take a row; None when somebody else was quicker."""
        attempts = entry.attempts + 1
        mine = await self._change(
            entry,
            state=RecordingState.PROCESSING,
            attempts=attempts,
            due_at=now + timedelta(seconds=self._settings.lease_s),
        )
        return replace(entry, state=RecordingState.PROCESSING, attempts=attempts) if mine else None

    async def renew(self, claim: Entry, now: datetime) -> bool:
        """Prolong the lease; false when the row is no longer ours."""
        return await self._change(claim, due_at=now + timedelta(seconds=self._settings.lease_s))

    async def release(self, claim: Entry) -> None:
        """Give a row back undone, at a graceful stop."""
        await self._change(claim, state=RecordingState.PENDING, attempts=claim.attempts, due_at=None)

    async def restart(self, entry: Entry) -> bool:
        """Begin anew, with all attempts, a row whose originals are still there."""
        return await self._change(
            entry, state=RecordingState.PENDING, attempts=0, due_at=None, path="", error=""
        )

    async def finish_ready(
        self, claim: Entry, made: Converted, path: PurePosixPath, now: datetime
    ) -> Finished:
        """The row, the call's mark and its events in one transaction."""
        values: dict[str, Any] = {
            "state": RecordingState.READY,
            "path": str(path),
            "mime": made.mime,
            "size_bytes": made.size_bytes,
            "sha256": made.sha256,
            "duration_ms": made.duration_ms,
            "waveform": {"customer": list(made.waveform.customer), "ours": list(made.waveform.ours)},
            "error": ",".join(made.notes),
            "due_at": now + _SETTLE_AFTER,
        }
        return await self._finish(claim, values, now)

    async def finish_empty(self, claim: Entry, silent: Silent, now: datetime) -> Finished:
        values = {
            "state": RecordingState.EMPTY,
            "duration_ms": silent.duration_ms,
            "error": "",
            "due_at": now + _SETTLE_AFTER,
        }
        return await self._finish(claim, values, now)

    async def finish_failed(self, claim: Entry, failed: Failed, now: datetime) -> Finished:
        """Plan the next attempt, or give up and tell it in the call."""
        is_last = not failed.code.is_curable or claim.attempts >= self._settings.max_attempts
        values = {
            "state": RecordingState.FAILED,
            "error": failed.code.value,
            "due_at": None if is_last else now + self._settings.retry_after(claim.attempts),
        }
        return await self._finish(claim, values, now)

    async def lose_file(self, entry: Entry, now: datetime) -> None:
        """A finished row whose file is gone, with no original to make it from again."""
        values = {"state": RecordingState.FAILED, "error": "file-missing", "due_at": None}
        await self._finish(entry, values, now)

    async def counts(self) -> tuple[int, int]:
        """Rows that wait or are at work, and rows given up."""
        query = select(RecordingRow.state, func.count()).group_by(RecordingRow.state)
        query = query.where(
            RecordingRow.state.in_((RecordingState.PENDING, RecordingState.PROCESSING, RecordingState.FAILED))
        )
        async with self._database.session() as session:
            rows = await session.execute(query)
            by_state = {state: int(count) for state, count in rows}
        failed = by_state.pop(RecordingState.FAILED, 0)
        return sum(by_state.values()), failed

    async def _read(self, query: _Rows) -> tuple[Entry, ...]:
        async with self._database.session() as session:
            rows = await session.execute(query.order_by(RecordingRow.id))
            return tuple(_entry(row, call_row_id, ended_at) for row, call_row_id, ended_at in rows)

    async def _change(self, entry: Entry, **values: Any) -> bool:
        async with self._database.transaction() as session:
            return await _guarded(session, entry, values) is not None

    async def _finish(self, claim: Entry, values: dict[str, Any], now: datetime) -> Finished:
        async with self._database.transaction() as session:
            call_id = await _guarded(session, claim, values)
            if call_id is None:
                return Finished(is_mine=False)
            call_row_id = await attach(session, claim.id, call_id, values["state"], values["error"], now)
            if call_row_id and values["state"] is RecordingState.FAILED and values["due_at"] is None:
                tell(session, call_row_id, claim.id, now, "recording-failed", code=values["error"])
            return Finished(is_mine=True, is_attached=call_row_id is not None)


async def attach(
    session: AsyncSession, recording_id: int, call_id: str, state: str, notes: str, now: datetime
) -> int | None:
    """Join a recording with its call when the call has a row; returns the call's row id. A playable one is shown by
    the call, with an event for each note."""
    call_row_id = await session.scalar(select(CallRow.id).where(CallRow.call_id == call_id))
    if call_row_id is None:
        return None
    await session.execute(
        update(RecordingRow).where(RecordingRow.id == recording_id).values(call_row_id=call_row_id)
    )
    if state == RecordingState.READY:
        await session.execute(update(CallRow).where(CallRow.id == call_row_id).values(has_recording=True))
        for note in filter(None, notes.split(",")):
            tell(session, call_row_id, recording_id, now, f"recording-{note}")
    return call_row_id


def tell(
    session: AsyncSession, call_row_id: int, recording_id: int, at: datetime, kind: str, **data: Any
) -> None:
    """Add an event to the call's page in the present transaction."""
    session.add(
        CallEventRow(call_row_id=call_row_id, at=at, kind=kind, data={"recording_id": recording_id, **data})
    )


async def _guarded(session: AsyncSession, entry: Entry, values: dict[str, Any]) -> str | None:
    """Change the row only if it still is as we saw it, or as we made it. Its present call id (calls may have been merged
    meanwhile), None when nothing was changed."""
    call_id: str | None = await session.scalar(
        update(RecordingRow)
        .where(
            RecordingRow.id == entry.id,
            RecordingRow.state == entry.state,
            RecordingRow.attempts == entry.attempts,
        )
        .values(**values)
        .returning(RecordingRow.call_id)
        .execution_options(synchronize_session=False)
    )
    return call_id


def _entries() -> _Rows:
    query = select(RecordingRow, CallRow.id, CallRow.ended_at)
    return query.outerjoin(CallRow, CallRow.call_id == RecordingRow.call_id)


def _entry(row: RecordingRow, call_row_id: int | None, ended_at: datetime | None) -> Entry:
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
        size_bytes=row.size_bytes,
        error=row.error,
        is_call_known=call_row_id is not None,
        call_ended_at=ended_at,
    )
