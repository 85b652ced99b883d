"""Read side of the network for pages."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.tables import OutletRow, PhoneRow


@dataclass(frozen=True, slots=True)
class PhoneBrief:
    """One of our phones by its names; no number."""

    id: int
    label: str
    extension: str
    outlet_name: str


async def phones_by_id(session: AsyncSession, ids: Collection[int]) -> tuple[PhoneBrief, ...]:
    """In order of outlets and labels; ids that do not exist are left out."""
    if not ids:
        return ()
    rows = await session.execute(
        select(PhoneRow.id, PhoneRow.label, PhoneRow.extension, OutletRow.name)
        .outerjoin(OutletRow, OutletRow.id == PhoneRow.outlet_id)
        .where(PhoneRow.id.in_(ids))
        .order_by(OutletRow.name, PhoneRow.label, PhoneRow.id)
    )
    return tuple(PhoneBrief(row.id, row.label, row.extension, row.name or "") for row in rows)
