"""Rows of signed-in browsers, joined with the person, the organisation and the phones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.network.tables import OrgRow, OutletRow, PhoneRow, SessionRow, UserRow


@dataclass(frozen=True, slots=True)
class FoundSession:
    viewer: Viewer
    csrf_token: str
    seen_at: datetime


async def find_session(
    session: AsyncSession, token_hash: str, *, seen_after: datetime, created_after: datetime
) -> FoundSession | None:
    """A session of an active person that is neither idle nor old; one query."""
    rows = (
        await session.execute(
            select(UserRow, OrgRow, PhoneRow.id, SessionRow.csrf_token, SessionRow.seen_at)
            .join_from(SessionRow, UserRow, SessionRow.user_id == UserRow.id)
            .join(OrgRow, OrgRow.id == UserRow.org_id)
            .outerjoin(PhoneRow, _is_phone_of_user())
            .where(SessionRow.token_hash == token_hash, UserRow.is_active)
            .where(SessionRow.seen_at > seen_after, SessionRow.created_at > created_after)
            .order_by(PhoneRow.id)
        )
    ).all()
    if not rows:
        return None
    user, org, _, csrf_token, seen_at = rows[0]
    return FoundSession(_viewer(user, org, (row[2] for row in rows)), csrf_token, seen_at)


async def find_viewer(session: AsyncSession, user_id: int) -> Viewer:
    """The person as a viewer; must exist."""
    rows = (
        await session.execute(
            select(UserRow, OrgRow, PhoneRow.id)
            .join(OrgRow, OrgRow.id == UserRow.org_id)
            .outerjoin(PhoneRow, _is_phone_of_user())
            .where(UserRow.id == user_id)
            .order_by(PhoneRow.id)
        )
    ).all()
    user, org, _ = rows[0]
    return _viewer(user, org, (row[2] for row in rows))


def _is_phone_of_user() -> ColumnElement[bool]:
    """A person's own phones; for people of a dealer also those of the dealer's outlets."""
    outlets_of_org = select(OutletRow.id).where(OutletRow.org_id == UserRow.org_id).correlate(UserRow)
    return and_(
        PhoneRow.is_active,
        or_(
            PhoneRow.user_id == UserRow.id,
            and_(UserRow.role.in_(sorted(DEALER_ROLES)), PhoneRow.outlet_id.in_(outlets_of_org)),
        ),
    )


def _viewer(user: UserRow, org: OrgRow, phone_ids: Iterable[int | None]) -> Viewer:
    return Viewer(
        user_id=user.id,
        full_name=user.full_name,
        role=Role(user.role),
        org_id=org.id,
        org_name=org.name,
        org_path=org.path,
        phone_ids=tuple(phone_id for phone_id in phone_ids if phone_id is not None),
        tz=user.tz,
    )
