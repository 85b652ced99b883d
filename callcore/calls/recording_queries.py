"""Read side of recordings: one, those of a call, a page of them by filters and place."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import Direction, RecordingKind, RecordingState
from callcore.calls.queries import by_number, select_rows, to_rows
from callcore.calls.recording_tables import RecordingCopyRow, RecordingHoldRow
from callcore.calls.recording_views import (
    CopyView,
    Playable,
    RecordingFilter,
    RecordingLine,
    RecordingPage,
    Tab,
)
from callcore.calls.rights import Scope, orgs_under, scope_of
from callcore.calls.tables import CallRow, RecordingRow
from callcore.calls.views import JournalCursor, RecordingView
from callcore.kernel.errors import NotFound
from callcore.network.model import Role, Viewer

MAX_ROWS: Final = 100
DOWNLOADERS: Final = frozenset(
    {Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.DEALER_OWNER, Role.SUBDEALER}
)
_LISTED: Final = (
    RecordingState.READY,
    RecordingState.FAILED,
    RecordingState.DELETED,
    RecordingState.PENDING,
    RecordingState.PROCESSING,
)
_NO_FILTER: Final = RecordingFilter()


async def recording_for(session: AsyncSession, viewer: Viewer, recording_id: int) -> RecordingView:
    """Raises NotFound for what does not exist or may not be heard; one that belongs to no call is for staff."""
    return recording_view((await recording_row(session, viewer, recording_id))[0])


async def recording_row(
    session: AsyncSession, viewer: Viewer, recording_id: int
) -> tuple[RecordingRow, CallRow | None]:
    """As `recording_for`, with its call."""
    scope = await scope_of(session, viewer)
    row = await session.get(RecordingRow, recording_id)
    call = await session.get(CallRow, row.call_row_id) if row is not None and row.call_row_id else None
    if row is None or not (scope.is_whole or (call is not None and scope.covers(call.org_id))):
        raise NotFound("recording-not-found")
    return row, call


async def playable(session: AsyncSession, viewer: Viewer, recording_id: int) -> Playable:
    """Raises NotFound as `recording_for`, and for one that is not ready."""
    row, _ = await recording_row(session, viewer, recording_id)
    if row.state != RecordingState.READY:
        raise NotFound("recording-not-ready", state=row.state)
    return Playable(recording_view(row), await copies_of(session, row), viewer.role in DOWNLOADERS)


async def copies_of(session: AsyncSession, row: RecordingRow) -> tuple[CopyView, ...]:
    """The main one first. A row of the time before there were copies names its only file itself."""
    found = await session.scalars(
        select(RecordingCopyRow)
        .where(RecordingCopyRow.recording_id == row.id)
        .order_by(RecordingCopyRow.path != row.path, RecordingCopyRow.id)
    )
    copies = tuple(
        CopyView(
            format=one.format,
            store=one.store,
            path=one.path,
            mime=one.mime,
            size_bytes=one.size_bytes,
            sha256=one.sha256,
        )
        for one in found
    )
    if copies or not row.path:
        return copies
    kind = row.path.rpartition(".")[2]
    return (
        CopyView(
            format=kind,
            store="local",
            path=row.path,
            mime=row.mime,
            size_bytes=row.size_bytes,
            sha256=row.sha256,
        ),
    )


async def recordings_of_call(session: AsyncSession, call_row_id: int) -> tuple[RecordingView, ...]:
    rows = await session.scalars(
        select(RecordingRow).where(RecordingRow.call_row_id == call_row_id).order_by(RecordingRow.started_at)
    )
    return tuple(recording_view(row) for row in rows)


def recording_view(row: RecordingRow) -> RecordingView:
    """Of one that the viewer may hear."""
    return RecordingView(
        id=row.id,
        call_id=row.call_id,
        kind=row.kind,
        state=row.state,
        started_at=row.started_at,
        duration_ms=row.duration_ms,
        is_truncated=row.is_truncated,
        waveform=row.waveform,
        loudness_lufs=row.loudness_lufs,
        silence_share=row.silence_share,
        talk_share=row.talk_share,
        paused_ms=row.paused_ms,
        paused_at=row.paused_at,
        deleted_at=row.deleted_at,
        delete_reason=row.delete_reason,
    )


async def find_recordings(
    session: AsyncSession,
    viewer: Viewer,
    wanted: RecordingFilter = _NO_FILTER,
    *,
    after: str = "",
    before: str = "",
    limit: int = 25,
) -> RecordingPage:
    """Newest first, by the recording's own beginning. Raises Invalid for a wrong cursor, NotFound for who has nothing to
    do with calls."""
    scope = await scope_of(session, viewer)
    limit = max(1, min(limit, MAX_ROWS))
    place = JournalCursor.parse(after or before) if after or before else None
    is_back = bool(before) and not after
    query = _LINES.where(*await _conditions(session, scope, wanted))
    if place is not None:
        key, there = tuple_(RecordingRow.started_at, RecordingRow.id), tuple_(place.started_at, place.id)
        query = query.where(key > there if is_back else key < there)
    order = (RecordingRow.started_at, RecordingRow.id)
    query = query.order_by(*(one.asc() if is_back else one.desc() for one in order)).limit(limit + 1)
    found = (await session.execute(query)).all()
    lines = await _lines(session, scope, found[:limit])
    has_more = len(found) > limit
    if is_back:
        return _page(lines[::-1], has_older=bool(lines), has_newer=has_more)
    return _page(lines, has_older=has_more, has_newer=place is not None)


async def _lines(session: AsyncSession, scope: Scope, found: Sequence[Row[Any]]) -> tuple[RecordingLine, ...]:
    calls = await to_rows(session, scope, found)
    return tuple(
        RecordingLine(recording_view(row.RecordingRow), call, bool(row.is_held))
        for row, call in zip(found, calls, strict=True)
    )


def _page(lines: tuple[RecordingLine, ...], *, has_older: bool, has_newer: bool) -> RecordingPage:
    return RecordingPage(
        lines,
        next_cursor=_cursor(lines[-1]) if lines and has_older else "",
        previous_cursor=_cursor(lines[0]) if lines and has_newer else "",
    )


def _cursor(line: RecordingLine) -> str:
    return JournalCursor(line.recording.started_at, line.recording.id).encode()


def is_held() -> ColumnElement[bool]:
    """Somebody forbade to delete this RecordingRow."""
    return exists().where(
        RecordingHoldRow.recording_id == RecordingRow.id, RecordingHoldRow.released_at.is_(None)
    )


async def _conditions(
    session: AsyncSession, scope: Scope, wanted: RecordingFilter
) -> list[ColumnElement[bool]]:
    if wanted.org_id is not None:
        scope_of_choice = scope.narrowed(await orgs_under(session, wanted.org_id))
    else:
        scope_of_choice = scope
    return [
        scope_of_choice.calls(),
        *_of_tab(wanted.tab),
        *_by_value(wanted),
        *by_number(wanted.number, scope),
    ]


def _of_tab(tab: Tab) -> list[ColumnElement[bool]]:
    listed = RecordingRow.state.in_(_LISTED)
    if tab is Tab.VOICEMAIL:
        return [listed, RecordingRow.kind == RecordingKind.VOICEMAIL]
    is_out = CallRow.direction == Direction.OUTBOUND
    return [listed, RecordingRow.kind == RecordingKind.TALK, is_out if tab is Tab.OUTBOUND else ~is_out]


def _by_value(wanted: RecordingFilter) -> list[ColumnElement[bool]]:
    pairs: tuple[tuple[Any, Any], ...] = (
        (RecordingRow.started_at.__ge__, wanted.since),
        (RecordingRow.started_at.__lt__, wanted.until),
        (CallRow.user_id.__eq__, wanted.user_id),
        (CallRow.order_id.__eq__, wanted.order_id),
        (RecordingRow.duration_ms.__ge__, _ms(wanted.min_s)),
        (RecordingRow.duration_ms.__lt__, _ms(wanted.max_s)),
        (RecordingRow.silence_share.__ge__, wanted.min_silence),
        (RecordingRow.silence_share.__lt__, wanted.max_silence),
    )
    return [condition(value) for condition, value in pairs if value is not None]


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000


_LINES: Final = (
    select_rows()
    .join(RecordingRow, RecordingRow.call_row_id == CallRow.id)
    .add_columns(RecordingRow, is_held().label("is_held"))
)
