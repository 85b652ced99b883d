"""An order that nobody is left for: to the department that distributes by hand. Runs in the caller's transaction."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.pipeline import Word
from callcore.distribution.windows import Window, open_windows
from callcore.kernel import outbox
from callcore.network.model import OrgState
from callcore.network.tables import OrgRow
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderRow


async def send_to_desk(
    session: AsyncSession, order: OrderRow, settings: OrderSettings, *, now: datetime
) -> None:
    """It is a problem from now on. Where the department is an organisation of its own, it sees the order among those that
    it may take."""
    order.attention_at = now
    await session.flush()
    desk = await session.get(OrgRow, settings.desk_org_id) if settings.desk_org_id else None
    if desk is not None and desk.state == OrgState.ACTIVE:
        await open_windows(session, order.id, order.run, [Window(desk.id, Word.DESK, now)], now=now)
    _ = await outbox.put(
        session, "order:desk", at=now, dedupe_key=f"order:desk:{order.id}:{order.run}", order_id=order.id
    )
