"""Read side of the network: dealers as a list, one dealer. A dealer's people see their own organisation and those below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import NotFound
from callcore.network.model import DEALER_ROLES, OrgKind, OrgState, Role, Viewer
from callcore.network.staff_tables import OrgPhoneRow
from callcore.network.tables import OrgRegionRow, OrgRow, OutletRow, PhoneRow, RegionRow, UserRow

MAX_PAGE = 100
MAX_TEXT_CHARS = 80


@dataclass(frozen=True, slots=True)
class DealerFilter:
    """Every field but the last narrows; empty and None do not. `region_code`: the main region or one that it serves."""

    text: str = ""
    region_code: str = ""
    state: OrgState | None = None
    takes_site_calls: bool | None = None
    takes_site_orders: bool | None = None
    is_authorised: bool | None = None
    by_points: bool = False  # the order: most points first, instead of names


@dataclass(frozen=True, slots=True)
class DealerBrief:
    id: int
    name: str
    parent_name: str
    region_name: str
    is_authorised: bool
    takes_site_orders: bool
    takes_site_calls: bool
    points: int
    created_at: datetime
    state: OrgState
    logo: str = ""


@dataclass(frozen=True, slots=True)
class DealerPage:
    """In the order that was asked for; `next_after` is the id to go on from, None at the end."""

    items: tuple[DealerBrief, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class OutletBrief:
    id: int
    name: str
    city: str
    address: str
    accepts_calls: bool


@dataclass(frozen=True, slots=True)
class PersonBrief:
    id: int
    full_name: str
    email: str
    role: Role
    is_active: bool


@dataclass(frozen=True, slots=True)
class DealerPhone:
    """`number` is E.164 or empty for a phone with an extension."""

    id: int
    label: str
    number: str
    extension: str
    outlet_name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class DealerCard:
    brief: DealerBrief
    site_url: str
    email: str
    card_phones: tuple[str, ...]
    description: str
    promotions: str
    tz: str
    more_regions: tuple[str, ...]
    outlets: tuple[OutletBrief, ...]
    people: tuple[PersonBrief, ...]
    phones: tuple[DealerPhone, ...]
    subdealers: tuple[DealerBrief, ...]


def sees_org(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on OrgRow: dealers that this viewer may know of."""
    dealers = OrgRow.kind != OrgKind.MANUFACTURER.value
    if viewer.is_staff:
        return dealers
    reach = viewer.org_path if viewer.role in DEALER_ROLES else "nowhere"
    return dealers & OrgRow.path.startswith(reach, autoescape=True)


async def find_dealers(
    session: AsyncSession, viewer: Viewer, wanted: DealerFilter, *, after: int | None, limit: int
) -> DealerPage:
    """At most MAX_PAGE dealers. An `after` of nobody begins from the beginning."""
    limit = max(1, min(limit, MAX_PAGE))
    found = _briefs().where(sees_org(viewer), *_conditions(wanted))
    last = await session.get(OrgRow, after) if after is not None else None
    if wanted.by_points:
        found = found.order_by(OrgRow.points.desc(), OrgRow.name, OrgRow.id)
        if last is not None:
            place = tuple_(-OrgRow.points, OrgRow.name, OrgRow.id)
            found = found.where(place > tuple_(-last.points, last.name, last.id))
    else:
        found = found.order_by(OrgRow.name, OrgRow.id)
        if last is not None:
            found = found.where(tuple_(OrgRow.name, OrgRow.id) > tuple_(last.name, last.id))
    rows = (await session.execute(found.limit(limit + 1))).all()
    items = await _with_parents(session, viewer, rows[:limit])
    return DealerPage(items, items[-1].id if len(rows) > limit else None)


async def dealer_card(session: AsyncSession, viewer: Viewer, org_id: int) -> DealerCard:
    """Raises NotFound for a dealer of whom this viewer may not know."""
    rows = (await session.execute(_briefs().where(OrgRow.id == org_id, sees_org(viewer)))).all()
    if not rows:
        raise NotFound("dealer-not-found")
    org = rows[0][0]
    (brief,) = await _with_parents(session, viewer, rows)
    below = await session.execute(
        _briefs().where(OrgRow.parent_id == org_id, sees_org(viewer)).order_by(OrgRow.name, OrgRow.id)
    )
    outlets = await session.scalars(
        select(OutletRow).where(OutletRow.org_id == org_id).order_by(OutletRow.position, OutletRow.id)
    )
    people = await session.scalars(
        select(UserRow)
        .where(UserRow.org_id == org_id)
        .order_by(UserRow.is_active.desc(), UserRow.full_name, UserRow.id)
    )
    return DealerCard(
        brief=brief,
        site_url=org.site_url,
        email=org.email,
        card_phones=tuple(
            await session.scalars(
                select(OrgPhoneRow.number).where(OrgPhoneRow.org_id == org_id).order_by(OrgPhoneRow.id)
            )
        ),
        description=org.description,
        promotions=org.promotions,
        tz=org.tz,
        more_regions=await _more_regions(session, org),
        outlets=tuple(OutletBrief(o.id, o.name, o.city, o.address, o.accepts_calls) for o in outlets),
        people=tuple(PersonBrief(p.id, p.full_name, p.email, Role(p.role), p.is_active) for p in people),
        phones=await _phones(session, org_id),
        subdealers=tuple(_brief(below_org, region) for below_org, region in below),
    )


async def region_names(session: AsyncSession) -> dict[str, str]:
    """By code, in order of names."""
    rows = await session.execute(select(RegionRow.code, RegionRow.name).order_by(RegionRow.name))
    return dict(rows.all())


def _briefs() -> Select[OrgRow, str]:
    return select(OrgRow, RegionRow.name).outerjoin(RegionRow, RegionRow.code == OrgRow.region_code)


def _brief(org: OrgRow, region_name: str | None, parent_name: str = "") -> DealerBrief:
    return DealerBrief(
        id=org.id,
        name=org.name,
        parent_name=parent_name,
        region_name=region_name or "",
        is_authorised=org.is_authorised,
        takes_site_orders=org.takes_site_orders,
        takes_site_calls=org.takes_site_calls,
        points=org.points,
        created_at=org.created_at,
        state=OrgState(org.state),
        logo=org.logo,
    )


async def _with_parents(
    session: AsyncSession, viewer: Viewer, rows: Sequence[tuple[OrgRow, str | None]]
) -> tuple[DealerBrief, ...]:
    """With the name of the dealer above, where there is one that the viewer may know."""
    ids = {org.parent_id for org, _ in rows}
    names = await session.execute(select(OrgRow.id, OrgRow.name).where(OrgRow.id.in_(ids), sees_org(viewer)))
    known = dict(names.all())
    return tuple(_brief(org, region, known.get(org.parent_id or 0, "")) for org, region in rows)


def _conditions(wanted: DealerFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if text := wanted.text.replace("\x00", "").strip()[:MAX_TEXT_CHARS]:
        # SQLite compares only ASCII letters without case, so the usual spellings of a name are tried
        spellings = sorted({text, text.lower(), text.upper(), text.capitalize(), text.title()})
        names = [OrgRow.name.contains(spelling, autoescape=True) for spelling in spellings]
        cities = [OutletRow.city.startswith(spelling, autoescape=True) for spelling in spellings]
        conditions.append(or_(*names, OrgRow.id.in_(select(OutletRow.org_id).where(or_(*cities)))))
    if wanted.region_code:
        serves = select(OrgRegionRow.org_id).where(OrgRegionRow.region_code == wanted.region_code)
        conditions.append(or_(OrgRow.region_code == wanted.region_code, OrgRow.id.in_(serves)))
    if wanted.state is not None:
        conditions.append(OrgRow.state == wanted.state.value)
    for column, value in (
        (OrgRow.takes_site_calls, wanted.takes_site_calls),
        (OrgRow.takes_site_orders, wanted.takes_site_orders),
        (OrgRow.is_authorised, wanted.is_authorised),
    ):
        if value is not None:
            conditions.append(column.is_(value))
    return conditions


async def _more_regions(session: AsyncSession, org: OrgRow) -> tuple[str, ...]:
    return tuple(
        await session.scalars(
            select(RegionRow.name)
            .join(OrgRegionRow, OrgRegionRow.region_code == RegionRow.code)
            .where(OrgRegionRow.org_id == org.id, RegionRow.code != func.coalesce(org.region_code, ""))
            .order_by(RegionRow.name)
        )
    )


async def _phones(session: AsyncSession, org_id: int) -> tuple[DealerPhone, ...]:
    """Of the outlets and of the people."""
    rows = await session.execute(
        select(PhoneRow, OutletRow.name)
        .outerjoin(OutletRow, OutletRow.id == PhoneRow.outlet_id)
        .outerjoin(UserRow, UserRow.id == PhoneRow.user_id)
        .where(or_(OutletRow.org_id == org_id, UserRow.org_id == org_id))
        .order_by(PhoneRow.id)
    )
    return tuple(
        DealerPhone(row.id, row.label, row.number, row.extension, outlet or "", row.is_active)
        for row, outlet in rows
    )
