"""Read side: the report on orders. Everybody's is of the orders that he may see; what is only offered is not in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.sql_time import seconds_between
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, RegionRow, UserRow
from callcore.orders.desk_tables import OrderDeclineRow
from callcore.orders.list_conditions import is_overdue
from callcore.orders.model import Fault, OrderKind, OrderResult
from callcore.orders.report_model import (
    Cut,
    OrderFigures,
    OrdersReport,
    ReasonLine,
    ReportLine,
    Span,
    whole_percents,
)
from callcore.orders.rights import order_reach
from callcore.orders.tables import OrderReasonRow, OrderRow

_Key = tuple[Any, ...]
_COLUMNS: Final[Mapping[Cut, tuple[Any, ...]]] = {
    Cut.DEALER: (OrderRow.org_id,),
    Cut.MANAGER: (OrderRow.manager_id,),
    Cut.REGION: (OrderRow.region_code,),
    Cut.CAMPAIGN: (OrderRow.source, OrderRow.medium, OrderRow.campaign),
}
_NAMES: Final[Mapping[Cut, tuple[Any, Any]]] = {
    Cut.DEALER: (OrgRow.id, OrgRow.name),
    Cut.MANAGER: (UserRow.id, UserRow.full_name),
    Cut.REGION: (RegionRow.code, RegionRow.name),
}
_IS_DONE: Final = OrderRow.result == OrderResult.DONE.value
_IS_FAILED: Final = OrderRow.result == OrderResult.FAILED.value
_DURATIONS: Final = (
    (OrderRow.accepted_at, OrderRow.accepted_at.is_not(None)),
    (OrderRow.contacted_at, OrderRow.contacted_at.is_not(None)),
    (OrderRow.closed_at, _IS_DONE),
)


async def orders_report(
    session: AsyncSession, viewer: Viewer, span: Span, cut: Cut, now: datetime, org_id: int | None = None
) -> OrdersReport:
    """`org_id`: of the orders of this dealer alone."""
    own = (await order_reach(session, viewer, now)).own()
    if org_id is not None:
        own = and_(own, OrderRow.org_id == org_id)
    length = span.until - span.since
    came = _came(own, span.since, span.until)
    refused = await _refused(session, came) if viewer.is_staff and org_id is None else {}
    total = await _whole(session, own, span.since, span.until, now)
    lines = await _lines(session, own, span, cut, now)
    return OrdersReport(
        total=replace(total, refused=sum(refused.values())),
        before=await _whole(session, own, span.since - length, span.since, now),
        lines=tuple(_with_refusals(lines, refused)) if cut is Cut.DEALER else lines,
        **await _why_failed(session, came),
    )


def _with_refusals(
    lines: Sequence[ReportLine], refused: Mapping[tuple[int, str], int]
) -> Iterator[ReportLine]:
    """Also those dealers who only refused."""
    counts = {str(org_id): count for (org_id, _), count in refused.items()}
    for line in lines:
        yield replace(line, figures=replace(line.figures, refused=counts.pop(line.key[0], 0)))
    for (org_id, name), count in refused.items():
        if str(org_id) in counts:
            yield ReportLine((str(org_id),), name, OrderFigures(refused=count))


async def _refused(session: AsyncSession, came: ColumnElement[bool]) -> dict[tuple[int, str], int]:
    """How often each dealer did."""
    rows = await session.execute(
        select(OrderDeclineRow.org_id, OrgRow.name, func.count())
        .join(OrderRow, OrderRow.id == OrderDeclineRow.order_id)
        .join(OrgRow, OrgRow.id == OrderDeclineRow.org_id)
        .where(came)
        .group_by(OrderDeclineRow.org_id, OrgRow.name)
        .order_by(func.count().desc(), OrgRow.name)
    )
    return {(org_id, name): count for org_id, name, count in rows}


def _came(own: ColumnElement[bool], since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(
        own,
        OrderRow.kind == OrderKind.ORDER.value,
        OrderRow.created_at >= since,
        OrderRow.created_at < until,
    )


async def _whole(
    session: AsyncSession, own: ColumnElement[bool], since: datetime, until: datetime, now: datetime
) -> OrderFigures:
    return (await _figures(session, (), _came(own, since, until), now)).get((), OrderFigures())


async def _lines(
    session: AsyncSession, own: ColumnElement[bool], span: Span, cut: Cut, now: datetime
) -> tuple[ReportLine, ...]:
    """Months in their order, everything else with the most orders first."""
    if cut is Cut.MONTH:
        bounds = [span.since, *_months_within(span), span.until]
        found = [(since, await _whole(session, own, since, until, now)) for since, until in pairwise(bounds)]
        zone = ZoneInfo(span.tz)
        return tuple(
            ReportLine((f"{since.astimezone(zone):%Y-%m}",), "", figures) for since, figures in found
        )
    groups = await _figures(session, _COLUMNS[cut], _came(own, span.since, span.until), now)
    names = await _names(session, cut, groups)
    lines = (
        ReportLine(tuple("" if part is None else str(part) for part in key), names.get(key[0], ""), figures)
        for key, figures in groups.items()
    )
    return tuple(sorted(lines, key=lambda line: (-line.figures.came, line.name, line.key)))


def _months_within(span: Span) -> list[datetime]:
    """Midnights of the firsts between both ends."""
    found: list[datetime] = []
    at = span.since.astimezone(ZoneInfo(span.tz))
    while True:
        at = (at.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(
            day=1
        )
        if at >= span.until:
            return found
        found.append(at)


async def _names(session: AsyncSession, cut: Cut, groups: Mapping[_Key, OrderFigures]) -> dict[Any, str]:
    if cut not in _NAMES:
        return {}
    code, name = _NAMES[cut]
    rows = await session.execute(select(code, name).where(code.in_([key[0] for key in groups if key[0]])))
    return {key: text for key, text in rows}  # noqa: C416 - rows are no pairs to mypy


async def _figures(
    session: AsyncSession, keys: Sequence[Any], came: ColumnElement[bool], now: datetime
) -> dict[_Key, OrderFigures]:
    in_time = _IS_DONE & (OrderRow.closed_at <= func.coalesce(OrderRow.due_at, OrderRow.closed_at))
    earned = func.coalesce(OrderRow.earned_kopecks, OrderRow.total_kopecks)
    counts = [
        func.sum(case((condition, 1), else_=0))
        for condition in (OrderRow.accepted_at.is_not(None), _IS_DONE, _IS_FAILED, is_overdue(now), in_time)
    ]
    money = func.sum(case((_IS_DONE, earned), else_=0))
    rows = await session.execute(select(func.count(), *counts, money, *keys).where(came).group_by(*keys))
    found = {
        tuple(key): OrderFigures(
            came=number,
            taken=int(taken),
            done=int(done),
            failed=int(failed),
            overdue=int(late),
            in_time=int(kept),
            earned_kopecks=int(kopecks),
        )
        for number, taken, done, failed, late, kept, kopecks, *key in rows
        if number
    }
    takes, talks, sales = [
        await _medians(session, keys, end, and_(came, condition)) for end, condition in _DURATIONS
    ]
    return {
        key: replace(one, take_s=takes.get(key), contact_s=talks.get(key), sale_s=sales.get(key))
        for key, one in found.items()
    }


async def _medians(
    session: AsyncSession, keys: Sequence[Any], end: Any, condition: ColumnElement[bool]
) -> dict[_Key, float]:
    """The middle of the waits from creation to `end`, or the mean of both middles."""
    wait = seconds_between(OrderRow.created_at, end)
    named = [column.label(f"key_{at}") for at, column in enumerate(keys)]
    ranked = select(
        *named,
        wait.label("wait"),
        func.row_number().over(partition_by=keys or None, order_by=wait).label("place"),
        func.count().over(partition_by=keys or None).label("number"),
    ).where(condition)
    inner = ranked.subquery()
    parts = [inner.c[f"key_{at}"] for at in range(len(keys))]
    middle = inner.c.place.in_([(inner.c.number + 1) // 2, (inner.c.number + 2) // 2])
    rows = await session.execute(select(func.avg(inner.c.wait), *parts).where(middle).group_by(*parts))
    return {tuple(key): max(0.0, float(value)) for value, *key in rows if value is not None}


async def _why_failed(session: AsyncSession, came: ColumnElement[bool]) -> dict[str, Any]:
    count = func.count()
    rows = (
        await session.execute(
            select(OrderReasonRow.title, OrderReasonRow.fault, count)
            .select_from(OrderRow)
            .outerjoin(OrderReasonRow, OrderReasonRow.id == OrderRow.reason_id)
            .where(came, _IS_FAILED)
            .group_by(OrderReasonRow.id, OrderReasonRow.title, OrderReasonRow.fault)
            .order_by(count.desc(), OrderReasonRow.title)
        )
    ).all()
    faults: dict[Fault | None, int] = {}
    told = [(title or "", Fault(fault) if fault else None, number) for title, fault, number in rows]
    for _, fault, number in told:
        faults[fault] = faults.get(fault, 0) + number
    shares = whole_percents([number for *_, number in told])
    return {
        "reasons": tuple(ReasonLine(*one, share) for one, share in zip(told, shares, strict=True)),
        "faults": tuple(zip(faults, whole_percents(list(faults.values())), strict=True)),
    }
