"""Who may see which call and which number: one place, used by every query of this room.

Staff sees all. A dealer's people see the calls of their organisation and of those below it; a number only when it once
talked with one of theirs long enough, or as the mode of hiding says (number_modes). Everybody else sees nothing, and nobody
learns what exists besides.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select, true, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.calls.number_modes import ORDERS, is_opened_on_order, is_shown, of_mode, opened, talked
from callcore.calls.settings import call_settings
from callcore.calls.tables import CallRow
from callcore.calls.views import NumberView
from callcore.kernel.errors import NotFound
from callcore.kernel.phones import format_phone, mask_phone
from callcore.network.model import DEALER_ROLES, PhonePolicy, Viewer
from callcore.network.tables import OrgRow

MAX_INNOCENT_DIGITS: Final = 4  # more digits in a name or raw caller could be the number


@dataclass(frozen=True, slots=True)
class Scope:
    """`org_ids` None: everything."""

    org_ids: frozenset[int] | None

    @property
    def is_whole(self) -> bool:
        return self.org_ids is None

    def calls(self) -> ColumnElement[bool]:
        """A condition on CallRow."""
        return true() if self.org_ids is None else CallRow.org_id.in_(sorted(self.org_ids))

    def covers(self, org_id: int | None) -> bool:
        return self.org_ids is None or org_id in self.org_ids

    def narrowed(self, org_ids: Collection[int]) -> "Scope":
        own = frozenset(org_ids)
        return Scope(own if self.org_ids is None else self.org_ids & own)


async def scope_of(session: AsyncSession, viewer: Viewer) -> Scope:
    """Raises NotFound for who has nothing to do with calls."""
    if viewer.is_staff:
        return Scope(None)
    if viewer.role not in DEALER_ROLES:
        raise NotFound("calls-not-found")
    return Scope(await orgs_below(session, viewer.org_path))


async def orgs_below(session: AsyncSession, path: str) -> frozenset[int]:
    """The organisation of this path and all below it; nobody for an empty path."""
    if not path.strip("/"):
        return frozenset()
    found = await session.scalars(select(OrgRow.id).where(OrgRow.path.startswith(path, autoescape=True)))
    return frozenset(found)


async def orgs_under(session: AsyncSession, org_id: int) -> frozenset[int]:
    """The organisation of this id and all below it; nobody when it does not exist."""
    top = aliased(OrgRow)
    query = select(OrgRow.id).join(top, OrgRow.path.startswith(top.path)).where(top.id == org_id)
    return frozenset(await session.scalars(query))


async def shown_numbers(session: AsyncSession, scope: Scope, numbers: Collection[str]) -> frozenset[str]:
    """Those of the numbers that may be shown."""
    wanted = sorted({number for number in numbers if number})
    if scope.org_ids is None or not wanted:
        return frozenset(wanted)
    own = scope.org_ids
    opening = (talked(own), opened(own), of_mode(own, PhonePolicy.OPEN))
    found = set(await session.scalars(union(*(_among(one, wanted) for one in opening))))
    if found:
        found -= set(await session.scalars(_among(of_mode(own, PhonePolicy.NEVER), sorted(found))))
    return frozenset(found)


def _among(numbers: Select[str], wanted: Collection[str]) -> Select[str]:
    return numbers.where(numbers.selected_columns[0].in_(wanted))


def may_be_shown(scope: Scope, number: ColumnElement[Any]) -> ColumnElement[bool]:
    """A masked number is never found by its digits: a search must not tell what the page hides."""
    return true() if scope.org_ids is None else is_shown(scope.org_ids, number)


async def closed_orders(session: AsyncSession, scope: Scope, order_ids: Collection[int]) -> frozenset[int]:
    """Those of the orders on which the number stays hidden although another one has opened it: the factory may want each
    order to have its own first call."""
    if scope.org_ids is None or not order_ids or (await call_settings(session)).reveals_other_orders:
        return frozenset()
    opened_here = (
        select(ORDERS.c.id)
        .join(OrgRow, OrgRow.id == ORDERS.c.org_id)
        .where(ORDERS.c.id.in_(sorted(order_ids)), is_opened_on_order(scope.org_ids))
    )
    return frozenset(order_ids) - frozenset(await session.scalars(opened_here))


def visible_number(number: str, raw: str, shown: frozenset[str], scope: Scope) -> NumberView | None:
    """The one way of a customer's number out of the database. What does not parse is shown to staff as it came."""
    if number:
        if number in shown:
            return NumberView(format_phone(number), number, False)
        return NumberView(mask_phone(number), "", True)
    text = raw if scope.is_whole else innocent(raw)
    return NumberView(text, "", False) if text else None


def innocent(text: str) -> str:
    """Empty when the text could carry a number."""
    return "" if sum(char.isdigit() for char in text) > MAX_INNOCENT_DIGITS else text
