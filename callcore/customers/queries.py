"""Read side of customers. Whoever shows a customer to a dealer masks the contacts first."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.model import Contact, ContactKind, Customer
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.network.tables import RegionRow


async def find_by_phone(session: AsyncSession, e164: str) -> Customer | None:
    """By the unique index of contacts: the screen-pop waits for this."""
    if not e164:
        return None
    owner = select(ContactRow.customer_id).where(
        ContactRow.kind == ContactKind.PHONE, ContactRow.value == e164
    )
    customer_id = await session.scalar(owner)
    return (await customers_by_id(session, [customer_id])).get(customer_id) if customer_id else None


async def customers_by_id(session: AsyncSession, ids: Collection[int]) -> dict[int, Customer]:
    """Two queries for any number of customers; ids that do not exist are left out."""
    if not ids:
        return {}
    contacts = await _contacts(session, ids)
    rows = await session.execute(
        select(CustomerRow, RegionRow.name)
        .outerjoin(RegionRow, RegionRow.code == CustomerRow.region_code)
        .where(CustomerRow.id.in_(ids))
    )
    return {
        row.id: Customer(
            id=row.id,
            name=row.name,
            region_code=row.region_code,
            region_name=region_name or "",
            note=row.note,
            version=row.version,
            contacts=tuple(contacts[row.id]),
        )
        for row, region_name in rows
    }


async def _contacts(session: AsyncSession, ids: Collection[int]) -> dict[int, list[Contact]]:
    found: dict[int, list[Contact]] = defaultdict(list)
    rows = await session.scalars(
        select(ContactRow)
        .where(ContactRow.customer_id.in_(ids))
        .order_by(ContactRow.is_main.desc(), ContactRow.id)
    )
    for row in rows:
        found[row.customer_id].append(Contact(ContactKind(row.kind), row.value, row.is_main))
    return found
