"""What customers say of dealers: surveys and complaints on the requests of a period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.messaging.feedback import FeedbackKind
from callcore.messaging.tables import FeedbackRow, SurveyRow
from callcore.orders.tables import OrderRow


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """`complaints` are orders that were complained of; `score` the mean of `answers` surveys, 1 to 5."""

    complaints: int = 0
    answers: int = 0
    score: float | None = None


NOTHING_SAID = Satisfaction()


async def satisfaction_by_org(
    session: AsyncSession, since: datetime, until: datetime, region_code: str = ""
) -> Mapping[int, Satisfaction]:
    """By dealer, of what came from `since` (inclusive) to `until` (exclusive), from one region when it is named."""
    came = and_(OrderRow.created_at >= since, OrderRow.created_at < until, OrderRow.deleted_at.is_(None))
    if region_code:
        came &= OrderRow.region_code == region_code
    complaints = await session.execute(
        select(FeedbackRow.org_id, func.count(FeedbackRow.order_id.distinct()))
        .join(OrderRow, OrderRow.id == FeedbackRow.order_id)
        .where(came, FeedbackRow.kind == FeedbackKind.COMPLAINT.value, FeedbackRow.org_id.is_not(None))
        .group_by(FeedbackRow.org_id)
    )
    found = {org_id: Satisfaction(complaints=count) for org_id, count in complaints if org_id is not None}
    scores = await session.execute(
        select(SurveyRow.org_id, func.count(), func.avg(SurveyRow.score))
        .join(OrderRow, OrderRow.id == SurveyRow.order_id)
        .where(came, SurveyRow.score.is_not(None), SurveyRow.org_id.is_not(None))
        .group_by(SurveyRow.org_id)
    )
    for org_id, answers, mean in scores:
        if org_id is None:
            continue
        known = found.get(org_id, NOTHING_SAID)
        found[org_id] = Satisfaction(known.complaints, answers, float(mean))
    return found
