"""Which of our phones ring when a person presses: his own, else those of his outlets; the choice is remembered."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import NotAllowedNow
from callcore.network.model import Viewer
from callcore.network.preferences import keep_preference, preference
from callcore.network.tables import OutletRow, PhoneRow
from dialplans.contract import MAX_KEYS_PER_STEP, PHONE_KEY

CHOICE: Final = "call-phone"


@dataclass(frozen=True, slots=True)
class PhoneOption:
    """One of the phones that may ring; `is_reachable` False: it has no registration now."""

    key: str
    label: str
    place: str
    is_reachable: bool


@dataclass(frozen=True, slots=True)
class OwnPhones:
    """`chosen` is the key that was chosen last, empty for all of them at once."""

    options: tuple[PhoneOption, ...]
    chosen: str

    def keys(self, wanted: str) -> tuple[str, ...]:
        """That ring for this choice (a key, or empty for all): those that can. Raises NotAllowedNow("no-own-phone",
        "phone-not-registered")."""
        known = [one for one in self.options if wanted in ("", one.key)]
        if not known:
            raise NotAllowedNow("no-own-phone")
        ready = tuple(one.key for one in known if one.is_reachable)
        if not ready:
            raise NotAllowedNow("phone-not-registered", phones=", ".join(one.label for one in known[:3]))
        return ready[:MAX_KEYS_PER_STEP]


async def own_phones(
    session: AsyncSession, viewer: Viewer, unreachable: Collection[str], outlet_id: int | None = None
) -> OwnPhones:
    """`outlet_id`: of the order; its phones come before those of the organisation's other outlets."""
    rows = await _phones(session, PhoneRow.user_id == int(viewer.user_id))
    if not rows and outlet_id is not None:
        own = (OutletRow.id == outlet_id) & (OutletRow.org_id == viewer.org_id)
        rows = await _phones(session, own)
    if not rows:
        rows = await _phones(session, OutletRow.org_id == viewer.org_id)
    options = []
    for row in rows:
        key = PHONE_KEY.format(id=row.id)
        is_reachable = row.kind != "sip" or key not in unreachable
        options.append(PhoneOption(key, row.label, row.name or "", is_reachable))
    kept = str((await preference(session, int(viewer.user_id), CHOICE)).get("key", ""))
    return OwnPhones(tuple(options), kept if any(one.key == kept for one in options) else "")


async def remember_phone(session: AsyncSession, viewer: Viewer, key: str) -> None:
    await keep_preference(session, int(viewer.user_id), CHOICE, {"key": key})


async def _phones(session: AsyncSession, condition: ColumnElement[bool]) -> list[Any]:
    found = await session.execute(
        select(PhoneRow.id, PhoneRow.kind, PhoneRow.label, OutletRow.name)
        .outerjoin(OutletRow, OutletRow.id == PhoneRow.outlet_id)
        .where(PhoneRow.is_active, condition)
        .order_by(PhoneRow.position, PhoneRow.id)
        .limit(2 * MAX_KEYS_PER_STEP)
    )
    return list(found)
