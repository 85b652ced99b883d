"""Read side of orders: their numbers by id, for links from other rooms."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.model import Viewer
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow


async def order_numbers(session: AsyncSession, viewer: Viewer, ids: Collection[int]) -> dict[int, int]:
    """Number by id; those that do not exist, or of which this viewer may not know, are left out."""
    if not ids:
        return {}
    scope = await reach_of(session, viewer)
    found = await session.execute(
        select(OrderRow.id, OrderRow.number).where(OrderRow.id.in_(ids), sees_order(scope))
    )
    return {row.id: row.number for row in found}
