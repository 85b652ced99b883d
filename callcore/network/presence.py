"""Reads who sells where: organisations, the regions that they serve, their outlets with all that opens and closes them."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.coming_days import load_coming_days
from callcore.network.dealers import sees_org
from callcore.network.directory_rows import Outlet, Region
from callcore.network.model import OrgState, PhoneOwner, Viewer
from callcore.network.policies import load_policies
from callcore.network.presence_rows import Place, Presence, Seller
from callcore.network.regions import neighbours_of
from callcore.network.tables import OrgRegionRow, OrgRow, OutletRow, PhoneRow, RegionRow


async def load_presence(session: AsyncSession, viewer: Viewer, now: datetime) -> Presence:
    regions = await session.scalars(select(RegionRow).order_by(RegionRow.name))
    return Presence(
        regions=tuple(Region(row.code, row.name, row.tz, neighbours_of(row.code)) for row in regions),
        sellers=await _sellers(session, viewer),
        places=await _places(session, viewer, now),
        calendar=(await load_coming_days(session, now)).calendar,
        to_neighbours=(await load_policies(session))[0].policy.to_neighbours,
    )


async def _sellers(session: AsyncSession, viewer: Viewer) -> dict[int, Seller]:
    served: dict[int, set[str]] = defaultdict(set)
    for org_id, code in await session.execute(select(OrgRegionRow.org_id, OrgRegionRow.region_code)):
        served[org_id].add(code)
    suspended = select(OrgRow.path).where(OrgRow.state == OrgState.SUSPENDED.value)
    closed_paths = tuple(await session.scalars(suspended))
    rows = await session.scalars(select(OrgRow).where(sees_org(viewer)).order_by(OrgRow.name, OrgRow.id))
    return {
        row.id: Seller(
            id=row.id,
            name=row.name,
            region_code=row.region_code,
            serves=frozenset(served[row.id] - {row.region_code}),
            takes_site_calls=row.takes_site_calls,
            is_suspended=row.path.startswith(closed_paths),
        )
        for row in rows
    }


async def _places(session: AsyncSession, viewer: Viewer, now: datetime) -> tuple[Place, ...]:
    days = await load_coming_days(session, now)
    with_phones = set(
        await session.scalars(
            select(PhoneRow.outlet_id).where(PhoneRow.is_active, PhoneRow.owner == PhoneOwner.OUTLET.value)
        )
    )
    rows = await session.scalars(
        select(OutletRow)
        .join(OrgRow, OrgRow.id == OutletRow.org_id)
        .where(sees_org(viewer))
        .order_by(OutletRow.position, OutletRow.id)
    )
    return tuple(
        Place(
            outlet=Outlet(
                id=row.id,
                org_id=row.org_id,
                name=row.name,
                city=row.city,
                region_code=row.region_code,
                tz=row.tz,
                hours=row.hours,
                accepts_calls=row.accepts_calls,
                works_on_holidays=row.works_on_holidays,
                exceptions=days.exceptions.get(row.id, ()),
                override=days.overrides.get(row.id),
            ),
            address=row.address,
            has_phones=row.id in with_phones,
            lat=row.lat,
            lon=row.lon,
        )
        for row in rows
    )
