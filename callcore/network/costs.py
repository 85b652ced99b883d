"""What dealers cost the manufacturer, month by month: words and the read side."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Forbidden
from callcore.network.cost_tables import DealerCostRow
from callcore.network.model import OrgKind, Role, Viewer
from callcore.network.tables import OrgRegionRow, OrgRow, RegionRow, UserRow

VALUE_READERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.MARKETER})
COST_EDITORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.MARKETER})


class CostKind(StrEnum):
    """Stored: never renamed."""

    ADS = "ads"
    CALLS = "calls"
    BONUS = "bonus"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CostView:
    id: int
    org_id: int
    org_name: str
    month: date
    kind: CostKind
    kopecks: int
    note: str
    is_imported: bool
    author: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CostPage:
    """Of one month, None when there are no costs at all; `kopecks` is its sum. `months` are all that have costs, newest
    first."""

    month: date | None
    items: tuple[CostView, ...]
    kopecks: int
    months: tuple[date, ...]


async def costs_by_org(session: AsyncSession, first: date, last: date) -> Mapping[int, int]:
    """Kopecks by dealer, of the months from `first` to `last`, both days within them."""
    rows = await session.execute(
        select(DealerCostRow.org_id, func.sum(DealerCostRow.kopecks))
        .where(
            DealerCostRow.month >= first.replace(day=1),
            DealerCostRow.month <= last,
            DealerCostRow.removed_at.is_(None),
        )
        .group_by(DealerCostRow.org_id)
    )
    return {org_id: int(kopecks) for org_id, kopecks in rows}


@dataclass(frozen=True, slots=True)
class DealerName:
    """`serves` its own region and those besides."""

    id: int
    name: str
    region_name: str
    points: int
    serves: frozenset[str]


async def dealer_names(session: AsyncSession) -> tuple[DealerName, ...]:
    """All dealers and subdealers, in order of names."""
    serves: defaultdict[int, set[str]] = defaultdict(set)
    for org_id, code in await session.execute(select(OrgRegionRow.org_id, OrgRegionRow.region_code)):
        serves[org_id].add(code)
    rows = await session.execute(
        select(OrgRow.id, OrgRow.name, OrgRow.points, OrgRow.region_code, RegionRow.name)
        .outerjoin(RegionRow, RegionRow.code == OrgRow.region_code)
        .where(OrgRow.kind != OrgKind.MANUFACTURER.value)
        .order_by(OrgRow.name, OrgRow.id)
    )
    return tuple(
        DealerName(
            org_id, name, region or "", points, frozenset(serves[org_id] | ({code} if code else set()))
        )
        for org_id, name, points, code, region in rows
    )


async def list_costs(session: AsyncSession, viewer: Viewer, month: date | None = None) -> CostPage:
    """Of the newest month unless one that has costs is named. Raises Forbidden."""
    if viewer.role not in VALUE_READERS:
        raise Forbidden("not-value-reader")
    stands = DealerCostRow.removed_at.is_(None)
    kept = await session.scalars(
        select(DealerCostRow.month).where(stands).distinct().order_by(DealerCostRow.month.desc())
    )
    months = tuple(kept)
    shown = month if month in months else next(iter(months), None)
    rows = await session.execute(
        select(DealerCostRow, OrgRow.name, UserRow.full_name)
        .join(OrgRow, OrgRow.id == DealerCostRow.org_id)
        .outerjoin(UserRow, UserRow.id == DealerCostRow.author_id)
        .where(stands, DealerCostRow.month == shown)
        .order_by(OrgRow.name, DealerCostRow.id.desc())
    )
    items = tuple(
        CostView(
            row.id, row.org_id, name, row.month, CostKind(row.kind), row.kopecks, row.note, bool(row.batch),
            author or "", row.made_at,
        )
        for row, name, author in rows
    )  # fmt: skip
    return CostPage(shown, items, sum(one.kopecks for one in items), months)
