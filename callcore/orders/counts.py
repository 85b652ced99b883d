"""How many orders: by organisation, by region, by what is to be done."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.model import Viewer
from callcore.orders.list_conditions import is_overdue
from callcore.orders.model import OrderClass
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


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """Of this moment, as the tabs of the list count them: nobody works on it, a contact is owed, the term has passed."""

    open: int
    waiting: int
    overdue: int


async def order_counts(session: AsyncSession, viewer: Viewer, now: datetime) -> OrderCounts:
    scope = await reach_of(session, viewer)
    rows = await session.execute(
        select(OrderRow.status_class, func.count())
        .where(sees_order(scope), OrderRow.status_class.in_((OrderClass.OPEN, OrderClass.WAITING)))
        .group_by(OrderRow.status_class)
    )
    by_class = dict(rows.all())
    overdue = await session.scalar(select(func.count()).where(sees_order(scope), is_overdue(now)))
    return OrderCounts(
        by_class.get(OrderClass.OPEN.value, 0), by_class.get(OrderClass.WAITING.value, 0), overdue or 0
    )
