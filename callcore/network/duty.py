"""Shifts of the duty roster, read for routing."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.shifts import Shift
from callcore.network.staff_tables import DutyShiftRow
from dialplans import contract


async def load_shifts(session: AsyncSession, now: datetime) -> tuple[Shift, ...]:
    """Those that have not ended, in order of time."""
    rows = await session.scalars(
        select(DutyShiftRow)
        .where(DutyShiftRow.ends_at > now)
        .order_by(DutyShiftRow.starts_at, DutyShiftRow.id)
    )
    return tuple(
        Shift(
            row.id,
            row.starts_at,
            row.ends_at,
            tuple(contract.PHONE_KEY.format(id=phone_id) for phone_id in row.phone_ids),
            row.note,
        )
        for row in rows
    )
