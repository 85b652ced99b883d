"""How many orders: by organisation, by region."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.model import Viewer
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow


async def orders_by_org(session: AsyncSession, viewer: Viewer, org_ids: Collection[int]) -> dict[int, int]:
    """Of those that the viewer may see; an organisation without orders is left out."""
    scope = await reach_of(session, viewer)
    rows = await session.execute(
        select(OrderRow.org_id, func.count())
        .where(OrderRow.org_id.in_(org_ids), sees_order(scope))
        .group_by(OrderRow.org_id)
    )
    return {org_id: count for org_id, count in rows if org_id is not None}


async def orders_by_region(session: AsyncSession, viewer: Viewer, since: datetime) -> dict[str, int]:
    """Orders and requests made since then that the viewer may see; regions without any are left out."""
    scope = await reach_of(session, viewer)
    rows = await session.execute(
        select(OrderRow.region_code, func.count())
        .where(OrderRow.created_at >= since, sees_order(scope))
        .group_by(OrderRow.region_code)
    )
    return {code: count for code, count in rows if code is not None}
