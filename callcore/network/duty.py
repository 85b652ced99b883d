"""Shifts of the duty roster, read for routing and for people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.model import STAFF_ROLES, PhoneOwner
from callcore.network.shifts import Shift
from callcore.network.staff_tables import DutyShiftRow
from callcore.network.tables import PhoneRow, UserRow
from dialplans import contract

MAX_SHIFTS_READ = 2000


@dataclass(frozen=True, slots=True)
class DutyPhone:
    """`address` is the outside number (E.164) or the extension. `position` orders the reserve, None for a phone that is
    not in it, `user_id` is whose it is."""

    id: int
    label: str
    address: str
    position: int | None = None
    is_active: bool = True
    user_id: int | None = None

    @property
    def key(self) -> str:
        return contract.PHONE_KEY.format(id=self.id)


@dataclass(frozen=True, slots=True)
class ShiftView:
    """`tz` is the zone in which people set the times."""

    id: int
    starts_at: datetime
    ends_at: datetime
    tz: str
    phones: tuple[DutyPhone, ...]
    note: str
    version: int


async def load_shifts(session: AsyncSession, now: datetime) -> tuple[Shift, ...]:
    """Those that have not ended, in order of time."""
    rows = await session.scalars(
        select(DutyShiftRow)
        .where(DutyShiftRow.ends_at > now)
        .order_by(DutyShiftRow.starts_at, DutyShiftRow.id)
    )
    return tuple(as_shift(row) for row in rows)


def as_shift(row: DutyShiftRow) -> Shift:
    keys = tuple(contract.PHONE_KEY.format(id=phone_id) for phone_id in row.phone_ids)
    return Shift(row.id, row.starts_at, row.ends_at, keys, row.note)


async def shifts_between(session: AsyncSession, first: datetime, last: datetime) -> tuple[ShiftView, ...]:
    """All that stand at some instant between the two, in order of time."""
    rows = await session.scalars(
        select(DutyShiftRow)
        .where(DutyShiftRow.starts_at < last, DutyShiftRow.ends_at > first)
        .order_by(DutyShiftRow.starts_at, DutyShiftRow.id)
        .limit(MAX_SHIFTS_READ)
    )
    return await _views(session, list(rows))


async def shift_by_id(session: AsyncSession, shift_id: int) -> ShiftView | None:
    row = await session.get(DutyShiftRow, shift_id)
    return None if row is None else (await _views(session, [row]))[0]


async def _views(session: AsyncSession, rows: Sequence[DutyShiftRow]) -> tuple[ShiftView, ...]:
    phones = await phones_of(session, {phone_id for row in rows for phone_id in row.phone_ids})
    return tuple(
        ShiftView(
            row.id,
            row.starts_at,
            row.ends_at,
            row.tz,
            tuple(phones[phone_id] for phone_id in row.phone_ids if phone_id in phones),
            row.note,
            row.version,
        )
        for row in rows
    )


async def phones_of(session: AsyncSession, ids: Collection[int]) -> dict[int, DutyPhone]:
    """By id, those that are switched off too."""
    rows = await session.scalars(select(PhoneRow).where(PhoneRow.id.in_(ids)))
    return {row.id: _phone(row) for row in rows}


async def duty_phones(session: AsyncSession) -> tuple[DutyPhone, ...]:
    """Active phones that may stand in a shift: duty numbers in the order of the reserve, then phones of the head office's
    people."""
    staff = [role.value for role in STAFF_ROLES]
    rows = await session.scalars(
        select(PhoneRow)
        .outerjoin(UserRow, UserRow.id == PhoneRow.user_id)
        .where(
            PhoneRow.is_active,
            or_(UserRow.id.is_(None), UserRow.is_active),
            or_(PhoneRow.owner == PhoneOwner.DUTY.value, UserRow.role.in_(staff)),
        )
    )
    return tuple(sorted(map(_phone, rows), key=_order))


def _phone(row: PhoneRow) -> DutyPhone:
    is_duty = row.owner == PhoneOwner.DUTY.value
    position = (row.duty_position or 99) if is_duty else None
    return DutyPhone(row.id, row.label, row.number or row.extension, position, row.is_active, row.user_id)


def _order(phone: DutyPhone) -> tuple[bool, int, int]:
    return phone.position is None, phone.position or 0, phone.id
