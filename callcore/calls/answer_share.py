"""How many of the calls that were theirs to answer dealers answered, by the same fates as the report on telephones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.efficiency_model import WHOLE, Fate, Level
from callcore.calls.efficiency_sql import Conditions, offers
from callcore.calls.rights import Scope
from callcore.calls.tables import CallRow


@dataclass(frozen=True, slots=True)
class Answered:
    """`own` calls were offered and taken by nobody else."""

    own: int = 0
    answered: int = 0

    @property
    def percent(self) -> float | None:
        return 100 * self.answered / self.own if self.own else None


async def answered_by_org(
    session: AsyncSession, since: datetime, until: datetime, region_code: str = ""
) -> Mapping[int, Answered]:
    """By organisation, of calls that began from `since` to `until`, from one region when it is named."""
    when: Conditions = (CallRow.started_at >= since, CallRow.started_at < until)
    if region_code:
        when += (CallRow.region_code == region_code,)
    found = offers(Level.DEALER, WHOLE, Scope(None), when)
    answered = func.sum(case((found.c.fate == Fate.ANSWERED, 1), else_=0))
    own = func.sum(case((found.c.fate != Fate.TAKEN, 1), else_=0))
    rows = await session.execute(select(found.c.key, own, answered).group_by(found.c.key))
    return {org_id: Answered(int(mine), int(taken)) for org_id, mine, taken in rows}


async def spent_by_org(session: AsyncSession, since: datetime, until: datetime) -> Mapping[int, int]:
    """Kopecks that the carrier took for calls out, by organisation."""
    rows = await session.execute(
        select(AttemptRow.org_id, func.sum(AttemptRow.cost_kopecks))
        .where(AttemptRow.made_at >= since, AttemptRow.made_at < until, AttemptRow.org_id.is_not(None))
        .group_by(AttemptRow.org_id)
    )
    return {org_id: int(kopecks) for org_id, kopecks in rows if org_id and kopecks}
