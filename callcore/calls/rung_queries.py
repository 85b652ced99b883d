"""Which rung carried the last calls: whether the application is truly there when the PBX asks."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import Direction
from callcore.calls.tables import CallRow


async def last_rungs(session: AsyncSession, count: int) -> tuple[str, ...]:
    """CallRow.route of the last inbound calls, newest first; empty text for one that reached no rung."""
    rows = await session.scalars(
        select(CallRow.route)
        .where(CallRow.direction == Direction.INBOUND)
        .order_by(CallRow.id.desc())
        .limit(count)
    )
    return tuple(rows)
