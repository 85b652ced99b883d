"""Notices of one person: the list, how many are unread, what was read. Everybody sees only the own ones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.bus import Audience
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotFound
from callcore.messaging.events import NoticesChanged
from callcore.messaging.tables import NoticeRow
from callcore.network.model import Viewer

MAX_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class NoticeView:
    id: int
    topic: str
    level: str
    title: str
    body: str
    url: str
    at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Newest first; `next_after` asks for older ones."""

    items: tuple[NoticeView, ...]
    next_after: int | None


async def find_notices(
    session: AsyncSession,
    viewer: Viewer,
    *,
    unread_only: bool = False,
    after: int | None = None,
    limit: int = 25,
) -> NoticePage:
    limit = max(1, min(limit, MAX_ROWS))
    query = select(NoticeRow).where(NoticeRow.user_id == viewer.user_id)
    if unread_only:
        query = query.where(NoticeRow.read_at.is_(None))
    if after is not None:
        query = query.where(NoticeRow.id < after)
    rows = list(await session.scalars(query.order_by(NoticeRow.id.desc()).limit(limit + 1)))
    items = tuple(
        NoticeView(
            row.id, row.topic, row.level, row.title, row.body, row.url, row.at, row.read_at is not None
        )
        for row in rows[:limit]
    )
    return NoticePage(items, items[-1].id if len(rows) > limit else None)


async def unread_count(session: AsyncSession, viewer: Viewer) -> int:
    found = await session.scalar(
        select(func.count())
        .select_from(NoticeRow)
        .where(NoticeRow.user_id == viewer.user_id, NoticeRow.read_at.is_(None))
    )
    return int(found or 0)


class ReadNotices:
    """Each returns the fact to publish after the commit. No audit: nobody else's business."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def mark(
        self, viewer: Viewer, notice_id: int, *, is_read: bool = True
    ) -> tuple[NoticesChanged, str]:
        """Also returns where the notice leads. Raises NotFound for what is not this person's."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            row = await session.scalar(
                select(NoticeRow).where(NoticeRow.id == notice_id, NoticeRow.user_id == viewer.user_id)
            )
            if row is None:
                raise NotFound("notice-not-found")
            row.read_at = (row.read_at or now) if is_read else None
        return self._news(viewer, now), row.url

    async def mark_all(self, viewer: Viewer) -> NoticesChanged:
        now = self._clock.now()
        async with self._database.transaction() as session:
            await session.execute(
                update(NoticeRow)
                .where(NoticeRow.user_id == viewer.user_id, NoticeRow.read_at.is_(None))
                .values(read_at=now)
            )
        return self._news(viewer, now)

    def _news(self, viewer: Viewer, now: datetime) -> NoticesChanged:
        return NoticesChanged(at=now, audience=Audience(user_ids=frozenset({viewer.user_id})))
