"""Use cases: two customers were one, and back. In the caller's transaction, which has checked who may.

Whatever points to a customer does it by a column named `customer_id`, in any table of any room; so what moves is read off
the tables themselves, and a table that is new tomorrow moves too. The ids of what moved are kept for the way back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.edit_customer import note
from callcore.customers.tables import ContactRow, CustomerClaimRow, CustomerMergeRow, CustomerRow
from callcore.kernel.database import Base
from callcore.kernel.errors import Conflict, NotAllowedNow, NotFound

FIELDS: Final = ("name", "kind", "inn", "region_code", "note", "tags")
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """Which fields are taken from the one that goes; the tags of both and every contact are always kept."""

    from_merged: frozenset[str] = frozenset()


async def merge_customers(
    session: AsyncSession,
    kept: CustomerRow,
    merged: CustomerRow,
    choice: Choice,
    *,
    shown: tuple[int, int],
    at: datetime,
    by: int,
) -> int:
    """The id of the merge. `shown` are the versions that were compared. Raises NotAllowedNow("customer-gone", "same"),
    Conflict("customer-changed")."""
    if kept.id == merged.id:
        raise NotAllowedNow("same-customer")
    if (kept.version, merged.version) != shown:
        raise Conflict("customer-changed")
    for one in sorted((kept, merged), key=lambda row: row.id):
        await _take(session, one)
    before = {name: getattr(kept, name) for name in FIELDS}
    moved: dict[str, Any] = {
        "rows": await _move(session, merged.id, kept.id),
        "before": before,
        "version": kept.version + 1,
    }
    moved["mains"] = await _one_main_each(session, kept.id, moved["rows"].get(ContactRow.__tablename__, []))
    values = {name: getattr(merged if name in choice.from_merged else kept, name) for name in FIELDS}
    values["tags"] = list(dict.fromkeys([*kept.tags, *merged.tags]))
    await _write(session, kept.id, values | {"version": kept.version + 1})
    gone = {"merged_into_id": kept.id, "version": merged.version + 1}
    await _write(session, merged.id, gone)
    row = CustomerMergeRow(kept_id=kept.id, merged_id=merged.id, user_id=by, at=at, moved=moved)
    session.add(row)
    await session.flush()
    note(session, kept.id, "customer:merged", at, by, merged_id=merged.id, merge_id=row.id)
    return row.id


async def undo_merge(session: AsyncSession, merge_id: int, *, at: datetime, by: int) -> tuple[int, int]:
    """Ids of the kept and of the one that is back. What came since stays with the kept one, and so do later edits of it.
    Raises NotFound, NotAllowedNow("merge-undone", "customer-gone")."""
    undone = (
        update(CustomerMergeRow)
        .where(CustomerMergeRow.id == merge_id, CustomerMergeRow.undone_at.is_(None))
        .values(undone_at=at)
        .returning(CustomerMergeRow)
    )
    row = await session.scalar(undone)
    if row is None:
        known = await session.get(CustomerMergeRow, merge_id)
        raise NotAllowedNow("merge-undone") if known is not None else NotFound("merge-not-found")
    kept = await session.get_one(CustomerRow, row.kept_id, populate_existing=True)
    if kept.merged_into_id is not None or kept.anonymised_at is not None:
        raise NotAllowedNow("customer-gone")
    moved = row.moved
    for table in _tables():
        for ids in _chunks(moved["rows"].get(table.name, [])):
            back = update(table).where(table.c.id.in_(ids), table.c.customer_id == row.kept_id)
            await session.execute(back.values(customer_id=row.merged_id))
    for ids in _chunks(moved["mains"]):
        await session.execute(update(ContactRow).where(ContactRow.id.in_(ids)).values(is_main=True))
    if kept.version == moved["version"]:
        await _write(session, kept.id, moved["before"] | {"version": kept.version + 1})
    await _write(session, row.merged_id, {"merged_into_id": None})
    note(session, row.kept_id, "customer:unmerged", at, by, merged_id=row.merged_id, merge_id=merge_id)
    return row.kept_id, row.merged_id


async def _take(session: AsyncSession, row: CustomerRow) -> None:
    """Nobody else merges or changes it until the transaction ends. Always in one order, so that two do not wait for each
    other in a ring."""
    held = await session.scalar(
        update(CustomerRow)
        .where(CustomerRow.id == row.id, CustomerRow.version == row.version)
        .where(CustomerRow.merged_into_id.is_(None), CustomerRow.anonymised_at.is_(None))
        .values(version=CustomerRow.version)
        .returning(CustomerRow.id)
        .execution_options(synchronize_session=False)
    )
    if held is None:
        raise NotAllowedNow("customer-gone")


async def _move(session: AsyncSession, source: int, target: int) -> dict[str, list[int]]:
    """Ids of what moved, by table. A customer has one open claim at most: the kept one's stays."""
    claims = await session.scalars(
        select(CustomerClaimRow.customer_id).where(
            CustomerClaimRow.customer_id.in_((source, target)), CustomerClaimRow.released_at.is_(None)
        )
    )
    two_claims = len(set(claims)) == 2
    moved = {}
    for table in _tables():
        found = select(table.c.id).where(table.c.customer_id == source)
        if table.name == CustomerClaimRow.__tablename__ and two_claims:
            found = found.where(table.c.released_at.is_not(None))
        if ids := list(await session.scalars(found)):
            moved[table.name] = ids
        for part in _chunks(ids):
            await session.execute(update(table).where(table.c.id.in_(part)).values(customer_id=target))
    return moved


async def _one_main_each(session: AsyncSession, customer_id: int, moved: list[int]) -> list[int]:
    """Ids of the moved contacts that were main ones where the kept customer has his own."""
    rows = list(
        await session.scalars(
            select(ContactRow)
            .where(ContactRow.customer_id == customer_id, ContactRow.is_main)
            .execution_options(populate_existing=True)
        )
    )
    own = {row.kind for row in rows if row.id not in moved}
    lesser = [row.id for row in rows if row.id in moved and row.kind in own]
    for ids in _chunks(lesser):
        await session.execute(update(ContactRow).where(ContactRow.id.in_(ids)).values(is_main=False))
    return lesser


async def _write(session: AsyncSession, customer_id: int, values: dict[str, Any]) -> None:
    await session.execute(update(CustomerRow).where(CustomerRow.id == customer_id).values(**values))


def _tables() -> Iterator[Table]:
    return (table for table in Base.metadata.sorted_tables if "customer_id" in table.c and "id" in table.c)


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
