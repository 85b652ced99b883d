"""Who may see which order, customer and number: one place, used by every query of this room.

Staff sees all. A dealer's people see what belongs to their organisation and to those below it; a customer's number only
after a proven talk between that customer and one of their phones. Other roles see nothing.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, exists, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import PROVEN_TALK_S
from callcore.calls.tables import CallRow
from callcore.customers.tables import CustomerRow
from callcore.network.model import DEALER_ROLES, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.tables import OrderRow


def orgs_of(viewer: Viewer) -> Select[int]:
    return select(OrgRow.id).where(OrgRow.path.startswith(viewer.org_path, autoescape=True))


def sees_order(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on OrderRow."""
    if viewer.is_staff:
        return true()
    return OrderRow.org_id.in_(orgs_of(viewer)) if viewer.role in DEALER_ROLES else false()


def hears_call(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on CallRow: its recordings. A dealer hears what his own people said."""
    if viewer.is_staff:
        return true()
    return CallRow.org_id.in_(orgs_of(viewer)) if viewer.role in DEALER_ROLES else false()


def has_talked(viewer: Viewer, customer_id: ColumnElement[int]) -> ColumnElement[bool]:
    """A condition on a column of customers' ids: that one has really talked with this dealer's people."""
    return exists().where(
        CallRow.customer_id == customer_id, CallRow.talk_s >= PROVEN_TALK_S, hears_call(viewer)
    )


async def shown_customers(session: AsyncSession, viewer: Viewer, ids: Collection[int]) -> frozenset[int]:
    """Those of `ids` whose number the viewer may see."""
    if viewer.is_staff or not ids:
        return frozenset(ids)
    wanted = CustomerRow.id.in_(ids), has_talked(viewer, CustomerRow.id.expression)
    return frozenset(await session.scalars(select(CustomerRow.id).where(*wanted)))
