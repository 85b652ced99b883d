"""Use case: a recording may not be deleted, with a written reason; and may again, with another one."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import RecordingState
from callcore.calls.recording_queries import recording_row
from callcore.calls.recording_tables import RecordingHoldRow
from callcore.calls.tables import RecordingRow
from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Forbidden, Invalid, NotAllowedNow
from callcore.network.model import Role, Viewer

HOLDERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})
RELEASERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
MAX_REASON_CHARS: Final = 500


async def hold_recording(
    session: AsyncSession, viewer: Viewer, recording_id: int, reason: str, *, now: datetime
) -> None:
    """Raises NotFound, Forbidden, Invalid (reason), NotAllowedNow: recording-deleted, recording-held."""
    _ = await recording_row(session, viewer, recording_id)
    if viewer.role not in HOLDERS:
        raise Forbidden("not-holder")
    reason = _checked(reason)
    row = await session.get_one(RecordingRow, recording_id, with_for_update=True, populate_existing=True)
    if row.state == RecordingState.DELETED:
        raise NotAllowedNow("recording-deleted")
    # One open hold a recording: a second press finds the first.
    values = {"recording_id": recording_id, "reason": reason, "at": now, "user_id": int(viewer.user_id)}
    if not await insert_unless_exists(session, RecordingHoldRow, **values, release_reason=""):
        raise NotAllowedNow("recording-held")
    _note(session, viewer, recording_id, "recording:held", reason, now)


async def release_recording(
    session: AsyncSession, viewer: Viewer, recording_id: int, reason: str, *, now: datetime
) -> None:
    """Raises NotFound, Forbidden, Invalid (reason), NotAllowedNow("recording-not-held")."""
    _ = await recording_row(session, viewer, recording_id)
    if viewer.role not in RELEASERS:
        raise Forbidden("not-releaser")
    reason = _checked(reason)
    hold = await open_hold(session, recording_id)
    if hold is None:
        raise NotAllowedNow("recording-not-held")
    hold.released_at, hold.released_by, hold.release_reason = now, int(viewer.user_id), reason
    _note(session, viewer, recording_id, "recording:released", reason, now)


async def open_hold(session: AsyncSession, recording_id: int) -> RecordingHoldRow | None:
    return await session.scalar(
        select(RecordingHoldRow).where(
            RecordingHoldRow.recording_id == recording_id, RecordingHoldRow.released_at.is_(None)
        )
    )


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if not 5 <= len(reason) <= MAX_REASON_CHARS:
        raise Invalid("fields-wrong", fields={"reason": "reason-length"})
    return reason


def _note(
    session: AsyncSession, viewer: Viewer, recording_id: int, action: str, reason: str, now: datetime
) -> None:
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action=action,
        entity="recording",
        entity_id=recording_id,
        reason=reason,
    )
