"""The nightly check of the points at hand against their ledger."""

from datetime import datetime

from sqlalchemy import func, select

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.logs import get_logger
from callcore.network.ledger import write_points
from callcore.network.policy_tables import PointsEntryRow
from callcore.network.tables import OrgRow

_log = get_logger(__name__)


async def check_points(database: Database, clock: Clock) -> tuple[int, ...]:
    """The nightly check that the sum at hand is the sum of the entries. Returns the organisations that were mended."""
    sums = (
        select(PointsEntryRow.org_id, func.sum(PointsEntryRow.points).label("total"))
        .group_by(PointsEntryRow.org_id)
        .subquery()
    )
    wrong = (
        select(OrgRow.id)
        .outerjoin(sums, sums.c.org_id == OrgRow.id)
        .where(OrgRow.points != func.coalesce(sums.c.total, 0))
        .order_by(OrgRow.id)
    )
    async with database.session() as session:
        suspects = tuple(await session.scalars(wrong))
    return tuple([org_id for org_id in suspects if await _mend(database, org_id, clock.now())])


async def _mend(database: Database, org_id: int, now: datetime) -> bool:
    """The row is locked by a write first, so that no entry can come between the reading and the mending."""
    async with database.transaction() as session:
        await write_points(session, org_id, OrgRow.points)
        kept = await session.scalar(select(OrgRow.points).where(OrgRow.id == org_id))
        total = await session.scalar(
            select(func.coalesce(func.sum(PointsEntryRow.points), 0)).where(PointsEntryRow.org_id == org_id)
        )
        if kept is None or kept == total:
            return False
        await write_points(session, org_id, total)
        audit.record(
            session,
            at=now,
            actor_id=None,
            action="points:repaired",
            entity="org",
            entity_id=org_id,
            kept=kept,
            total=total,
        )
    _log.error("points differed from their entries", org_id=org_id, kept=kept, total=total)
    return True
