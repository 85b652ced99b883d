"""Who may see which order and which number: the rule of the calls' room, applied to orders.

Staff sees all. A dealer's people see what belongs to their organisation and to those below it; a number only after it has
really talked with one of theirs. Other roles see nothing.
"""

from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope, proven_numbers, scope_of
from callcore.calls.tables import CallRow
from callcore.network.model import DEALER_ROLES, Viewer
from callcore.orders.tables import OrderRow


async def reach_of(session: AsyncSession, viewer: Viewer) -> Scope:
    """As `scope_of`, but empty instead of a refusal for who has nothing to do with orders."""
    if viewer.is_staff or viewer.role in DEALER_ROLES:
        return await scope_of(session, viewer)
    return Scope(frozenset())


def sees_order(scope: Scope) -> ColumnElement[bool]:
    """A condition on OrderRow."""
    return true() if scope.org_ids is None else OrderRow.org_id.in_(sorted(scope.org_ids))


def may_find_by(scope: Scope, number: ColumnElement[Any]) -> ColumnElement[bool]:
    """A condition on a column of numbers: this viewer would be shown it, so he may search by it."""
    if scope.is_whole:
        return true()
    return proven_numbers(scope).where(CallRow.caller_number == number).exists()
