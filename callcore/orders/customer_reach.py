"""Which customers a viewer may know of, and change: the one place that every page of customers asks.

Staff knows all. A dealer knows those who have an order of his own organisation or of one below it, and those whom he
brought in himself; foreign ids do not exist for him.
"""

from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope
from callcore.customers.tables import CustomerClaimRow, CustomerRow
from callcore.kernel.errors import Forbidden, NotFound
from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderRow

CHANGERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR})
MERGERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})
FORGETTERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
CONSENT_WRITERS: Final = CHANGERS | DEALER_ROLES


def knows_customer(scope: Scope) -> ColumnElement[bool]:
    """A condition on CustomerRow; who was merged into another lives on there."""
    alive = CustomerRow.merged_into_id.is_(None)
    return alive if scope.is_whole else and_(alive, _is_own(scope))


def _is_own(scope: Scope) -> ColumnElement[bool]:
    if scope.org_ids is None:
        return true()
    orders = select(OrderRow.customer_id).where(sees_order(scope))
    # one whom the dealer brought in: the customer is as old as the claim
    brought = select(CustomerClaimRow.customer_id).where(
        CustomerClaimRow.org_id.in_(sorted(scope.org_ids)),
        CustomerClaimRow.released_at.is_(None),
        CustomerClaimRow.at == CustomerRow.created_at,
    )
    return or_(CustomerRow.id.in_(orders), CustomerRow.id.in_(brought))


async def known_customer(session: AsyncSession, viewer: Viewer, customer_id: int) -> CustomerRow:
    """Raises NotFound."""
    scope = await reach_of(session, viewer)
    row = await session.scalar(
        select(CustomerRow)
        .where(CustomerRow.id == customer_id, knows_customer(scope))
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("customer-not-found")
    return row


async def customer_to_change(
    session: AsyncSession, viewer: Viewer, customer_id: int, who: frozenset[Role] = CHANGERS
) -> CustomerRow:
    """Raises NotFound for whom he may not know and for one who was forgotten, Forbidden."""
    row = await known_customer(session, viewer, customer_id)
    if viewer.role not in who:
        raise Forbidden("may-not-change-customer")
    if row.anonymised_at is not None:
        raise NotFound("customer-forgotten")
    return row
