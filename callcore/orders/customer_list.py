"""Read side: the list of customers, each with his last order that the viewer may see."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope, shown_numbers
from callcore.customers.model import Customer
from callcore.customers.queries import customers_by_id
from callcore.customers.reading import read_contact
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.finding import contains_text
from callcore.network.model import Viewer
from callcore.orders.customer_reach import knows_customer
from callcore.orders.masking import without_numbers
from callcore.orders.queries import briefs_where, to_briefs
from callcore.orders.rights import may_find_by, reach_of, sees_order
from callcore.orders.tables import OrderRow
from callcore.orders.views import OrderBrief, PhoneView, phone_view

MAX_PAGE: Final = 100
_MIN_TAIL_DIGITS: Final = 4
_BIGGEST: Final = 2**31
_DIGITS: Final = re.compile(r"[+\d\s().\-№]+")


@dataclass(frozen=True, slots=True)
class CustomerBrief:
    """A row of the list. `last` is the newest order that this viewer may see, None for none."""

    id: int
    name: str
    kind: str
    inn: str
    region_name: str
    tags: tuple[str, ...]
    phone: PhoneView | None
    last: OrderBrief | None


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """`next_after` is the last one's id, None on the last page."""

    customers: tuple[CustomerBrief, ...]
    next_after: int | None


async def find_customers(
    session: AsyncSession, viewer: Viewer, text: str = "", *, after: int | None = None, limit: int = 50
) -> CustomerPage:
    """Newest first. `text` is a part of the name, a tag, an INN, an order's number, an address, a telephone or its end; a
    number that is hidden from the viewer finds nobody."""
    scope, limit = await reach_of(session, viewer), max(1, min(limit, MAX_PAGE))
    found = select(CustomerRow).where(knows_customer(scope), CustomerRow.anonymised_at.is_(None))
    if text := text.replace("\x00", "").strip():
        found = found.where(_matches(scope, text))
    if after is not None:
        found = found.where(CustomerRow.id < after)
    rows = list(await session.scalars(found.order_by(CustomerRow.id.desc()).limit(limit + 1)))
    page = rows[:limit]
    briefs = await _briefs(session, scope, page)
    return CustomerPage(briefs, page[-1].id if len(rows) > limit else None)


def _matches(scope: Scope, text: str) -> ColumnElement[bool]:
    """Digits are never looked for in names by a dealer: a name may hold the number that he is not shown."""
    ways: list[ColumnElement[bool]] = []
    digits = re.sub(r"\D", "", text)
    is_number = _DIGITS.fullmatch(text) is not None
    if not digits or (scope.is_whole and not is_number):
        ways.append(contains_text(CustomerRow.name, text))
    if is_number and digits:
        ways.append(CustomerRow.inn == digits)
        if int(digits) < _BIGGEST:
            numbered = select(OrderRow.customer_id).where(sees_order(scope), OrderRow.number == int(digits))
            ways.append(CustomerRow.id.in_(numbered))
    if is_number and len(digits) >= _MIN_TAIL_DIGITS:
        ways.append(CustomerRow.id.in_(_owners(scope, text, digits)))
    if scope.is_whole and "@" in text:
        address = select(ContactRow.customer_id).where(
            ContactRow.kind == "email", ContactRow.value.contains(text.lower(), autoescape=True)
        )
        ways.append(CustomerRow.id.in_(address))
    return or_(false(), *ways)


def _owners(scope: Scope, text: str, digits: str) -> Select[int]:
    whole = read_contact(text)
    match = ContactRow.value == whole[1] if whole else ContactRow.value.endswith(digits)
    return select(ContactRow.customer_id).where(
        ContactRow.kind == "phone", match, may_find_by(scope, ContactRow.value.expression)
    )


async def _briefs(session: AsyncSession, scope: Scope, rows: list[CustomerRow]) -> tuple[CustomerBrief, ...]:
    known = await customers_by_id(session, [row.id for row in rows])
    shown = await shown_numbers(session, scope, [one.phone for one in known.values()])
    last = await _last_orders(session, scope, list(known))
    return tuple(_brief(row, known[row.id], shown, scope, last.get(row.id)) for row in rows)


def _brief(
    row: CustomerRow, known: Customer, shown: Collection[str], scope: Scope, last: OrderBrief | None
) -> CustomerBrief:
    hidden = [item.value for item in known.contacts if item.value not in shown] if not scope.is_whole else []
    return CustomerBrief(
        id=row.id,
        name=without_numbers(row.name, hidden) if hidden else row.name,
        kind=row.kind,
        inn=row.inn,
        region_name=known.region_name,
        tags=tuple(row.tags) if scope.is_whole else (),
        phone=phone_view(known.phone, shown),
        last=last,
    )


async def _last_orders(session: AsyncSession, scope: Scope, customer_ids: list[int]) -> dict[int, OrderBrief]:
    newest = (
        select(func.max(OrderRow.id))
        .where(sees_order(scope), OrderRow.customer_id.in_(customer_ids))
        .group_by(OrderRow.customer_id)
    )
    found = (await session.execute(briefs_where(scope, OrderRow.id.in_(newest)))).all()
    return {brief.customer_id: brief for brief in await to_briefs(session, scope, found)}
