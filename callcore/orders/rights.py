"""Who may see which order and which number: the one place that every read path asks.

Staff sees all. A dealer's people see what belongs to their organisation and to those below it, and what is offered to one
of these at this moment; a number only after it has really talked with one of theirs. Other roles see nothing. What is
offered is a function of time over stored windows: nothing has to happen for one to open.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope, may_be_shown, scope_of
from callcore.network.model import DEALER_ROLES, OrderAccess, OrgState, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import OWN_STAGES, OrderClass
from callcore.orders.tables import OrderRow


@dataclass(frozen=True, slots=True)
class OrderReach:
    """What one viewer reaches at `now`. Each method is a condition on OrderRow. `only_own_site`: of what is offered only
    orders of the dealer's own site."""

    scope: Scope
    now: datetime
    sees_available: bool
    is_suspended: bool = False
    only_own_site: bool = False

    def own(self) -> ColumnElement[bool]:
        """Belongs to his organisation or to one below; all for staff."""
        return sees_order(self.scope)

    def available(self) -> ColumnElement[bool]:
        """May be taken now: for a dealer what is offered to him, for staff what is offered to anybody."""
        is_open = and_(OrderRow.status_class == OrderClass.OPEN.value, OrderRow.deleted_at.is_(None))
        if self.scope.is_whole:
            return and_(is_open, OrderRow.offered_at.is_not(None))
        if not self.sees_available:
            return false()
        return and_(is_open, OrderRow.id.in_(select(self._windows().c.order_id)))

    def visible(self) -> ColumnElement[bool]:
        """Exists for this viewer at all."""
        return self.own() if self.scope.is_whole else or_(self.own(), self.available())

    def _windows(self) -> Any:
        own_site = OrderWindowRow.stage.in_(OWN_STAGES) if self.only_own_site else true()
        return (
            select(OrderWindowRow.order_id)
            .where(
                OrderWindowRow.org_id.in_(sorted(self.scope.org_ids or ())),
                OrderWindowRow.closed_at.is_(None),
                OrderWindowRow.opens_at <= self.now,
                own_site,
            )
            .subquery()
        )


async def order_reach(session: AsyncSession, viewer: Viewer, now: datetime) -> OrderReach:
    """Nothing is offered to a dealer who is suspended, and to one in the mode «only own» what his own site brought."""
    scope = await reach_of(session, viewer)
    if scope.is_whole:
        return OrderReach(scope, now, True)
    org = await session.get(OrgRow, viewer.org_id) if viewer.role in DEALER_ROLES else None
    if org is None:
        return OrderReach(scope, now, False)
    is_active = org.state == OrgState.ACTIVE
    return OrderReach(scope, now, is_active, not is_active, org.order_access != OrderAccess.REGION)


async def reach_of(session: AsyncSession, viewer: Viewer) -> Scope:
    """As `scope_of`, but empty instead of a refusal for who has nothing to do with orders."""
    if viewer.is_staff or viewer.role in DEALER_ROLES:
        return await scope_of(session, viewer)
    return Scope(frozenset())


def sees_order(scope: Scope) -> ColumnElement[bool]:
    """A condition on OrderRow: his own, not deleted."""
    is_there = OrderRow.deleted_at.is_(None)
    return is_there if scope.org_ids is None else and_(is_there, OrderRow.org_id.in_(sorted(scope.org_ids)))


def may_find_by(scope: Scope, number: ColumnElement[Any]) -> ColumnElement[bool]:
    """A condition on a column of numbers: this viewer would be shown it, so he may search by it."""
    return number.is_not(None) if scope.is_whole else may_be_shown(scope, number)
