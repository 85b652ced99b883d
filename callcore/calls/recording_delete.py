"""Use case of the night: recordings whose term is over go, their rows tell why. Held ones stay, whoever asks.

Rows are changed before files are removed: a row that still names copies owes their removal, and the next round goes on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import RecordingState
from callcore.calls.recording_queries import copies_of, is_held
from callcore.calls.recording_retention import due_condition, fits_of, rules_of, which_rule
from callcore.calls.recording_tables import RecordingCopyRow
from callcore.calls.recording_views import CopyView
from callcore.calls.tables import CallRow, RecordingRow
from callcore.kernel import audit

AT_ONCE: Final = 100
DELETED: Final = "recording:deleted"


@dataclass(frozen=True, slots=True)
class Owed:
    """Copies whose files are to be removed now that their row says so."""

    recording_id: int
    copies: tuple[CopyView, ...]


async def mark_due(session: AsyncSession, now: datetime) -> int:
    """Mark the next ones whose term is over; returns how many. Call until it gives 0."""
    fits = await fits_of(session, await rules_of(session, active_only=True))
    if not fits:
        return 0
    joined = select(RecordingRow.id, which_rule(fits)).outerjoin(
        CallRow, CallRow.id == RecordingRow.call_row_id
    )
    due = (due_condition(fits, now), ~is_held())
    wanted = joined.where(*due).order_by(RecordingRow.started_at).limit(AT_ONCE)
    found = {recording_id: fits[place].rule for recording_id, place in (await session.execute(wanted)).all()}
    # A hold may be placed at this very moment: it locks the row first, and the statement after the lock sees it.
    locked = select(RecordingRow.id).where(RecordingRow.id.in_(found)).order_by(RecordingRow.id)
    _ = (await session.scalars(locked.with_for_update())).all()
    for row in (
        await session.scalars(
            select(RecordingRow).where(
                RecordingRow.id.in_(found), RecordingRow.state == RecordingState.READY, ~is_held()
            )
        )
    ).all():
        rule = found[row.id]
        await mark_deleted(session, row, reason=rule.title, now=now)
        audit.record(
            session,
            at=now,
            actor_id=None,
            action=DELETED,
            entity="recording",
            entity_id=row.id,
            rule=rule.title,
            days=rule.days,
            reason=rule.reason,
        )
    return len(found)


async def mark_deleted(session: AsyncSession, row: RecordingRow, *, reason: str, now: datetime) -> None:
    """What it was stays in the row: length, size, sum. A row of old gets its copy's row, so that the file is owed."""
    copies = await copies_of(session, row)
    if copies and not await session.scalar(
        select(RecordingCopyRow.id).where(RecordingCopyRow.recording_id == row.id).limit(1)
    ):
        (only,) = copies
        session.add(
            RecordingCopyRow(
                recording_id=row.id,
                format=only.format,
                store=only.store,
                path=only.path,
                mime=only.mime,
                size_bytes=only.size_bytes,
                sha256=only.sha256,
                at=now,
            )
        )
    row.state, row.deleted_at, row.delete_reason = RecordingState.DELETED, now, reason
    row.path, row.waveform, row.due_at = "", None, None
    await session.flush()
    if row.call_row_id is not None:
        others = select(RecordingRow.id).where(
            RecordingRow.call_row_id == row.call_row_id, RecordingRow.state == RecordingState.READY
        )
        if await session.scalar(others.limit(1)) is None:
            await session.execute(
                update(CallRow).where(CallRow.id == row.call_row_id).values(has_recording=False)
            )


async def owed_removals(session: AsyncSession, limit: int = AT_ONCE) -> tuple[Owed, ...]:
    rows = await session.scalars(
        select(RecordingRow)
        .where(RecordingRow.state == RecordingState.DELETED)
        .where(RecordingRow.id.in_(select(RecordingCopyRow.recording_id)))
        .order_by(RecordingRow.id)
        .limit(limit)
    )
    return tuple([Owed(row.id, await copies_of(session, row)) for row in rows.all()])


async def note_removed(session: AsyncSession, recording_id: int) -> None:
    """Its files are gone."""
    await session.execute(delete(RecordingCopyRow).where(RecordingCopyRow.recording_id == recording_id))
