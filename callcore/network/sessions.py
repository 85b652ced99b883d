"""Rows of signed-in browsers, joined with the person, the organisation and the phones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.access_tables import ImpersonationRow, SettingRow
from callcore.network.acting import in_place_of
from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.network.security_settings import KEY, read_roles
from callcore.network.session_life import ABSOLUTE_LIMIT, IDLE_LIMIT
from callcore.network.tables import OrgRow, OutletRow, PhoneRow, SessionRow, UserRow


@dataclass(frozen=True, slots=True)
class FoundSession:
    """`acting_until`: when the person stops to act in another's place. `must_enrol`: the role needs a second factor, and
    the person has none yet."""

    viewer: Viewer
    csrf_token: str
    seen_at: datetime
    acting_until: datetime | None = None
    must_enrol: bool = False


async def find_session(session: AsyncSession, token_hash: str, now: datetime) -> FoundSession | None:
    """A session of an active person that is neither idle nor old; one query, and one more while the person acts in
    another's place."""
    rows = (
        await session.execute(
            select(UserRow, OrgRow, PhoneRow.id, SessionRow, ImpersonationRow, SettingRow.value)
            .join_from(SessionRow, UserRow, SessionRow.user_id == UserRow.id)
            .join(OrgRow, OrgRow.id == UserRow.org_id)
            .outerjoin(PhoneRow, _is_phone_of_user())
            .outerjoin(ImpersonationRow, _is_acting(now))
            .outerjoin(SettingRow, SettingRow.key == KEY)
            .where(SessionRow.token_hash == token_hash, UserRow.is_active)
            .where(SessionRow.seen_at > now - IDLE_LIMIT, SessionRow.created_at > now - ABSOLUTE_LIMIT)
            .order_by(PhoneRow.id)
        )
    ).all()
    if not rows:
        return None
    user, org, _, row, acting, settings = rows[0]
    own = _viewer(user, org, (row[2] for row in rows))
    if user.totp_since is None and own.role in read_roles(settings):
        return FoundSession(own, row.csrf_token, row.seen_at, must_enrol=True)
    if acting is not None:
        other = in_place_of(await find_viewer(session, acting.user_id), own)
        if other is not None:
            return FoundSession(other, row.csrf_token, row.seen_at, acting.until)
    return FoundSession(own, row.csrf_token, row.seen_at)


def _is_acting(now: datetime) -> ColumnElement[bool]:
    """One who was sent away meanwhile is nobody to act for."""
    active = select(UserRow.id).where(UserRow.is_active).correlate(None)
    return and_(
        ImpersonationRow.id == SessionRow.impersonation_id,
        ImpersonationRow.ended_at.is_(None),
        ImpersonationRow.until > now,
        ImpersonationRow.user_id.in_(active),
    )


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
