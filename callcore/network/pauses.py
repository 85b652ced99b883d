"""Pauses of people: who takes no calls now, and why."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.staff_tables import PauseRow


@dataclass(frozen=True, slots=True)
class Pause:
    """`until` None: until the person ends it."""

    user_id: int
    reason: str
    started_at: datetime
    until: datetime | None


async def open_pauses(session: AsyncSession, now: datetime) -> dict[int, Pause]:
    """By user id."""
    rows = await session.scalars(
        select(PauseRow).where(
            PauseRow.ended_at.is_(None), or_(PauseRow.until.is_(None), PauseRow.until > now)
        )
    )
    return {row.user_id: Pause(row.user_id, row.reason, row.started_at, row.until) for row in rows}
