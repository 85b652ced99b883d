"""Read side of orders for other rooms: numbers and briefs by id, ids by number."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.model import Viewer
from callcore.orders.queries import briefs_where, to_briefs
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow
from callcore.orders.views import OrderBrief


async def order_numbers(session: AsyncSession, viewer: Viewer, ids: Collection[int]) -> dict[int, int]:
    """Number by id; those that do not exist, or of which this viewer may not know, are left out."""
    if not ids:
        return {}
    scope = await reach_of(session, viewer)
    found = await session.execute(
        select(OrderRow.id, OrderRow.number).where(OrderRow.id.in_(ids), sees_order(scope))
    )
    return {row.id: row.number for row in found}


async def order_id_of(session: AsyncSession, viewer: Viewer, number: int) -> int | None:
    """None for what does not exist, or of which this viewer may not know."""
    scope = await reach_of(session, viewer)
    found: int | None = await session.scalar(
        select(OrderRow.id).where(OrderRow.number == number, sees_order(scope))
    )
    return found


async def briefs_by_id(session: AsyncSession, viewer: Viewer, ids: Collection[int]) -> dict[int, OrderBrief]:
    """Those of which this viewer may know."""
    scope = await reach_of(session, viewer)
    rows = (await session.execute(briefs_where(scope, OrderRow.id.in_(ids)))).all()
    return {brief.id: brief for brief in await to_briefs(session, scope, rows)}


async def ids_of_number(session: AsyncSession, viewer: Viewer, number: int) -> tuple[int, ...]:
    """One, or none when this viewer may not know of it."""
    scope = await reach_of(session, viewer)
    query = select(OrderRow.id).where(OrderRow.number == number, sees_order(scope))
    return tuple(await session.scalars(query))
