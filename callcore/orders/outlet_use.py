"""Does anything of the past speak of an outlet?"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallRow, LegRow
from callcore.orders.tables import OrderRow


async def is_outlet_used(session: AsyncSession, outlet_id: int) -> bool:
    """By a call, a ring of its phones, or an order."""
    for table in (CallRow, LegRow, OrderRow):
        if await session.scalar(select(table.id).where(table.outlet_id == outlet_id).limit(1)) is not None:
            return True
    return False
