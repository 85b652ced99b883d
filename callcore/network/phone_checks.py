"""Which telephone may be rung: destinations that the installation allows, none of our own numbers, nobody else's unasked."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.phone_kinds import NumberKind, kind_of
from callcore.kernel.phones import parse_phone
from callcore.network.dealers import sees_org
from callcore.network.model import Viewer
from callcore.network.tables import DidRow, OrgRow, OutletRow, PhoneRow, UserRow

FIRST_EXTENSION, LAST_EXTENSION = 201, 9999


@dataclass(frozen=True, slots=True)
class OtherUse:
    """Dealers that ring the same number; `names` only of those that the viewer may know."""

    names: tuple[str, ...]
    others: int


def read_outside_number(raw: str, allowed: tuple[str, ...]) -> tuple[str, str]:
    """(E.164, code of what is wrong); one of them is empty. `allowed` are prefixes of E.164."""
    number = parse_phone(raw)
    if number is None:
        return "", "phone-wrong"
    if number.extension:
        return "", "phone-extension"
    if not number.e164.startswith(allowed) or kind_of(number.e164) is NumberKind.PAID:
        return "", "destination-not-allowed"
    return number.e164, ""


async def is_own_did(session: AsyncSession, e164: str) -> bool:
    """A call to it would come back to us: it would be its own overflow."""
    return await session.scalar(select(DidRow.id).where(DidRow.number == e164).limit(1)) is not None


async def other_use(session: AsyncSession, viewer: Viewer, e164: str, org_id: int) -> OtherUse:
    """Active phones with this number in other organisations."""
    rows = await session.execute(
        select(OrgRow.id, OrgRow.name)
        .join_from(PhoneRow, OutletRow, OutletRow.id == PhoneRow.outlet_id, isouter=True)
        .outerjoin(UserRow, UserRow.id == PhoneRow.user_id)
        .join(OrgRow, (OrgRow.id == OutletRow.org_id) | (OrgRow.id == UserRow.org_id))
        .where(PhoneRow.number == e164, PhoneRow.is_active, OrgRow.id != org_id)
        .distinct()
    )
    found = dict(rows.all())
    seen = await session.scalars(
        select(OrgRow.name).where(OrgRow.id.in_(found), sees_org(viewer)).order_by(OrgRow.name)
    )
    return OtherUse(tuple(seen), len(found))


async def is_extension_taken(session: AsyncSession, extension: str, but_phone_id: int = 0) -> bool:
    """By another active phone."""
    other = await session.scalar(
        select(PhoneRow.id)
        .where(PhoneRow.extension == extension, PhoneRow.is_active, PhoneRow.id != but_phone_id)
        .limit(1)
    )
    return other is not None


async def free_extension(session: AsyncSession) -> str:
    """The next one after the highest, or the first that is free."""
    rows = await session.scalars(select(PhoneRow.extension).where(PhoneRow.extension != ""))
    taken = {int(text) for text in rows if text.isascii() and text.isdigit() and len(text) <= 4}
    after = max((one for one in taken if one >= FIRST_EXTENSION), default=FIRST_EXTENSION - 1) + 1
    if after <= LAST_EXTENSION:
        return str(after)
    return str(next(one for one in range(FIRST_EXTENSION, LAST_EXTENSION + 1) if one not in taken))
