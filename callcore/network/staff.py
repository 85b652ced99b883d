"""Read side: people of the head office, and all people of the network, for who runs it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, ScalarSelect, case, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Forbidden
from callcore.kernel.finding import contains_text
from callcore.network.links import OpenLink
from callcore.network.model import OrgKind, Role, Viewer
from callcore.network.outlets import EDITORS
from callcore.network.staff_tables import InviteRow
from callcore.network.tables import OrgRow, SessionRow, UserRow

MAX_PAGE: Final = 100
READERS: Final = EDITORS


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    """`of_dealers` False: the head office. `text` is a part of a name, an address or the dealer's name."""

    of_dealers: bool = False
    text: str = ""
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: int
    full_name: str
    email: str
    role: Role
    org_id: int
    org_name: str
    is_active: bool
    has_second_factor: bool
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """`next_after` is the last person's id, None on the last page."""

    people: tuple[PersonRow, ...]
    next_after: int | None


async def find_people(
    session: AsyncSession, viewer: Viewer, wanted: PeopleFilter, *, after: int | None = None, limit: int = 50
) -> PeoplePage:
    """Those who may sign in first, then by name. Raises Forbidden."""
    if viewer.role not in READERS:
        raise Forbidden("not-reader")
    limit = max(1, min(limit, MAX_PAGE))
    is_head_office = OrgRow.kind == OrgKind.MANUFACTURER.value
    found = (
        select(UserRow, OrgRow.name, _seen_at())
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .where(~is_head_office if wanted.of_dealers else is_head_office)
    )
    if wanted.text:
        columns = (UserRow.full_name, UserRow.email, OrgRow.name)
        found = found.where(or_(*(contains_text(column, wanted.text) for column in columns)))
    if wanted.role is not None:
        found = found.where(UserRow.role == wanted.role.value)
    last = await session.get(UserRow, after) if after is not None else None
    if last is not None:
        place = tuple_(_left(), UserRow.full_name, UserRow.id)
        found = found.where(place > tuple_(int(not last.is_active), last.full_name, last.id))
    found = found.order_by(_left(), UserRow.full_name, UserRow.id).limit(limit + 1)
    rows = [_person(*row) for row in await session.execute(found)]
    more = len(rows) > limit
    return PeoplePage(tuple(rows[:limit]), rows[limit - 1].id if more else None)


async def staff_links(session: AsyncSession, viewer: Viewer, now: datetime) -> tuple[OpenLink, ...]:
    """Links to the head office that nobody has come in by yet, newest first; nothing for who may not make them."""
    if viewer.role is not Role.ADMIN:
        return ()
    rows = await session.scalars(
        select(InviteRow)
        .join(OrgRow, OrgRow.id == InviteRow.org_id)
        .where(OrgRow.kind == OrgKind.MANUFACTURER.value)
        .where(InviteRow.used_at.is_(None), InviteRow.revoked_at.is_(None), InviteRow.expires_at > now)
        .order_by(InviteRow.id.desc())
    )
    return tuple(
        OpenLink(row.id, row.email, Role(row.role), row.expires_at, row.user_id is not None) for row in rows
    )


def _left() -> ColumnElement[int]:
    """1 for one who may not sign in any more."""
    return case((UserRow.is_active, 0), else_=1)


def _seen_at() -> ScalarSelect[datetime]:
    return select(func.max(SessionRow.seen_at)).where(SessionRow.user_id == UserRow.id).scalar_subquery()


def _person(user: UserRow, org_name: str, seen_at: datetime | None) -> PersonRow:
    return PersonRow(
        id=user.id,
        full_name=user.full_name,
        email=user.email,
        role=Role(user.role),
        org_id=user.org_id,
        org_name=org_name,
        is_active=user.is_active,
        has_second_factor=user.totp_since is not None,
        seen_at=seen_at,
    )
