"""The report on telephones: for everybody of a level, for all together, by day and by hour, beside the period before."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import CTE, ColumnElement, case, exists, false, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.efficiency_model import (
    NO_FIGURES,
    WHOLE,
    Bar,
    Fate,
    Figures,
    Level,
    Line,
    Period,
    Report,
    Subject,
)
from callcore.calls.efficiency_sql import Conditions, back_at, local_seconds, made, offers
from callcore.calls.rights import Scope, scope_of
from callcore.calls.tables import CallRow
from callcore.kernel.errors import NotFound
from callcore.kernel.sql_time import seconds_between
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, OutletRow, UserRow

MAX_LINES: Final = 2000
_EVERYWHERE: Final = Scope(None)
_EPOCH_DAY: Final = date(1970, 1, 1)
_BARS: Final = (Fate.ANSWERED, Fate.DECLINED, Fate.MISSED, Fate.TAKEN)


async def efficiency(
    session: AsyncSession,
    viewer: Viewer,
    period: Period,
    level: Level,
    *,
    of: Subject = WHOLE,
    won: ColumnElement[bool] | None = None,
) -> Report:
    """`level` DEALER, OUTLET or PERSON says what the lines are; `won` is true for calls whose order came to something.
    Raises NotFound for who has nothing to do with calls and for a subject that this viewer may not know of."""
    scope = await scope_of(session, viewer)
    name = await _name_of(session, scope, of)
    now = await _by_key(session, scope, level, of, _within(period), won)
    before = await _by_key(session, scope, level, of, _within(period.before), won)
    total = await _by_key(session, scope, Level.WHOLE, of, _within(period), won)
    total_before = await _by_key(session, scope, Level.WHOLE, of, _within(period.before), won)
    days, hours = await _bars(session, scope, of, period)
    return Report(
        of=of,
        name=name,
        period=period,
        total=total.get(0, NO_FIGURES),
        before=total_before.get(0, NO_FIGURES),
        lines=await _lines(session, level, now, before),
        days=days,
        hours=hours,
    )


def _within(period: Period) -> Conditions:
    return (CallRow.started_at >= period.since, CallRow.started_at < period.until)


async def _by_key(
    session: AsyncSession,
    scope: Scope,
    level: Level,
    of: Subject,
    when: Conditions,
    won: ColumnElement[bool] | None,
) -> Mapping[int, Figures]:
    found = offers(level, of, scope, when)
    answered, missed = found.c.fate == Fate.ANSWERED, found.c.fate == Fate.MISSED
    came = false() if won is None else _came_of(won, found)
    ranked = select(
        found.c.key,
        found.c.fate,
        found.c.answer_s,
        found.c.talk_s,
        case((answered & came, 1), else_=0).label("won"),
        case((missed, seconds_between(found.c.ended_at, back_at(found)))).label("back_s"),
        func.row_number()
        .over(partition_by=found.c.key, order_by=(case((answered, 0), else_=1), found.c.answer_s))
        .label("place"),
        func.sum(case((answered, 1), else_=0)).over(partition_by=found.c.key).label("most"),
    ).cte("ranked")
    at_p90 = (ranked.c.fate == Fate.ANSWERED) & (ranked.c.place * 10 >= ranked.c.most * 9)
    counts = [func.sum(case((ranked.c.fate == fate, 1), else_=0)) for fate in _BARS]
    rows = await session.execute(
        select(
            ranked.c.key,
            func.count(),
            *counts,
            func.count(ranked.c.back_s),
            func.sum(ranked.c.won),
            func.avg(ranked.c.answer_s),
            func.min(case((at_p90, ranked.c.answer_s))),
            func.sum(ranked.c.talk_s),
            func.avg(ranked.c.back_s),
        ).group_by(ranked.c.key)
    )
    figures = {row[0]: _figures(row) for row in rows}
    for key, count, reached in await session.execute(made(level, of, scope, when)):
        if key is not None and count:
            figures[key] = replace(figures.get(key, NO_FIGURES), made=count, reached=reached)
    return figures


def _came_of(won: ColumnElement[bool], found: CTE) -> ColumnElement[bool]:
    """`won` speaks of CallRow; here it is asked of the calls found."""
    return exists(select(CallRow.id).where(CallRow.id == found.c.call_id, won).correlate(found))


def _figures(row: Any) -> Figures:
    _, offered, answered, declined, missed, taken, called_back, won, answer, p90, talk, back = row
    return Figures(
        offered=offered,
        answered=int(answered),
        declined=int(declined),
        missed=int(missed),
        taken=int(taken),
        called_back=called_back,
        won=int(won),
        answer_s=answer,
        answer_p90_s=p90,
        talk_s=talk or 0,
        callback_s=back,
    )


async def _bars(
    session: AsyncSession, scope: Scope, of: Subject, period: Period
) -> tuple[Mapping[date, Bar], Mapping[int, Bar]]:
    local = local_seconds(period.tz, period.since, period.until)
    found = offers(Level.WHOLE, of, scope, _within(period), local=local)
    rows = await session.execute(
        select(found.c.day, found.c.hour, found.c.fate, func.count()).group_by(
            found.c.day, found.c.hour, found.c.fate
        )
    )
    days = {day: Bar() for day in _days(period)}
    hours = {hour: Bar() for hour in range(24)}
    for day_number, hour, fate, count in rows:
        bar = replace(Bar(offered=count), **{fate: count})
        day = _EPOCH_DAY + timedelta(days=int(day_number))
        days[day] = days.get(day, Bar()).plus(bar)
        hours[int(hour)] = hours[int(hour)].plus(bar)
    return days, hours


def _days(period: Period) -> list[date]:
    zone = ZoneInfo(period.tz)
    first = period.since.astimezone(zone).date()
    last = (period.until - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


# --- names ----------------------------------------------------------------------------------------------------


async def _name_of(session: AsyncSession, scope: Scope, of: Subject) -> str:
    if of.level is Level.WHOLE:
        return ""
    names = await _names(session, of.level, (of.id,), scope)
    if of.id not in names:
        raise NotFound("efficiency-subject")
    return names[of.id][0]


async def _lines(
    session: AsyncSession, level: Level, now: Mapping[int, Figures], before: Mapping[int, Figures]
) -> tuple[Line, ...]:
    names = await _names(session, level, now.keys())
    lines = [
        Line(Subject(level, key), *names[key], figures, before.get(key, NO_FIGURES))
        for key, figures in now.items()
        if key in names
    ]
    lines.sort(key=lambda line: (-line.figures.offered, line.name, line.subject.id))
    return tuple(lines[:MAX_LINES])


async def _names(
    session: AsyncSession, level: Level, ids: Collection[int], scope: Scope = _EVERYWHERE
) -> dict[int, tuple[str, str]]:
    """Name and place by id, of those within the scope."""
    if level is Level.PERSON:
        query = select(UserRow.id, UserRow.full_name, OrgRow.name).join(OrgRow, OrgRow.id == UserRow.org_id)
        key: Any = UserRow.id
    elif level is Level.OUTLET:
        query = select(OutletRow.id, OutletRow.name, OrgRow.name).join(OrgRow, OrgRow.id == OutletRow.org_id)
        key = OutletRow.id
    else:
        query = select(OrgRow.id, OrgRow.name, literal(""))
        key = OrgRow.id
    if scope.org_ids is not None:
        query = query.where(OrgRow.id.in_(sorted(scope.org_ids)))
    wanted = sorted(ids)
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(wanted), 500):
        rows = await session.execute(query.where(key.in_(wanted[start : start + 500])))
        found |= {one: (name, place) for one, name, place in rows}
    return found
