"""Use case: the customers behind telephone numbers, known or new. Runs in the caller's transaction."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.model import ContactKind
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.database import Base, on_connection, unless_exists

_CUSTOMERS: Final = Base.metadata.tables[CustomerRow.__tablename__]
_CONTACTS: Final = Base.metadata.tables[ContactRow.__tablename__]
_OWNERS: Final = select(_CONTACTS.c.value, _CONTACTS.c.customer_id).where(
    _CONTACTS.c.kind == ContactKind.PHONE.value, _CONTACTS.c.value.in_(bindparam("phones", expanding=True))
)
_CREATE: Final = insert(_CUSTOMERS).returning(
    _CUSTOMERS.c.id, _CUSTOMERS.c.name, _CUSTOMERS.c.region_code, _CUSTOMERS.c.created_at
)


@dataclass(frozen=True, slots=True)
class Met:
    """Somebody who got in touch. `phone` is E.164, or empty: callers who hide are not one person."""

    phone: str
    at: datetime
    region_code: str | None = None
    name: str = ""


async def find_or_create_customer(
    session: AsyncSession, *, phone: str, now: datetime, region_code: str | None = None, name: str = ""
) -> tuple[int, bool]:
    """Id of the customer and whether he is new; see find_or_create_customers."""
    met = [Met(phone, now, region_code, name)]
    (found,) = await on_connection(session, find_or_create_customers, met)
    return found


def find_or_create_customers(connection: Connection, met: Sequence[Met]) -> list[tuple[int, bool]]:
    """Of each his customer's id and whether he is new, in the given order.

    Two calls of one new number at the same time make one customer: the contact is unique, and the loser takes back
    his. An empty phone makes a new nameless customer each time.
    """
    owners = _owners(connection, {one.phone for one in met if one.phone})
    hidden = [one for one in met if not one.phone]
    # One row a number, always in the same order: rivals wait for each other and never in a ring.
    unknown = {one.phone: one for one in reversed(met) if one.phone and one.phone not in owners}
    fresh = [*hidden, *(unknown[phone] for phone in sorted(unknown))]
    made = _create(connection, fresh)
    nameless = iter(made[: len(hidden)])
    ours = _claim_phones(connection, dict(zip(sorted(unknown), made[len(hidden) :], strict=True)))
    owners |= ours.owners
    found: list[tuple[int, bool]] = []
    for one in met:
        if not one.phone:
            found.append((next(nameless), True))
            continue
        found.append((owners[one.phone], one.phone in ours.won))
        ours.won.discard(one.phone)  # the second call of this number meets a known customer
    return found


@dataclass(frozen=True, slots=True)
class _Claimed:
    owners: dict[str, int]
    won: set[str]


def _owners(connection: Connection, phones: Collection[str]) -> dict[str, int]:
    if not phones:
        return {}
    return {row.value: row.customer_id for row in connection.execute(_OWNERS, {"phones": list(phones)})}


def _create(connection: Connection, met: Sequence[Met]) -> list[int]:
    if not met:
        return []
    rows = [
        {"name": one.name, "region_code": one.region_code, "note": "", "created_at": one.at, "version": 1}
        for one in met
    ]
    # Which row got which id is not told; those that are alike may change places.
    ids = defaultdict[tuple[str, str | None, datetime], list[int]](list)
    for row in connection.execute(_CREATE, rows):
        ids[row.name, row.region_code, row.created_at].append(row.id)
    return [ids[one.name, one.region_code, one.at].pop() for one in met]


def _claim_phones(connection: Connection, customers: dict[str, int]) -> _Claimed:
    """The numbers' owners after all rivals have ended."""
    if not customers:
        return _Claimed({}, set())
    rows = [
        {"customer_id": customer_id, "kind": ContactKind.PHONE.value, "value": phone, "is_main": True}
        for phone, customer_id in customers.items()
    ]
    written = connection.execute(unless_exists(connection, _CONTACTS), rows if len(rows) > 1 else rows[0])
    if len(rows) == 1 and written.rowcount == 1:  # of many a driver need not tell how many
        return _Claimed(customers, set(customers))
    owners = _owners(connection, customers)
    lost = [customer_id for phone, customer_id in customers.items() if owners[phone] != customer_id]
    if lost:
        connection.execute(delete(_CUSTOMERS).where(_CUSTOMERS.c.id.in_(lost)))
    return _Claimed(
        owners, {phone for phone, customer_id in customers.items() if owners[phone] == customer_id}
    )
