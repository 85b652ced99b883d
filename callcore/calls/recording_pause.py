"""Use case: while card data are said, nothing is recorded. The recording keeps its length, with silence on both sides.

Whoever has to do with the call pauses and goes on; after a limit it goes on by itself, also after a restart. The row says
"paused" before the PBX is asked: a pause that was not carried out is taken back, one that was is never forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import CallState, LegRole, RecordingKind, RecordingState
from callcore.calls.pbx import Pbx
from callcore.calls.rights import scope_of
from callcore.calls.tables import CallEventRow, CallRow, LegRow, RecordingRow
from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DealerlineError, NotAllowedNow, NotFound, PbxUnavailable
from callcore.kernel.logs import get_logger
from callcore.network.model import Viewer

PAUSED: Final = "recording-paused"
RESUMED: Final = "recording-resumed"
_OWED: Final = (RecordingState.PENDING, RecordingState.PROCESSING)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Open:
    """A pause under way."""

    call_row_id: int
    channel: str
    since: datetime


class PauseRecording:
    """`pause` and `go_on` raise NotFound for a call that this viewer may not know of, NotAllowedNow("not-recorded") when
    nothing is being recorded, NotAllowedNow("pbx-refused") and PbxUnavailable when it was not carried out."""

    def __init__(self, database: Database, clock: Clock, pbx: Pbx, limit_s: float) -> None:
        self._database, self._clock, self._pbx = database, clock, pbx
        self._limit = timedelta(seconds=limit_s)
        self._open: dict[int, _Open] = {}

    async def start(self) -> None:
        """Pauses of the time before a restart go on being watched."""
        query = (
            select(RecordingRow, LegRow.uniqueid)
            .join(LegRow, LegRow.call_row_id == RecordingRow.call_row_id)
            .where(RecordingRow.paused_at.is_not(None), LegRow.role == LegRole.CUSTOMER)
            .where(RecordingRow.state.in_(_OWED))
        )
        async with self._database.session() as session:
            for row, channel in (await session.execute(query)).all():
                if row.call_row_id is not None and row.paused_at is not None:
                    self._open[row.id] = _Open(row.call_row_id, channel, row.paused_at)

    async def pause(self, viewer: Viewer, call_id: str) -> None:
        """A second press changes nothing."""
        async with self._database.transaction() as session:
            row, channel = await _recorded(session, viewer, call_id)
            if row.paused_at is not None or row.call_row_id is None:
                return
            now = row.paused_at = self._clock.now()
            _note(session, viewer, row, PAUSED, now)
            found = _Open(row.call_row_id, channel, now)
            recording_id = row.id
        try:
            await self._pbx.mute_recording(channel, is_muted=True)
        except DealerlineError:
            await self._close(recording_id, found.since)
            raise
        self._open[recording_id] = found

    async def go_on(self, viewer: Viewer, call_id: str) -> None:
        """A second press changes nothing."""
        async with self._database.session() as session:
            row, channel = await _recorded(session, viewer, call_id)
            if row.paused_at is None:
                return
            recording_id = row.id
        await self._pbx.mute_recording(channel, is_muted=False)
        await self._close(recording_id, self._clock.now(), viewer)

    async def keep(self) -> None:
        """For every second: pauses that lasted too long, or whose call is over, end. Asks the database only while one is
        under way."""
        for recording_id, found in list(self._open.items()):
            now = self._clock.now()
            ended_at = await self._ended_at(found)
            if ended_at is not None:
                await self._close(recording_id, ended_at)
            elif now - found.since >= self._limit and await self._is_heard_again(found):
                await self._close(recording_id, now)

    async def _is_heard_again(self, found: _Open) -> bool:
        try:
            await self._pbx.mute_recording(found.channel, is_muted=False)
        except PbxUnavailable:
            return False  # the next second again
        except NotAllowedNow:
            _log.warning("recording not resumed: its channel is gone", channel=found.channel)
        return True

    async def _ended_at(self, found: _Open) -> datetime | None:
        async with self._database.session() as session:
            ended: datetime | None = await session.scalar(
                select(CallRow.ended_at).where(CallRow.id == found.call_row_id)
            )
            return ended

    async def _close(self, recording_id: int, at: datetime, viewer: Viewer | None = None) -> None:
        self._open.pop(recording_id, None)
        async with self._database.transaction() as session:
            row = await session.get(RecordingRow, recording_id, with_for_update=True)
            if row is None or row.paused_at is None:
                return
            row.paused_ms += max(0, round((at - row.paused_at).total_seconds() * 1000))
            row.paused_at = None
            _note(session, viewer, row, RESUMED, at)


async def _recorded(session: AsyncSession, viewer: Viewer, call_id: str) -> tuple[RecordingRow, str]:
    """The recording under way and the channel that is recorded: the customer's."""
    scope = await scope_of(session, viewer)
    call = await session.scalar(select(CallRow).where(CallRow.call_id == call_id))
    if call is None or not scope.covers(call.org_id):
        raise NotFound("call-not-found")
    channel = await session.scalar(
        select(LegRow.uniqueid)
        .where(LegRow.call_row_id == call.id, LegRow.role == LegRole.CUSTOMER, LegRow.ended_at.is_(None))
        .order_by(LegRow.id)
        .limit(1)
    )
    row = await session.scalar(
        select(RecordingRow)
        .where(RecordingRow.call_row_id == call.id, RecordingRow.kind == RecordingKind.TALK)
        .where(RecordingRow.state.in_(_OWED))
        .order_by(RecordingRow.id.desc())
        .limit(1)
        .with_for_update()
    )
    if row is None or channel is None or call.state == CallState.ENDED:
        raise NotAllowedNow("not-recorded")
    return row, channel


def _note(session: AsyncSession, viewer: Viewer | None, row: RecordingRow, kind: str, at: datetime) -> None:
    """In the story of the call and in the audit; nobody stands there for what happened by itself."""
    data = {"recording_id": row.id, "paused_ms": row.paused_ms}
    session.add(CallEventRow(call_row_id=row.call_row_id, at=at, kind=kind, data=data))
    audit.record(
        session,
        at=at,
        actor_id=viewer.user_id if viewer is not None else None,
        action="recording:paused" if kind == PAUSED else "recording:resumed",
        entity="recording",
        entity_id=row.id,
        paused_ms=row.paused_ms,
    )
