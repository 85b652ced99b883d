"""Use case: a run of the distribution: candidates, their windows, the explanation. Runs in the caller's transaction."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.windows import Window, close_windows, open_windows
from callcore.network.model import OrgKind, OrgState
from callcore.network.tables import OrgRegionRow, OrgRow
from callcore.orders.attention import attention_at
from callcore.orders.model import OrderEventKind, status_of
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

AVAILABLE = status_of("available")


async def distribute(
    session: AsyncSession,
    order: OrderRow,
    settings: OrderSettings,
    *,
    now: datetime,
    actor_id: int | None = None,
) -> None:
    """Earlier windows are withdrawn. The row is locked by the caller or new."""
    serves = select(OrgRegionRow.org_id).where(OrgRegionRow.region_code == order.region_code)
    orgs = await session.scalars(
        select(OrgRow.id).where(
            OrgRow.kind != OrgKind.MANUFACTURER.value,
            OrgRow.state == OrgState.ACTIVE.value,
            OrgRow.is_authorised,
            OrgRow.takes_site_orders,
            or_(OrgRow.region_code == order.region_code, OrgRow.id.in_(serves)),
        )
    )
    order.run, order.offered_at = order.run + 1, now
    order.status, order.status_class = AVAILABLE.code, AVAILABLE.status_class.value
    order.attention_at = attention_at(order, settings)
    await session.flush()
    await close_windows(session, order.id, now=now)
    windows = [Window(org_id, "base", now) for org_id in orgs]
    await open_windows(session, order.id, order.run, windows, now=now)
    _ = await add_event(session, order.id, OrderEventKind.OFFERED, at=now, actor_id=actor_id, data={})
