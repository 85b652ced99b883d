"""What became of the order of a call, as a condition on calls."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallRow
from callcore.network.model import Viewer
from callcore.orders.model import OrderResult
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow


async def order_became(session: AsyncSession, viewer: Viewer, result: OrderResult) -> ColumnElement[bool]:
    """True for calls whose order this viewer may know of and whose result is this one."""
    scope = await reach_of(session, viewer)
    return CallRow.order_id.in_(select(OrderRow.id).where(OrderRow.result == result.value, sees_order(scope)))
