"""Read side: one recording with all that hangs on it, and the comparisons of rows and files."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import RecordingState
from callcore.calls.note_play import DOWNLOADED, ENTITY, PLAYED
from callcore.calls.queries import select_rows, to_rows
from callcore.calls.recording_holds import HOLDERS, RELEASERS, open_hold
from callcore.calls.recording_queries import DOWNLOADERS, copies_of, recording_row, recording_view
from callcore.calls.recording_retention import rule_for
from callcore.calls.recording_tables import RecordingCheckRow, RecordingCopyRow
from callcore.calls.recording_views import CheckView, HoldView, PlayView, RecordingCard
from callcore.calls.rights import scope_of
from callcore.calls.tables import CallRow, RecordingRow
from callcore.calls.views import JournalRow
from callcore.kernel import audit
from callcore.kernel.audit import AuditRow
from callcore.kernel.errors import Forbidden, NotAllowedNow, NotFound
from callcore.network.model import Role, Viewer
from callcore.network.tables import UserRow

PLAY_READERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})
CHECKERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
MAX_PLAYS: Final = 100
MAX_CHECKS: Final = 20


async def recording_card(session: AsyncSession, viewer: Viewer, recording_id: int) -> RecordingCard:
    """Raises NotFound for what does not exist or may not be heard."""
    row, call = await recording_row(session, viewer, recording_id)
    hold = await open_hold(session, recording_id)
    holder = await session.get(UserRow, hold.user_id) if hold is not None and hold.user_id else None
    rule = await rule_for(session, recording_id) if viewer.is_staff else None
    is_there = row.state != RecordingState.DELETED
    sees_plays = viewer.role in PLAY_READERS
    return RecordingCard(
        recording=recording_view(row),
        call=await _call(session, viewer, call),
        copies=await copies_of(session, row) if viewer.is_staff else (),
        hold=HoldView(hold.reason, hold.at, holder.full_name if holder else "")
        if hold is not None and viewer.is_staff
        else None,
        plays=await _plays(session, recording_id) if sees_plays else (),
        may_see_plays=sees_plays,
        may_hold=is_there and hold is None and viewer.role in HOLDERS,
        may_release=hold is not None and viewer.role in RELEASERS,
        may_download=viewer.role in DOWNLOADERS,
        kept_until=row.started_at + timedelta(days=rule.days) if rule is not None and rule.days else None,
        rule_title=rule.title if rule is not None else "",
    )


async def _call(session: AsyncSession, viewer: Viewer, call: CallRow | None) -> JournalRow | None:
    if call is None:
        return None
    scope = await scope_of(session, viewer)
    found = (await session.execute(select_rows().where(CallRow.id == call.id))).all()
    return (await to_rows(session, scope, found))[0]


async def _plays(session: AsyncSession, recording_id: int) -> tuple[PlayView, ...]:
    found = await session.execute(
        select(AuditRow.at, AuditRow.ip, AuditRow.action, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == AuditRow.actor_id)
        .where(
            AuditRow.entity == ENTITY,
            AuditRow.entity_id == str(recording_id),
            AuditRow.action.in_((PLAYED, DOWNLOADED)),
        )
        .order_by(AuditRow.at.desc(), AuditRow.id.desc())
        .limit(MAX_PLAYS)
    )
    return tuple(PlayView(row.at, row.full_name or "", row.ip, row.action == DOWNLOADED) for row in found)


async def last_checks(session: AsyncSession, viewer: Viewer) -> tuple[CheckView, ...]:
    """Newest first. Raises Forbidden."""
    if viewer.role not in CHECKERS:
        raise Forbidden("not-checker")
    rows = await session.scalars(
        select(RecordingCheckRow)
        .order_by(RecordingCheckRow.at.desc(), RecordingCheckRow.id.desc())
        .limit(MAX_CHECKS)
    )
    return tuple(_check(row) for row in rows)


async def note_check(session: AsyncSession, viewer: Viewer, *, now: datetime) -> None:
    """Somebody has a comparison made. Raises Forbidden."""
    if viewer.role not in CHECKERS:
        raise Forbidden("not-checker")
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="recording:compared",
        entity="recordings",
        entity_id="all",
    )


async def note_file_forgotten(
    session: AsyncSession, viewer: Viewer, store: str, path: str, *, now: datetime
) -> None:
    """An administrator removes a file that belongs to nothing. Raises Forbidden, NotFound for one that no report named,
    NotAllowedNow("file-known") for one of which a row speaks."""
    if viewer.role is not Role.ADMIN:
        raise Forbidden("not-editor")
    checks = await last_checks(session, viewer)
    named = ((one["code"], one["store"], one["path"]) for check in checks for one in check.findings)
    if ("file-unknown", store, path) not in named:
        raise NotFound("file-not-named")
    rows = select(RecordingRow.id).where(RecordingRow.path == path)
    copies = select(RecordingCopyRow.id).where(RecordingCopyRow.path == path)
    if (await session.scalar(rows)) is not None or (await session.scalar(copies.limit(1))) is not None:
        raise NotAllowedNow("file-known")
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="recording:file-removed",
        entity="recordings",
        entity_id="all",
        store=store,
        path=path,
    )


def _check(row: RecordingCheckRow) -> CheckView:
    body: dict[str, Any] = row.body
    return CheckView(
        id=row.id,
        at=row.at,
        ended_at=row.ended_at,
        rows=row.rows,
        files=row.files,
        problems=row.problems,
        findings=tuple(body.get("findings", ())),
        error=str(body.get("error", "")),
    )
