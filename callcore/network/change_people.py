"""Use cases and reading: people of a dealer. One who left cannot sign in, and every session of his ends at once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotAllowedNow, NotFound
from callcore.network.dealer_card import seen_org
from callcore.network.editing import Notes, check_fields, person_to_run, roles_in, sees_people_of
from callcore.network.model import OrgKind, Role, Viewer
from callcore.network.tables import OrgRow, OutletRow, PhoneRow, SessionRow, UserRow


@dataclass(frozen=True, slots=True)
class PersonPhone:
    id: int
    label: str
    number: str
    extension: str
    outlet_name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    """`seen_at` is the last time of an open session."""

    id: int
    org_id: int
    org_name: str
    full_name: str
    email: str
    role: Role
    is_active: bool
    has_hours: bool
    seen_at: datetime | None
    phones: tuple[PersonPhone, ...]
    roles: tuple[Role, ...]
    is_staff: bool = False
    has_second_factor: bool = False


class ChangePeople:
    """All raise NotFound for whom the person may not know, Forbidden for whom it may not change. Nobody changes the own
    account here: a head cannot lock himself out, and an administrator always remains."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._notes = Notes(clock)

    async def set_active(self, viewer: Viewer, user_id: int, *, is_on: bool) -> str:
        """Returns the name. Raises NotAllowedNow("own-account")."""
        async with self._database.transaction() as session:
            person, _ = await self._other(session, viewer, user_id)
            person.is_active = is_on
            if not is_on:
                await session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
            action = "user:activated" if is_on else "user:deactivated"
            self._notes.add(session, viewer, action, "user", user_id)
            return person.full_name

    async def set_role(self, viewer: Viewer, user_id: int, role: Role) -> str:
        """Within the roles of the organisation; a new role of the head office ends the person's sessions. Returns the
        name. Raises Invalid (field role), NotAllowedNow("own-account")."""
        async with self._database.transaction() as session:
            person, org = await self._other(session, viewer, user_id)
            if role not in roles_in(OrgKind(org.kind)):
                check_fields({"role": "role-wrong"})
            changes = {"role": [person.role, role.value]}
            person.role = role.value
            if org.kind == OrgKind.MANUFACTURER.value:
                await session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
            self._notes.add(session, viewer, "user:changed", "user", user_id, changes=changes)
            return person.full_name

    async def _other(self, session: AsyncSession, viewer: Viewer, user_id: int) -> tuple[UserRow, OrgRow]:
        found = await person_to_run(session, viewer, user_id)
        if user_id == viewer.user_id:
            raise NotAllowedNow("own-account")
        return found


async def people_of(session: AsyncSession, viewer: Viewer, org_id: int) -> tuple[PersonView, ...]:
    """Those who may sign in first. Raises NotFound."""
    org = await seen_org(session, viewer, org_id)
    people = await session.scalars(
        select(UserRow)
        .where(UserRow.org_id == org_id)
        .order_by(UserRow.is_active.desc(), UserRow.full_name, UserRow.id)
    )
    return await _views(session, org, list(people))


async def person(session: AsyncSession, viewer: Viewer, user_id: int) -> PersonView:
    """Raises NotFound."""
    found = await session.execute(
        select(UserRow, OrgRow)
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .where(UserRow.id == user_id, sees_people_of(viewer))
    )
    row = found.first()
    if row is None:
        raise NotFound("person-not-found")
    return (await _views(session, row[1], [row[0]]))[0]


async def _views(session: AsyncSession, org: OrgRow, people: list[UserRow]) -> tuple[PersonView, ...]:
    ids = [one.id for one in people]
    phones: dict[int | None, list[PersonPhone]] = {}
    rows = await session.execute(
        select(PhoneRow, OutletRow.name)
        .outerjoin(OutletRow, OutletRow.id == PhoneRow.outlet_id)
        .where(PhoneRow.user_id.in_(ids))
        .order_by(PhoneRow.position, PhoneRow.id)
    )
    for row, outlet in rows:
        seen = PersonPhone(row.id, row.label, row.number, row.extension, outlet or "", row.is_active)
        phones.setdefault(row.user_id, []).append(seen)
    sessions = await session.execute(
        select(SessionRow.user_id, SessionRow.seen_at).where(SessionRow.user_id.in_(ids))
    )
    seen_at: dict[int, datetime] = {}
    for user_id, at in sessions:
        seen_at[user_id] = max(at, seen_at.get(user_id, at))
    return tuple(
        PersonView(
            id=one.id,
            org_id=org.id,
            org_name=org.name,
            full_name=one.full_name,
            email=one.email,
            role=Role(one.role),
            is_active=one.is_active,
            has_hours=one.hours is not None,
            seen_at=seen_at.get(one.id),
            phones=tuple(phones.get(one.id, ())),
            roles=roles_in(OrgKind(org.kind)),
            is_staff=org.kind == OrgKind.MANUFACTURER.value,
            has_second_factor=one.totp_since is not None,
        )
        for one in people
    )
