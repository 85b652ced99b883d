"""Use cases: hours, exceptions, overrides and switches of outlets and dealers, days of the calendar. Each leaves an audit row.

What is typed is checked here once more for what could not be undone by its author: lengths, ends that have passed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, Invalid
from callcore.network.days import CalendarDay, DayException, HoursOverride
from callcore.network.model import Viewer
from callcore.network.outlets import may_edit_network, outlet_to_change
from callcore.network.tables import CalendarDayRow, OutletExceptionRow, OutletOverrideRow, RegionRow

MAX_REASON_CHARS = 120
LONGEST_OVERRIDE = timedelta(days=60)
AHEAD_DAYS = 365


@dataclass(frozen=True, slots=True)
class WeekChange:
    """`hours` have the form of OutletRow.hours and were read by routing; `version` is the one that was shown."""

    hours: dict[str, Any]
    works_on_holidays: bool
    version: int


class ChangeNetwork:
    """All raise NotFound for what the person may not know, Forbidden for what it may not change."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def set_week(self, viewer: Viewer, outlet_id: int, change: WeekChange) -> None:
        """Raises Conflict("hours-changed") when somebody saved other hours meanwhile."""
        async with self._database.transaction() as session:
            row = await outlet_to_change(session, viewer, outlet_id)
            if row.hours_version != change.version:
                raise Conflict("hours-changed")
            before = {"hours": row.hours, "works_on_holidays": row.works_on_holidays}
            row.hours, row.works_on_holidays = change.hours, change.works_on_holidays
            row.hours_version = row.hours_version + 1
            self._note(session, viewer, "hours:changed", "outlet", outlet_id, before=before)

    async def set_exception(self, viewer: Viewer, outlet_id: int, exception: DayException) -> None:
        """One for a date: a second replaces the first. Raises Invalid (fields day, reason)."""
        today = self._clock.now().date()
        if not -1 <= (exception.day - today).days <= AHEAD_DAYS:
            raise Invalid("day-out-of-range", fields={"day": "a day of the coming year"})
        _check_reason(exception.reason)
        async with self._database.transaction() as session:
            await outlet_to_change(session, viewer, outlet_id)
            await session.execute(_exceptions(outlet_id, exception.day))
            periods = [list(period) for period in exception.periods]
            session.add(
                OutletExceptionRow(
                    outlet_id=outlet_id, day=exception.day, periods=periods, reason=exception.reason
                )
            )
            data = {"day": exception.day.isoformat(), "periods": periods, "reason": exception.reason}
            self._note(session, viewer, "exception:set", "outlet", outlet_id, **data)

    async def remove_exception(self, viewer: Viewer, outlet_id: int, day: date) -> None:
        async with self._database.transaction() as session:
            await outlet_to_change(session, viewer, outlet_id)
            await session.execute(_exceptions(outlet_id, day))
            self._note(session, viewer, "exception:removed", "outlet", outlet_id, day=day.isoformat())

    async def set_override(self, viewer: Viewer, outlet_id: int, override: HoursOverride | None) -> None:
        """None takes it away. Raises Invalid (fields until, reason)."""
        now = self._clock.now()
        if override is not None:
            if not now < override.until <= now + LONGEST_OVERRIDE:
                raise Invalid("until-out-of-range", fields={"until": "a moment of the coming two months"})
            _check_reason(override.reason)
        async with self._database.transaction() as session:
            await outlet_to_change(session, viewer, outlet_id)
            await session.execute(delete(OutletOverrideRow).where(OutletOverrideRow.outlet_id == outlet_id))
            if override is None:
                self._note(session, viewer, "override:removed", "outlet", outlet_id)
                return
            session.add(
                OutletOverrideRow(
                    outlet_id=outlet_id,
                    is_open=override.is_open,
                    until=override.until,
                    reason=override.reason,
                )
            )
            data = {"is_open": override.is_open, "until": override.until.isoformat()}
            self._note(session, viewer, "override:set", "outlet", outlet_id, **data, reason=override.reason)

    async def accept_calls(self, viewer: Viewer, outlet_id: int, *, is_on: bool) -> str:
        """«Принимает звонки». Returns the outlet's name."""
        async with self._database.transaction() as session:
            row = await outlet_to_change(session, viewer, outlet_id)
            row.accepts_calls = is_on
            self._note(session, viewer, "accepts-calls:set", "outlet", outlet_id, is_on=is_on)
            return row.name

    async def set_calendar_day(self, viewer: Viewer, item: CalendarDay) -> None:
        """Over the official calendar. Raises Invalid (fields title, region)."""
        _check_editor(viewer)
        if not 0 < len(item.title) <= MAX_REASON_CHARS:
            raise Invalid("title-length", fields={"title": f"1 to {MAX_REASON_CHARS} characters"})
        async with self._database.transaction() as session:
            if item.region_code and await session.get(RegionRow, item.region_code) is None:
                raise Invalid("no-such-region", fields={"region": "a code of the list"})
            await session.execute(_calendar_day(item.day, item.region_code))
            session.add(
                CalendarDayRow(
                    day=item.day, region_code=item.region_code, kind=item.kind.value, title=item.title
                )
            )
            data = {"kind": item.kind.value, "title": item.title, "region": item.region_code}
            self._note(session, viewer, "calendar:set", "calendar-day", item.day.isoformat(), **data)

    async def forget_calendar_day(self, viewer: Viewer, day: date, region_code: str) -> None:
        """The official calendar rules again."""
        _check_editor(viewer)
        async with self._database.transaction() as session:
            await session.execute(_calendar_day(day, region_code))
            self._note(
                session, viewer, "calendar:removed", "calendar-day", day.isoformat(), region=region_code
            )

    def _note(
        self,
        session: AsyncSession,
        viewer: Viewer,
        action: str,
        entity: str,
        entity_id: int | str,
        **data: Any,
    ) -> None:
        audit.record(
            session,
            at=self._clock.now(),
            actor_id=viewer.user_id,
            action=action,
            entity=entity,
            entity_id=entity_id,
            **data,
        )


def _check_editor(viewer: Viewer) -> None:
    if not may_edit_network(viewer):
        raise Forbidden("not-editor")


def _check_reason(reason: str) -> None:
    if len(reason) > MAX_REASON_CHARS:
        raise Invalid("reason-too-long", fields={"reason": f"at most {MAX_REASON_CHARS} characters"})


def _exceptions(outlet_id: int, day: date) -> Any:
    return delete(OutletExceptionRow).where(
        OutletExceptionRow.outlet_id == outlet_id, OutletExceptionRow.day == day
    )


def _calendar_day(day: date, region_code: str) -> Any:
    return delete(CalendarDayRow).where(CalendarDayRow.day == day, CalendarDayRow.region_code == region_code)
