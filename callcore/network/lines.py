"""Phones and tracked numbers as the PBX needs them: what to dial, who registers, what carriers deliver."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.directory import tracked_numbers
from callcore.network.directory_rows import Did
from callcore.network.model import PhoneOwner
from callcore.network.tables import PhoneRow


@dataclass(frozen=True, slots=True)
class Line:
    """One active phone. `number` is E.164 for outside numbers, `extension` a short internal one, either may be empty."""

    id: int
    is_sip: bool
    label: str
    number: str
    extension: str
    owner: PhoneOwner
    duty_position: int | None
    lines: int
    accept_by_key: bool


@dataclass(frozen=True, slots=True)
class Wiring:
    """Both in the order of ids."""

    phones: tuple[Line, ...]
    dids: tuple[Did, ...]


async def load_wiring(session: AsyncSession) -> Wiring:
    """Only what is switched on."""
    phones = await session.scalars(select(PhoneRow).where(PhoneRow.is_active).order_by(PhoneRow.id))
    return Wiring(
        phones=tuple(_line(row) for row in phones),
        dids=await tracked_numbers(session),
    )


def _line(row: PhoneRow) -> Line:
    return Line(
        id=row.id,
        is_sip=row.kind == "sip",
        label=row.label,
        number=row.number,
        extension=row.extension,
        owner=PhoneOwner(row.owner),
        duty_position=row.duty_position,
        lines=row.lines,
        accept_by_key=row.accept_by_key,
    )
