"""What the days ahead hold that weekly hours do not: production calendar, exceptions and overrides of outlets, exceptions of people."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.days import CalendarDay, DayException, DayKind, HoursOverride, calendar_between
from callcore.network.tables import CalendarDayRow, OutletExceptionRow, OutletOverrideRow, UserExceptionRow

AHEAD = timedelta(days=366)
BEHIND = timedelta(days=2)  # a night that began yesterday, on a clock that is behind or ahead of ours


@dataclass(frozen=True, slots=True)
class ComingDays:
    """Exceptions (in order of days) and overrides stand by the outlet's id, `of_people` by the person's."""

    calendar: tuple[CalendarDay, ...] = ()
    exceptions: Mapping[int, tuple[DayException, ...]] = field(default_factory=dict)
    overrides: Mapping[int, HoursOverride] = field(default_factory=dict)
    of_people: Mapping[int, tuple[DayException, ...]] = field(default_factory=dict)


async def load_coming_days(session: AsyncSession, now: datetime) -> ComingDays:
    """A year ahead. Equal from midnight to midnight UTC while nobody changes anything."""
    today = now.astimezone(UTC).date()
    first, last = today - BEHIND, today + AHEAD
    rows = await session.scalars(
        select(OutletExceptionRow)
        .where(OutletExceptionRow.day.between(first, last))
        .order_by(OutletExceptionRow.outlet_id, OutletExceptionRow.day)
    )
    exceptions: dict[int, list[DayException]] = defaultdict(list)
    for row in rows:
        exceptions[row.outlet_id].append(DayException(row.day, _frozen(row.periods), row.reason))
    people: dict[int, list[DayException]] = defaultdict(list)
    for one in await session.scalars(_of_people().where(UserExceptionRow.day.between(first, last))):
        people[one.user_id].append(DayException(one.day, _frozen(one.periods), one.reason))
    overrides = await session.scalars(select(OutletOverrideRow).where(OutletOverrideRow.until > now))
    return ComingDays(
        calendar=calendar_between(first, last, await calendar_edits(session, first, last)),
        exceptions={outlet_id: tuple(days) for outlet_id, days in exceptions.items()},
        overrides={row.outlet_id: HoursOverride(row.is_open, row.until, row.reason) for row in overrides},
        of_people={user_id: tuple(days) for user_id, days in people.items()},
    )


async def person_exceptions(session: AsyncSession, user_id: int, first: date) -> tuple[DayException, ...]:
    """From a day on, in order."""
    found = _of_people().where(UserExceptionRow.user_id == user_id, UserExceptionRow.day >= first)
    rows = await session.scalars(found)
    return tuple(DayException(row.day, _frozen(row.periods), row.reason) for row in rows)


def _of_people() -> Select[UserExceptionRow]:
    return select(UserExceptionRow).order_by(UserExceptionRow.user_id, UserExceptionRow.day)


async def calendar_edits(session: AsyncSession, first: date, last: date) -> tuple[CalendarDay, ...]:
    """What people wrote over the official calendar, in order of days."""
    rows = await session.scalars(
        select(CalendarDayRow)
        .where(CalendarDayRow.day.between(first, last))
        .order_by(CalendarDayRow.day, CalendarDayRow.region_code)
    )
    return tuple(
        CalendarDay(row.day, DayKind(row.kind), row.title, row.region_code, is_edited=True) for row in rows
    )


def _frozen(periods: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(period) for period in periods)
