"""Read side: the customer's page. Rights are those of the order's: a hidden number stays hidden in every text."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope, shown_numbers
from callcore.calls.tables import CallRow
from callcore.catalog.tables import ProductRow
from callcore.customers.consents import ConsentView, consents_of
from callcore.customers.model import ContactKind
from callcore.customers.tables import ContactRow, CustomerMergeRow, CustomerRow
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, RegionRow
from callcore.orders.card_queries import sees_call
from callcore.orders.card_timeline import MAX_LISTED, calls_where
from callcore.orders.claims import claim_holder
from callcore.orders.customer_reach import CHANGERS, CONSENT_WRITERS, FORGETTERS, MERGERS, known_customer
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderKind
from callcore.orders.queries import briefs_where, to_briefs
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderLineRow, OrderRow
from callcore.orders.views import CallView, OrderBrief, PhoneView, phone_view

MAX_FAVOURITES: Final = 5


@dataclass(frozen=True, slots=True)
class ContactView:
    """`phone` is set for a telephone, `email` for an address."""

    id: int
    kind: ContactKind
    phone: PhoneView | None
    email: str
    is_main: bool


@dataclass(frozen=True, slots=True)
class Preferences:
    """Read off the orders that the viewer sees: what was bought, in how many orders, and the mean sum of an order."""

    favourites: tuple[tuple[str, int], ...]
    orders: int
    mean_kopecks: int


@dataclass(frozen=True, slots=True)
class MergeView:
    """A merge that can be taken back."""

    id: int
    merged_id: int
    merged_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerRights:
    may_change: bool
    may_consent: bool
    may_merge: bool
    may_forget: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    """`orders` and `calls` newest first, at most MAX_LISTED each; counts are of all that the viewer may see. `held_by` is
    the dealer who works with the customer: a name for the head office and for his own people, empty for others."""

    id: int
    version: int
    name: str
    kind: str
    inn: str
    region_code: str
    region_name: str
    note: str
    tags: tuple[str, ...]
    forgotten_at: datetime | None
    contacts: tuple[ContactView, ...]
    consents: tuple[ConsentView, ...]
    preferences: Preferences
    merges: tuple[MergeView, ...]
    held_by: str
    held_until: datetime | None
    orders: tuple[OrderBrief, ...]
    calls: tuple[CallView, ...]
    orders_count: int
    calls_count: int
    rights: CustomerRights


async def customer_view(
    session: AsyncSession, viewer: Viewer, customer_id: int, now: datetime
) -> CustomerView:
    """Raises NotFound."""
    row, scope = await known_customer(session, viewer, customer_id), await reach_of(session, viewer)
    contacts, hidden = await _contacts(session, scope, customer_id)
    region = await session.get(RegionRow, row.region_code) if row.region_code else None
    own = OrderRow.customer_id == customer_id
    newest = briefs_where(scope, own).order_by(OrderRow.created_at.desc(), OrderRow.id.desc())
    orders = await to_briefs(session, scope, (await session.execute(newest.limit(MAX_LISTED))).all())
    of_customer = CallRow.customer_id == customer_id
    orders_count = select(func.count()).select_from(OrderRow).where(sees_order(scope), own)
    calls_count = select(func.count()).select_from(CallRow).where(of_customer, sees_call(scope))
    held_by, held_until = await _holder(session, scope, customer_id, now)
    is_alive = row.anonymised_at is None
    return CustomerView(
        id=row.id,
        version=row.version,
        name=without_numbers(row.name, hidden) if hidden else row.name,
        kind=row.kind,
        inn=row.inn,
        region_code=row.region_code or "",
        region_name=region.name if region else "",
        note=row.note if scope.is_whole else "",
        tags=tuple(row.tags) if scope.is_whole else (),
        forgotten_at=row.anonymised_at,
        contacts=contacts,
        consents=tuple(
            one if scope.is_whole else replace(one, ip="") for one in await consents_of(session, customer_id)
        ),
        preferences=await _preferences(session, scope, customer_id),
        merges=await _merges(session, customer_id) if viewer.role in MERGERS else (),
        held_by=held_by,
        held_until=held_until,
        orders=orders,
        calls=await calls_where(session, scope, of_customer, sees_call(scope)),
        orders_count=await session.scalar(orders_count) or 0,
        calls_count=await session.scalar(calls_count) or 0,
        rights=CustomerRights(
            may_change=is_alive and viewer.role in CHANGERS,
            may_consent=is_alive and viewer.role in CONSENT_WRITERS,
            may_merge=is_alive and viewer.role in MERGERS,
            may_forget=is_alive and viewer.role in FORGETTERS,
        ),
    )


async def merged_into(session: AsyncSession, viewer: Viewer, customer_id: int) -> int | None:
    """Where one who was merged lives on, if the viewer may know of it."""
    row = await session.get(CustomerRow, customer_id)
    if row is None or row.merged_into_id is None:
        return None
    return (await known_customer(session, viewer, row.merged_into_id)).id


async def _contacts(
    session: AsyncSession, scope: Scope, customer_id: int
) -> tuple[tuple[ContactView, ...], list[str]]:
    """Main ones first, and the numbers that this viewer is not shown. An address is a way round a hidden number, so dealers
    do not get it."""
    found = await session.scalars(
        select(ContactRow)
        .where(ContactRow.customer_id == customer_id)
        .order_by(ContactRow.kind.desc(), ContactRow.is_main.desc(), ContactRow.id)
    )
    rows = list(found)
    numbers = [row.value for row in rows if row.kind == ContactKind.PHONE]
    shown = await shown_numbers(session, scope, numbers)
    views = [
        ContactView(row.id, ContactKind.PHONE, phone_view(row.value, shown), "", row.is_main)
        if row.kind == ContactKind.PHONE
        else ContactView(row.id, ContactKind.EMAIL, None, row.value, row.is_main)
        for row in rows
        if row.kind == ContactKind.PHONE or scope.is_whole
    ]
    return tuple(views), [number for number in numbers if number not in shown]


async def _preferences(session: AsyncSession, scope: Scope, customer_id: int) -> Preferences:
    own = (sees_order(scope), OrderRow.customer_id == customer_id, OrderRow.kind == OrderKind.ORDER.value)
    count, total = (
        await session.execute(
            select(func.count(), func.coalesce(func.sum(OrderRow.total_kopecks), 0)).where(*own)
        )
    ).one()
    category = func.coalesce(func.nullif(OrderLineRow.category, ""), ProductRow.category)
    rows = await session.execute(
        select(category, func.count(func.distinct(OrderRow.id)))
        .join_from(OrderLineRow, OrderRow, OrderRow.id == OrderLineRow.order_id)
        .outerjoin(ProductRow, ProductRow.id == OrderLineRow.product_id)
        .where(*own, OrderLineRow.kind == "goods", category.is_not(None))
        .group_by(category)
        .order_by(func.count(func.distinct(OrderRow.id)).desc(), category)
        .limit(MAX_FAVOURITES)
    )
    favourites = tuple((str(name), int(times)) for name, times in rows)
    return Preferences(favourites, int(count), int(total) // int(count) if count else 0)


async def _merges(session: AsyncSession, customer_id: int) -> tuple[MergeView, ...]:
    rows = await session.execute(
        select(CustomerMergeRow, CustomerRow.name)
        .join(CustomerRow, CustomerRow.id == CustomerMergeRow.merged_id)
        .where(CustomerMergeRow.kept_id == customer_id, CustomerMergeRow.undone_at.is_(None))
        .order_by(CustomerMergeRow.id.desc())
    )
    return tuple(MergeView(row.id, row.merged_id, name, row.at) for row, name in rows)


async def _holder(
    session: AsyncSession, scope: Scope, customer_id: int, now: datetime
) -> tuple[str, datetime | None]:
    holder = await claim_holder(session, customer_id, now)
    if holder is None or not scope.covers(holder[0]):
        return "", None
    org = await session.get(OrgRow, holder[0])
    return org.name if org else "", holder[1]
