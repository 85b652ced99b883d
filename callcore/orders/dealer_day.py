"""A dealer's own day: what waits for him, how his rating stands, what the month has brought. Own orders and those below."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Forbidden
from callcore.network.model import DEALER_ROLES, OrgKind, OrgState, Viewer
from callcore.network.policy_tables import PointsEntryRow
from callcore.network.tables import OrgRow
from callcore.orders.list_tabs import bounded
from callcore.orders.model import OrderClass, OrderResult
from callcore.orders.rights import OrderReach, order_reach
from callcore.orders.tables import OrderRow

ON_TIME_OVER: Final = timedelta(days=90)
LISTED: Final = 6


@dataclass(frozen=True, slots=True)
class Month:
    """Fulfilled orders of a calendar month on the viewer's clock, and what customers paid for them."""

    done: int
    earned_kopecks: int


@dataclass(frozen=True, slots=True)
class PointsNews:
    at: datetime
    points: int
    kind: str  # PointsKind
    reason: str
    order_number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerDay:
    """`available` None: this dealer sees only his own. `place` among the `rivals` dealers that work, the best is 1; those
    with equal points share it. `on_time_percent` of the orders fulfilled in ON_TIME_OVER, None without any."""

    org_id: int
    available: int | None
    owe_call: int
    running: int
    problems: int
    points: int
    place: int
    rivals: int
    news: tuple[PointsNews, ...]
    this_month: Month
    last_month: Month
    on_time_percent: int | None


async def dealer_day(session: AsyncSession, viewer: Viewer, now: datetime) -> DealerDay:
    """Raises Forbidden for who is not a dealer's."""
    if viewer.role not in DEALER_ROLES:
        raise Forbidden("not-dealer")
    reach = await order_reach(session, viewer, now)
    available, owe_call, running, problems = await _counts(session, reach)
    org = await session.get_one(OrgRow, viewer.org_id)
    works = and_(OrgRow.kind != OrgKind.MANUFACTURER.value, OrgRow.state == OrgState.ACTIVE.value)
    ahead, rivals = (
        await session.execute(
            select(func.coalesce(func.sum(case((OrgRow.points > org.points, 1), else_=0)), 0), func.count())
            .select_from(OrgRow)
            .where(works)
        )
    ).one()
    local = now.astimezone(ZoneInfo(viewer.tz))
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = (first - timedelta(days=1)).replace(day=1)
    return DealerDay(
        org_id=org.id,
        available=available if reach.sees_available and not reach.only_own_site else None,
        owe_call=owe_call,
        running=running,
        problems=problems,
        points=org.points,
        place=ahead + 1,
        rivals=rivals,
        news=await _news(session, org.id),
        this_month=await _month(session, reach, first, _next_month(first)),
        last_month=await _month(session, reach, before, first),
        on_time_percent=await _on_time(session, reach, now - ON_TIME_OVER),
    )


async def _counts(session: AsyncSession, reach: OrderReach) -> tuple[int, int, int, int]:
    own, is_running = reach.own(), OrderRow.status_class != OrderClass.CLOSED.value
    row = await session.execute(
        select(
            bounded(reach.available()),
            bounded(own, OrderRow.status_class == OrderClass.WAITING.value),
            bounded(own, is_running),
            bounded(own, is_running, OrderRow.attention_at <= reach.now),
        )
    )
    available, owe_call, running, problems = row.one()
    return available, owe_call, running, problems


async def _news(session: AsyncSession, org_id: int) -> tuple[PointsNews, ...]:
    rows = await session.execute(
        select(PointsEntryRow, OrderRow.number)
        .outerjoin(OrderRow, OrderRow.id == PointsEntryRow.order_id)
        .where(PointsEntryRow.org_id == org_id)
        .order_by(PointsEntryRow.id.desc())
        .limit(LISTED)
    )
    return tuple(PointsNews(row.at, row.points, row.kind, row.reason, number) for row, number in rows)


def _fulfilled(reach: OrderReach) -> ColumnElement[bool]:
    return and_(reach.own(), OrderRow.result == OrderResult.DONE.value)


async def _month(session: AsyncSession, reach: OrderReach, since: datetime, until: datetime) -> Month:
    earned = func.coalesce(OrderRow.earned_kopecks, OrderRow.total_kopecks)
    row = await session.execute(
        select(func.count(), func.coalesce(func.sum(earned), 0))
        .select_from(OrderRow)
        .where(_fulfilled(reach), OrderRow.closed_at >= since, OrderRow.closed_at < until)
    )
    done, kopecks = row.one()
    return Month(done, int(kopecks))


def _next_month(first: datetime) -> datetime:
    return (first + timedelta(days=32)).replace(day=1)


async def _on_time(session: AsyncSession, reach: OrderReach, since: datetime) -> int | None:
    in_time = case((OrderRow.closed_at <= func.coalesce(OrderRow.due_at, OrderRow.closed_at), 1), else_=0)
    row = await session.execute(
        select(func.count(), func.coalesce(func.sum(in_time), 0))
        .select_from(OrderRow)
        .where(_fulfilled(reach), OrderRow.closed_at >= since)
    )
    done, kept = row.one()
    return round(int(kept) * 100 / done) if done else None
