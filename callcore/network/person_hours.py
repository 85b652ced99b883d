"""A person's own hours: when the person's phones ring; without them whenever the place is open."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Delete, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.change_network import AHEAD_DAYS
from callcore.network.coming_days import person_exceptions
from callcore.network.days import DayException
from callcore.network.dealers import sees_org
from callcore.network.model import OrgKind, Viewer
from callcore.network.outlets import EDITORS, check_not_suspended, may_edit_hours
from callcore.network.person_audit import note_person
from callcore.network.tables import OrgRow, UserExceptionRow, UserRow

MAX_DAYS: Final = 92


@dataclass(frozen=True, slots=True)
class PersonHours:
    """`hours` as OutletRow.hours on the clock of `tz`, None for whenever the place is open. `version` changes with them.
    `exceptions` from today on."""

    user_id: int
    name: str
    org_id: int
    org_name: str
    is_dealer: bool
    tz: str
    hours: dict[str, Any] | None
    works_on_holidays: bool
    version: str
    exceptions: tuple[DayException, ...] = ()


async def person_hours(
    session: AsyncSession, viewer: Viewer, user_id: int, today: date | None = None
) -> PersonHours:
    """Without `today` no exceptions. Raises NotFound for whom the viewer may not know."""
    user, org = await _find(session, viewer, user_id)
    is_dealer = org.kind != OrgKind.MANUFACTURER.value
    return PersonHours(
        user.id,
        user.full_name,
        org.id,
        org.name,
        is_dealer,
        user.tz,
        user.hours,
        user.works_on_holidays,
        _version(user),
        await person_exceptions(session, user_id, today) if today is not None else (),
    )


def may_edit_person_hours(viewer: Viewer, seen: PersonHours) -> bool:
    """One's own; those of dealers' people as an outlet's; those of the head office's people by its editors."""
    if viewer.user_id == seen.user_id:
        return True
    return may_edit_hours(viewer) if seen.is_dealer else viewer.role in EDITORS


class ChangePersonHours:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def set_hours(
        self,
        viewer: Viewer,
        user_id: int,
        hours: dict[str, Any] | None,
        *,
        works_on_holidays: bool,
        version: str,
    ) -> None:
        """`hours` were read by routing. Raises NotFound, Forbidden, NotAllowedNow for a suspended dealer's people,
        Conflict("hours-changed")."""
        async with self._database.transaction() as session:
            user = await _to_change(session, viewer, user_id)
            if _version(user) != version:
                raise Conflict("hours-changed")
            before = {"hours": user.hours, "works_on_holidays": user.works_on_holidays}
            user.hours, user.works_on_holidays = hours, works_on_holidays
            note_person(session, self._clock, viewer, "hours:changed", user_id, before=before)

    async def set_days(
        self, viewer: Viewer, user_id: int, days: Sequence[date], periods: Sequence[list[str]], reason: str
    ) -> None:
        """Other hours on each of these days, empty for days off; they replace what stood there. Raises as set_hours, and
        Invalid("days-out-of-range")."""
        today = self._clock.now().date()
        if not 0 < len(days) <= MAX_DAYS or not all(-1 <= (day - today).days <= AHEAD_DAYS for day in days):
            raise Invalid("days-out-of-range", fields={"day": f"1 to {MAX_DAYS} days of the coming year"})
        async with self._database.transaction() as session:
            await _to_change(session, viewer, user_id)
            await session.execute(_exceptions(user_id, days))
            values = {"user_id": user_id, "periods": list(periods), "reason": reason}
            session.add_all(UserExceptionRow(day=day, **values) for day in days)
            data = {"days": [day.isoformat() for day in days], "periods": list(periods), "reason": reason}
            note_person(session, self._clock, viewer, "exception:set", user_id, **data)

    async def remove_day(self, viewer: Viewer, user_id: int, day: date) -> None:
        async with self._database.transaction() as session:
            await _to_change(session, viewer, user_id)
            await session.execute(_exceptions(user_id, [day]))
            note_person(session, self._clock, viewer, "exception:removed", user_id, day=day.isoformat())


async def _to_change(session: AsyncSession, viewer: Viewer, user_id: int) -> UserRow:
    if not may_edit_person_hours(viewer, await person_hours(session, viewer, user_id)):
        raise Forbidden("not-editor")
    await check_not_suspended(session, viewer)
    user, _ = await _find(session, viewer, user_id, is_locked=True)
    return user


def _exceptions(user_id: int, days: Sequence[date]) -> Delete:
    return delete(UserExceptionRow).where(UserExceptionRow.user_id == user_id, UserExceptionRow.day.in_(days))


async def _find(
    session: AsyncSession, viewer: Viewer, user_id: int, *, is_locked: bool = False
) -> tuple[UserRow, OrgRow]:
    found = select(UserRow, OrgRow).join(OrgRow, OrgRow.id == UserRow.org_id).where(UserRow.id == user_id)
    if not viewer.is_staff:
        found = found.where(sees_org(viewer))
    if is_locked:
        found = found.with_for_update(of=UserRow).execution_options(populate_existing=True)
    row = (await session.execute(found)).first()
    if row is None:
        raise NotFound("person-not-found")
    return row[0], row[1]


def _version(user: UserRow) -> str:
    text = json.dumps([user.hours, user.works_on_holidays, user.tz], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
