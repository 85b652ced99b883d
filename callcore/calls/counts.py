"""How many calls: by tracked number and by region, in one grouped query each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import ANSWERED, LOST
from callcore.calls.rights import scope_of
from callcore.calls.tables import CallRow
from callcore.network.model import Viewer


@dataclass(frozen=True, slots=True)
class RegionCalls:
    """`total` is what the journal shows; `answered` and `lost` together are those of customers that have ended."""

    total: int
    answered: int
    lost: int

    @property
    def share(self) -> int | None:
        """Per cent answered; None while nothing has ended."""
        ended = self.answered + self.lost
        return round(100 * self.answered / ended) if ended else None


async def calls_by_did(session: AsyncSession, viewer: Viewer, since: datetime) -> dict[int, int]:
    """Of the calls that the viewer may see; numbers without any are left out."""
    scope = await scope_of(session, viewer)
    rows = await session.execute(
        select(CallRow.did_id, func.count())
        .where(CallRow.did_id.is_not(None), CallRow.started_at >= since, scope.calls())
        .group_by(CallRow.did_id)
    )
    return {did_id: count for did_id, count in rows if did_id is not None}


async def calls_by_region(session: AsyncSession, viewer: Viewer, since: datetime) -> dict[str, RegionCalls]:
    """As `calls_by_did`; calls of unknown regions are left out."""
    scope = await scope_of(session, viewer)
    answered = func.sum(case((CallRow.result.in_(ANSWERED), 1), else_=0))
    lost = func.sum(case((CallRow.result.in_(LOST), 1), else_=0))
    rows = await session.execute(
        select(CallRow.region_code, func.count(), answered, lost)
        .where(CallRow.region_code.is_not(None), CallRow.started_at >= since, scope.calls())
        .group_by(CallRow.region_code)
    )
    return {code: RegionCalls(total, int(yes), int(no)) for code, total, yes, no in rows if code is not None}
