"""Use case: the customer behind a telephone number, known or new. Runs in the caller's transaction."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.model import ContactKind
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.database import insert_unless_exists


async def find_or_create_customer(
    session: AsyncSession, *, phone: str, now: datetime, region_code: str | None = None, name: str = ""
) -> tuple[int, bool]:
    """Id of the customer and whether he is new. `phone` is E.164.

    Two calls of one new number at the same time make one customer: the contact is unique, and the loser takes back
    his. An empty phone makes a new nameless customer each time: callers who hide are not one person.
    """
    if phone and (known := await _owner(session, phone)) is not None:
        return known, False
    customer_id = await _create(session, name, region_code, now)
    contact = {"customer_id": customer_id, "kind": ContactKind.PHONE.value, "value": phone, "is_main": True}
    if not phone or await insert_unless_exists(session, ContactRow, **contact):
        return customer_id, True
    await session.execute(delete(CustomerRow).where(CustomerRow.id == customer_id))
    winner = await _owner(session, phone)
    assert winner is not None, "the contact that we lost to is committed"
    return winner, False


async def _owner(session: AsyncSession, phone: str) -> int | None:
    owner: int | None = await session.scalar(
        select(ContactRow.customer_id).where(ContactRow.kind == ContactKind.PHONE, ContactRow.value == phone)
    )
    return owner


async def _create(session: AsyncSession, name: str, region_code: str | None, now: datetime) -> int:
    row = (
        insert(CustomerRow)
        .values(name=name, region_code=region_code, note="", created_at=now, version=1)
        .returning(CustomerRow.id)
    )
    return (await session.execute(row)).scalar_one()
