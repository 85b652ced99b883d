"""What became of the requests that dealers were given: for the reports on dealers and for their rating."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import Direction
from callcore.calls.tables import CallRow
from callcore.kernel.sql_time import seconds_between
from callcore.orders.desk_tables import OrderDeclineRow
from callcore.orders.model import OrderResult
from callcore.orders.tables import OrderRow


@dataclass(frozen=True, slots=True)
class DealerResults:
    """`owned` requests and orders stand with the dealer, `declined` he refused or gave back; `done` of the owned were
    fulfilled and brought `revenue_kopecks`, `in_time` of them by their term. `first_call_s` is the mean wait for our first
    call to the customer, of the orders that were called; None without any."""

    owned: int = 0
    declined: int = 0
    done: int = 0
    in_time: int = 0
    revenue_kopecks: int = 0
    first_call_s: float | None = None

    @property
    def given(self) -> int:
        return self.owned + self.declined


NO_RESULTS = DealerResults()


async def dealer_results(
    session: AsyncSession, since: datetime, until: datetime, region_code: str = ""
) -> Mapping[int, DealerResults]:
    """By dealer, of what came from `since` (inclusive) to `until` (exclusive), from one region when it is named."""
    came = _came(since, until, region_code)
    declined = await _declined(session, came)
    waits = await _first_calls(session, came)
    is_done = OrderRow.result == OrderResult.DONE.value
    in_time = is_done & (OrderRow.closed_at <= func.coalesce(OrderRow.due_at, OrderRow.closed_at))
    earned = func.coalesce(OrderRow.earned_kopecks, OrderRow.total_kopecks)
    rows = await session.execute(
        select(
            OrderRow.org_id,
            func.count(),
            func.sum(case((is_done, 1), else_=0)),
            func.sum(case((in_time, 1), else_=0)),
            func.sum(case((is_done, earned), else_=0)),
        )
        .where(OrderRow.org_id.is_not(None), came)
        .group_by(OrderRow.org_id)
    )
    found = {
        org_id: DealerResults(
            owned, declined.get(org_id, 0), int(done), int(kept), int(revenue), waits.get(org_id)
        )
        for org_id, owned, done, kept, revenue in rows
    }
    return found | {
        org_id: DealerResults(declined=count) for org_id, count in declined.items() if org_id not in found
    }


def _came(since: datetime, until: datetime, region_code: str) -> ColumnElement[bool]:
    conditions = [
        OrderRow.created_at >= since,
        OrderRow.created_at < until,
        OrderRow.deleted_at.is_(None),
    ]
    if region_code:
        conditions.append(OrderRow.region_code == region_code)
    return and_(*conditions)


async def _declined(session: AsyncSession, came: ColumnElement[bool]) -> dict[int, int]:
    """One order counts once for a dealer, and not at all when it came back to him."""
    rows = await session.execute(
        select(OrderDeclineRow.org_id, func.count(OrderDeclineRow.order_id.distinct()))
        .join(OrderRow, OrderRow.id == OrderDeclineRow.order_id)
        .where(came, func.coalesce(OrderRow.org_id, 0) != OrderDeclineRow.org_id)
        .group_by(OrderDeclineRow.org_id)
    )
    return {org_id: count for org_id, count in rows}  # noqa: C416 - rows are no pairs to mypy


async def _first_calls(session: AsyncSession, came: ColumnElement[bool]) -> dict[int, float]:
    """From when the dealer had the order: accepted it, or got it as it came."""
    got_at = func.coalesce(OrderRow.accepted_at, OrderRow.created_at)
    first = (
        select(OrderRow.org_id, got_at.label("got_at"), func.min(CallRow.started_at).label("called_at"))
        .join(CallRow, CallRow.order_id == OrderRow.id)
        .where(
            came,
            OrderRow.org_id.is_not(None),
            CallRow.direction == Direction.OUTBOUND.value,
            CallRow.started_at >= got_at,
        )
        .group_by(OrderRow.id, OrderRow.org_id, got_at)
        .subquery()
    )
    rows = await session.execute(
        select(first.c.org_id, func.avg(seconds_between(first.c.got_at, first.c.called_at))).group_by(
            first.c.org_id
        )
    )
    return {org_id: float(mean) for org_id, mean in rows if mean is not None}
