"""Reads what the checklist needs to know of a dealer."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.checklist import OutletReadiness, Readiness
from callcore.network.dealer_card import seen_org
from callcore.network.model import OrgState, Viewer
from callcore.network.staff_tables import OrgPhoneRow
from callcore.network.tables import OrgRegionRow, OutletRow, PhoneRow


async def readiness_of(
    session: AsyncSession, viewer: Viewer, org_id: int, *, has_talked: bool = False
) -> Readiness:
    """Raises NotFound."""
    org = await seen_org(session, viewer, org_id)
    outlets = list(
        await session.scalars(select(OutletRow).where(OutletRow.org_id == org_id).order_by(OutletRow.id))
    )
    with_phone = set(
        await session.scalars(
            select(PhoneRow.outlet_id).where(
                PhoneRow.outlet_id.in_([row.id for row in outlets]), PhoneRow.is_active
            )
        )
    )
    phone = await session.scalar(select(OrgPhoneRow.id).where(OrgPhoneRow.org_id == org_id).limit(1))
    region = await session.scalar(
        select(OrgRegionRow.region_code).where(OrgRegionRow.org_id == org_id).limit(1)
    )
    known = Readiness(
        has_email=bool(org.email),
        has_card_phone=phone is not None,
        has_logo=bool(org.logo),
        has_region=bool(org.region_code) or region is not None,
        takes_site_calls=org.takes_site_calls,
        is_active=org.state == OrgState.ACTIVE.value,
        has_talked=has_talked,
    )
    return replace(
        known,
        outlets=tuple(
            OutletReadiness(
                row.id, row.name, any(row.hours.values()), row.id in with_phone, row.accepts_calls
            )
            for row in outlets
        ),
    )
