"""One outlet for its page, and who may change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Forbidden, NotAllowedNow, NotFound
from callcore.network.coming_days import load_coming_days
from callcore.network.days import CalendarDay
from callcore.network.dealers import sees_org
from callcore.network.directory_rows import Outlet
from callcore.network.lock import lock_network
from callcore.network.model import DEALER_ROLES, OrgState, Role, Viewer
from callcore.network.tables import OrgRow, OutletRow

EDITORS = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class OutletCard:
    """`outlet` as routing knows it, with the exceptions of the coming year; `version` guards the week's hours."""

    outlet: Outlet
    org_name: str
    address: str
    version: int
    calendar: Sequence[CalendarDay]


def may_edit_network(viewer: Viewer) -> bool:
    """Options of dealers and the production calendar."""
    return viewer.role in EDITORS


def may_edit_hours(viewer: Viewer) -> bool:
    """Of the outlets that he sees: a dealer's people see their own only."""
    return viewer.role in EDITORS | DEALER_ROLES


async def outlet_card(session: AsyncSession, viewer: Viewer, outlet_id: int, now: datetime) -> OutletCard:
    """Raises NotFound for an outlet of which this viewer may not know."""
    found = await session.execute(
        select(OutletRow, OrgRow.name)
        .join(OrgRow, OrgRow.id == OutletRow.org_id)
        .where(OutletRow.id == outlet_id, sees_org(viewer))
    )
    row = found.first()
    if row is None:
        raise NotFound("outlet-not-found")
    outlet, org_name = row
    days = await load_coming_days(session, now)
    seen = Outlet(
        id=outlet.id,
        org_id=outlet.org_id,
        name=outlet.name,
        city=outlet.city,
        region_code=outlet.region_code,
        tz=outlet.tz,
        hours=outlet.hours,
        accepts_calls=outlet.accepts_calls,
        works_on_holidays=outlet.works_on_holidays,
        exceptions=days.exceptions.get(outlet.id, ()),
        override=days.overrides.get(outlet.id),
    )
    return OutletCard(seen, org_name, outlet.address, outlet.hours_version, days.calendar)


async def outlet_to_change(session: AsyncSession, viewer: Viewer, outlet_id: int) -> OutletRow:
    """The row; nobody else changes it until the transaction ends. Raises NotFound, Forbidden."""
    await lock_network(session)
    row = await session.scalar(
        select(OutletRow)
        .join(OrgRow, OrgRow.id == OutletRow.org_id)
        .where(OutletRow.id == outlet_id, sees_org(viewer))
    )
    if row is None:
        raise NotFound("outlet-not-found")
    if not may_edit_hours(viewer):
        raise Forbidden("not-editor")
    await check_not_suspended(session, viewer)
    return row


async def check_not_suspended(session: AsyncSession, viewer: Viewer) -> None:
    """A suspended dealer's people only read, and so do those below. Raises NotAllowedNow("dealer-suspended")."""
    if viewer.is_staff:
        return
    chain = [int(part) for part in viewer.org_path.split("/") if part.isdigit()]
    suspended = await session.scalar(
        select(OrgRow.id).where(OrgRow.id.in_(chain), OrgRow.state == OrgState.SUSPENDED.value).limit(1)
    )
    if suspended is not None:
        raise NotAllowedNow("dealer-suspended")
