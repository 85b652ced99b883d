"""Who is on duty now and next: for people to look at. Calls are decided by routing.duty."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.duty import load_shifts
from callcore.network.model import PhoneOwner
from callcore.network.shifts import Shift
from callcore.network.tables import PhoneRow
from dialplans import contract


@dataclass(frozen=True, slots=True)
class DutyView:
    """`labels` in order of ringing."""

    starts_at: datetime
    ends_at: datetime
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DutyBoard:
    """`reserve` answers when no shift stands; `has_shifts` False: no roster is kept."""

    now: DutyView | None
    next: DutyView | None
    reserve: tuple[str, ...]
    has_shifts: bool


async def duty_board(session: AsyncSession, now: datetime) -> DutyBoard:
    shifts = await load_shifts(session, now)
    rows = await session.scalars(select(PhoneRow).where(PhoneRow.is_active).order_by(PhoneRow.id))
    phones = list(rows)
    labels = {contract.PHONE_KEY.format(id=row.id): row.label for row in phones}
    reserve = sorted(
        (row for row in phones if row.owner == PhoneOwner.DUTY.value),
        key=lambda row: (row.duty_position is None, row.duty_position or 0, row.id),
    )
    present = next((shift for shift in reversed(shifts) if shift.starts_at <= now), None)
    coming = next((shift for shift in shifts if shift.starts_at > now), None)
    return DutyBoard(
        now=_view(present, labels),
        next=_view(coming, labels),
        reserve=tuple(row.label for row in reserve),
        has_shifts=bool(shifts),
    )


def _view(shift: Shift | None, labels: dict[str, str]) -> DutyView | None:
    if shift is None:
        return None
    names = tuple(labels[key] for key in shift.phone_keys if key in labels)
    return DutyView(shift.starts_at, shift.ends_at, names)
