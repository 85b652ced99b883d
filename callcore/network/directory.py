"""Reads the whole selling network for routing and for the tracker: a few small queries, no joins."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.coming_days import ComingDays, load_coming_days
from callcore.network.directory_rows import Did, Directory, Org, Outlet, Person, Phone, Region
from callcore.network.duty import load_shifts
from callcore.network.model import OrgKind, OrgState, PhoneOwner
from callcore.network.pauses import open_pauses
from callcore.network.policies import load_policies
from callcore.network.policy import Ringing
from callcore.network.regions import neighbours_of
from callcore.network.tables import (
    DidRow,
    OrgRegionRow,
    OrgRow,
    OutletRow,
    PhoneRow,
    RegionRow,
    UserRow,
)
from dialplans import contract


async def load_directory(session: AsyncSession, now: datetime | None = None) -> Directory:
    """Inactive phones, phones of people who left, and inactive DIDs are not in it; suspended organisations are.
    Holidays, exceptions, overrides, shifts and pauses are those that hold at `now` or later; without it there are
    none."""
    orgs = await _orgs(session)
    days = await load_coming_days(session, now) if now is not None else ComingDays()
    outlets = await _outlets(session, days)
    return Directory(
        regions=await _regions(session),
        orgs=orgs,
        outlets=outlets,
        phones=await _phones(session, {outlet.id: outlet.org_id for outlet in outlets}, now, days),
        dids=await tracked_numbers(session),
        calendar=days.calendar,
        shifts=await load_shifts(session, now) if now is not None else (),
        policies=await load_policies(session),
    )


async def _regions(session: AsyncSession) -> tuple[Region, ...]:
    rows = await session.scalars(select(RegionRow).order_by(RegionRow.code))
    return tuple(Region(row.code, row.name, row.tz, neighbours_of(row.code)) for row in rows)


async def _orgs(session: AsyncSession) -> tuple[Org, ...]:
    served: dict[int, list[str]] = defaultdict(list)
    for row in await session.scalars(select(OrgRegionRow)):
        served[row.org_id].append(row.region_code)
    return tuple(
        Org(
            id=row.id,
            kind=OrgKind(row.kind),
            path=row.path,
            name=row.name,
            tz=row.tz,
            state=OrgState(row.state),
            takes_site_calls=row.takes_site_calls,
            region_codes=tuple(sorted(served[row.id])),
            is_authorised=row.is_authorised,
            points=row.points,
            region_code=row.region_code,
            rating=row.rating,
        )
        for row in await session.scalars(select(OrgRow).order_by(OrgRow.id))
    )


async def _outlets(session: AsyncSession, days: ComingDays) -> tuple[Outlet, ...]:
    return tuple(
        Outlet(
            id=row.id,
            org_id=row.org_id,
            name=row.name,
            city=row.city,
            region_code=row.region_code,
            tz=row.tz,
            hours=row.hours,
            accepts_calls=row.accepts_calls,
            position=row.position,
            ring_s=row.ring_s,
            works_on_holidays=row.works_on_holidays,
            exceptions=days.exceptions.get(row.id, ()),
            override=days.overrides.get(row.id),
            max_calls=row.max_calls,
            ringing=Ringing(row.ringing),
        )
        for row in await session.scalars(select(OutletRow).order_by(OutletRow.id))
    )


async def _phones(
    session: AsyncSession, outlet_orgs: dict[int, int], now: datetime | None, days: ComingDays
) -> tuple[Phone, ...]:
    people = await _people(session, now, days)
    rows = await session.scalars(select(PhoneRow).where(PhoneRow.is_active).order_by(PhoneRow.id))
    return tuple(
        _phone(row, people, outlet_orgs) for row in rows if row.user_id is None or row.user_id in people
    )


def _phone(row: PhoneRow, people: dict[int, tuple[int, Person]], outlet_orgs: dict[int, int]) -> Phone:
    org_id, person = people[row.user_id] if row.user_id is not None else (None, None)
    return Phone(
        id=row.id,
        key=contract.PHONE_KEY.format(id=row.id),
        owner=PhoneOwner(row.owner),
        label=row.label,
        outlet_id=row.outlet_id,
        user_id=row.user_id,
        org_id=outlet_orgs.get(row.outlet_id or 0) or org_id,
        duty_position=row.duty_position,
        lines=row.lines,
        position=row.position,
        is_sip=row.kind == "sip",
        person=person,
        number="" if row.kind == "sip" else row.number,
    )


async def _people(
    session: AsyncSession, now: datetime | None, days: ComingDays
) -> dict[int, tuple[int, Person]]:
    """Organisation and person by user id; who left is not among them."""
    pauses = await open_pauses(session, now) if now is not None else {}
    rows = await session.execute(
        select(
            UserRow.id,
            UserRow.org_id,
            UserRow.full_name,
            UserRow.tz,
            UserRow.hours,
            UserRow.works_on_holidays,
        ).where(UserRow.is_active, UserRow.id.in_(select(PhoneRow.user_id)))
    )
    found: dict[int, tuple[int, Person]] = {}
    for user_id, org_id, name, tz, hours, works in rows:
        pause = pauses.get(user_id)
        found[user_id] = (
            org_id,
            Person(
                user_id,
                name,
                tz,
                hours,
                works,
                pause.reason if pause else "",
                pause.until if pause else None,
                days.of_people.get(user_id, ()),
            ),
        )
    return found


async def tracked_numbers(session: AsyncSession) -> tuple[Did, ...]:
    """Active ones, in the order of ids."""
    return tuple(
        Did(
            id=row.id,
            number=row.number,
            label=row.label,
            region_code=row.region_code,
            org_id=row.org_id,
            source=row.source,
            medium=row.medium,
            campaign=row.campaign,
            request_type=row.request_type,
            to_operators=row.to_operators,
            language=row.language,
            greeting=row.greeting,
            whisper=row.whisper,
            says_recorded=row.says_recorded,
            waiting=row.waiting,
            policy_id=row.policy_id,
        )
        for row in await session.scalars(select(DidRow).where(DidRow.is_active).order_by(DidRow.id))
    )
