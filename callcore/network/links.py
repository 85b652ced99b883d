"""Links by which people come in: rows and their state. The secret itself is known to nobody but who was given the link."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import ids, outbox
from callcore.network.dealer_card import seen_org
from callcore.network.editing import check_runner
from callcore.network.model import Role, Viewer
from callcore.network.sign_in_limit import fingerprint
from callcore.network.staff_tables import InviteRow

LIVES = timedelta(days=7)


class LinkState(StrEnum):
    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class NewLink:
    """`token` is shown once, to the one who made the link."""

    id: int
    token: str
    email: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link in the list of those that are out. `is_reset`: for a new password."""

    id: int
    email: str
    role: Role
    expires_at: datetime
    is_reset: bool


def state_of(row: InviteRow, now: datetime) -> LinkState:
    if row.used_at is not None:
        return LinkState.USED
    if row.revoked_at is not None:
        return LinkState.REVOKED
    return LinkState.OPEN if now < row.expires_at else LinkState.EXPIRED


async def make_link(
    session: AsyncSession,
    *,
    org_id: int,
    email: str,
    role: Role,
    made_by: int,
    now: datetime,
    user_id: int | None = None,
) -> NewLink:
    """An earlier link for the same address and purpose is worth nothing from now on."""
    same_purpose = InviteRow.user_id.is_(None) if user_id is None else InviteRow.user_id == user_id
    await session.execute(
        update(InviteRow)
        .where(InviteRow.org_id == org_id, InviteRow.email == email, same_purpose)
        .where(InviteRow.used_at.is_(None), InviteRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    token = ids.secret_token()
    row = InviteRow(
        token_hash=fingerprint(token),
        org_id=org_id,
        email=email,
        role=role.value,
        made_at=now,
        expires_at=now + LIVES,
        made_by=made_by,
        user_id=user_id,
    )
    session.add(row)
    await session.flush()
    # a letter may tell that it was made; the secret is not written down anywhere
    await outbox.put(session, "invite:made", at=now, dedupe_key=f"invite:{row.id}", invite_id=row.id)
    return NewLink(row.id, token, email, row.expires_at)


async def open_links(
    session: AsyncSession, viewer: Viewer, org_id: int, now: datetime
) -> tuple[OpenLink, ...]:
    """Newest first, for those who may make them. Raises NotFound, Forbidden."""
    await seen_org(session, viewer, org_id)
    await check_runner(session, viewer)
    rows = await session.scalars(
        select(InviteRow)
        .where(InviteRow.org_id == org_id, InviteRow.used_at.is_(None), InviteRow.revoked_at.is_(None))
        .where(InviteRow.expires_at > now)
        .order_by(InviteRow.id.desc())
    )
    return tuple(
        OpenLink(row.id, row.email, Role(row.role), row.expires_at, row.user_id is not None) for row in rows
    )
