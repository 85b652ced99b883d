"""Read side of the points ledger: the entries of one dealer, newest first, and the sum over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import NotFound
from callcore.network.dealers import sees_org
from callcore.network.ledger import PointsKind
from callcore.network.model import Role, Viewer
from callcore.network.policy_tables import PointsEntryRow
from callcore.network.tables import OrgRow, UserRow

ADJUSTERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
MAX_PAGE: Final = 100
MAX_CHART: Final = 500


@dataclass(frozen=True, slots=True)
class PointsEntry:
    """`balance` is the sum with this entry. `actor_name` is empty when the system counted."""

    id: int
    at: datetime
    kind: PointsKind
    points: int
    balance: int
    reason: str
    call_id: str
    order_id: int | None
    actor_name: str


@dataclass(frozen=True, slots=True)
class Balance:
    """The sum from `at` on."""

    at: datetime
    points: int


@dataclass(frozen=True, slots=True)
class PointsPage:
    """Entries from the newest; `next_before` is the id to go on from, None at the end. `history` is of the newest
    MAX_CHART entries, oldest first, its first item the sum before them."""

    org_id: int
    org_name: str
    points: int
    entries: tuple[PointsEntry, ...]
    next_before: int | None
    history: tuple[Balance, ...]
    may_adjust: bool


def may_adjust_points(viewer: Viewer) -> bool:
    return viewer.role in ADJUSTERS


async def points_of(
    session: AsyncSession, viewer: Viewer, org_id: int, *, before: int | None = None, limit: int = 50
) -> PointsPage:
    """Raises NotFound for a dealer of whom this viewer may not know."""
    org = await dealer_of(session, viewer, org_id)
    limit = max(1, min(limit, MAX_PAGE))
    wanted = (
        select(PointsEntryRow, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == PointsEntryRow.actor_id)
        .where(PointsEntryRow.org_id == org_id)
        .order_by(PointsEntryRow.id.desc())
    )
    if before is not None:
        wanted = wanted.where(PointsEntryRow.id < before)
    rows = (await session.execute(wanted.limit(limit + 1))).all()
    shown = rows[:limit]
    total = await _sum_until(session, org_id, shown[0][0].id) if shown else 0
    return PointsPage(
        org_id=org.id,
        org_name=org.name,
        points=org.points,
        entries=_entries(shown, total),
        next_before=shown[-1][0].id if len(rows) > limit else None,
        history=await _history(session, org_id),
        may_adjust=may_adjust_points(viewer),
    )


async def dealer_of(session: AsyncSession, viewer: Viewer, org_id: int) -> OrgRow:
    """Raises NotFound for a dealer of whom this viewer may not know."""
    org = await session.scalar(select(OrgRow).where(OrgRow.id == org_id, sees_org(viewer)))
    if org is None:
        raise NotFound("dealer-not-found")
    return org


def _entries(rows: Sequence[tuple[PointsEntryRow, str | None]], balance: int) -> tuple[PointsEntry, ...]:
    entries = []
    for row, actor_name in rows:
        entries.append(
            PointsEntry(
                id=row.id,
                at=row.at,
                kind=PointsKind(row.kind),
                points=row.points,
                balance=balance,
                reason=row.reason,
                call_id=row.call_id,
                order_id=row.order_id,
                actor_name=actor_name or "",
            )
        )
        balance -= row.points
    return tuple(entries)


async def _sum_until(session: AsyncSession, org_id: int, entry_id: int) -> int:
    found = await session.scalar(
        select(func.coalesce(func.sum(PointsEntryRow.points), 0)).where(
            PointsEntryRow.org_id == org_id, PointsEntryRow.id <= entry_id
        )
    )
    return int(found or 0)


async def _history(session: AsyncSession, org_id: int) -> tuple[Balance, ...]:
    newest = await session.execute(
        select(PointsEntryRow.id, PointsEntryRow.at, PointsEntryRow.points)
        .where(PointsEntryRow.org_id == org_id)
        .order_by(PointsEntryRow.id.desc())
        .limit(MAX_CHART)
    )
    rows = newest.all()[::-1]
    if not rows:
        return ()
    first_id, first_at, first_points = rows[0]
    total = await _sum_until(session, org_id, first_id) - first_points
    history = [Balance(first_at, total)]
    for _, at, points in rows:
        total += points
        history.append(Balance(at, total))
    return tuple(history)
