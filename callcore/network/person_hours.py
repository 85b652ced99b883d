"""A person's own hours: when the person's phones ring; without them whenever the place is open."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, NotFound
from callcore.network.dealers import sees_org
from callcore.network.model import OrgKind, Viewer
from callcore.network.outlets import EDITORS, check_not_suspended, may_edit_hours
from callcore.network.tables import OrgRow, UserRow


@dataclass(frozen=True, slots=True)
class PersonHours:
    """`hours` as OutletRow.hours on the clock of `tz`, None for whenever the place is open. `version` changes with them."""

    user_id: int
    name: str
    org_id: int
    org_name: str
    is_dealer: bool
    tz: str
    hours: dict[str, Any] | None
    works_on_holidays: bool
    version: str


async def person_hours(session: AsyncSession, viewer: Viewer, user_id: int) -> PersonHours:
    """Raises NotFound for whom the viewer may not know."""
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
            if not may_edit_person_hours(viewer, await person_hours(session, viewer, user_id)):
                raise Forbidden("not-editor")
            await check_not_suspended(session, viewer)
            user, _ = await _find(session, viewer, user_id, is_locked=True)
            if _version(user) != version:
                raise Conflict("hours-changed")
            before = {"hours": user.hours, "works_on_holidays": user.works_on_holidays}
            user.hours, user.works_on_holidays = hours, works_on_holidays
            audit.record(
                session,
                at=self._clock.now(),
                actor_id=viewer.user_id,
                action="hours:changed",
                entity="user",
                entity_id=user_id,
                before=before,
            )


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
