"""Use case: write down who listened to a recording."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from callcore.calls.tables import RecordingRow
from callcore.kernel import audit
from callcore.kernel.audit import AuditRow
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer

ENTITY: Final = "recording"
PLAYED: Final = "recording:played"
DOWNLOADED: Final = "recording:downloaded"
ONE_PLAY: Final = timedelta(minutes=10)  # a browser asks for many pieces of one recording


class PlayNotes:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def note_play(
        self, viewer: Viewer, recording_id: int, ip: str, *, is_download: bool = False
    ) -> bool:
        """One line per person, recording and ten minutes, however many pieces are asked for; a download is a line of
        its own. Rights were checked by whoever found the recording. Returns whether a line was written."""
        now = self._clock.now()
        action = DOWNLOADED if is_download else PLAYED
        recent = select(AuditRow.id).where(
            AuditRow.entity == ENTITY,
            AuditRow.entity_id == str(recording_id),
            AuditRow.action == action,
            AuditRow.actor_id == viewer.user_id,
            AuditRow.at > now - ONE_PLAY,
        )
        async with self._database.session() as session:
            if await session.scalar(recent.limit(1)) is not None:
                return False
        async with self._database.transaction() as session:
            # Pieces are asked for side by side: the row of the recording makes them come one after another.
            lock = select(RecordingRow.id).where(RecordingRow.id == recording_id).with_for_update()
            _ = await session.scalar(lock)
            if await session.scalar(recent.limit(1)) is not None:
                return False
            audit.record(
                session,
                at=now,
                actor_id=viewer.user_id,
                action=action,
                entity=ENTITY,
                entity_id=recording_id,
                ip=ip,
            )
        return True
