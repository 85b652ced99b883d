"""Use cases: «войти как дилер». Somebody of the head office acts in the place of a dealer's person, with a reason and for
half an hour; each row of the audit that comes of it names both.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, NotAllowedNow, NotFound
from callcore.kernel.ids import ActingAs
from callcore.network.access_tables import ImpersonationRow
from callcore.network.dealers import sees_org
from callcore.network.editing import check_fields, is_line
from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.network.tables import OrgRow, SessionRow, UserRow

ACTORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
LASTS: Final = timedelta(minutes=30)
MAX_REASON_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class Understudy:
    """A dealer's person in whose place one may act."""

    user_id: int
    full_name: str
    role: Role
    org_id: int
    org_name: str


def may_act(viewer: Viewer) -> bool:
    return viewer.role in ACTORS and viewer.acting_id is None


class ActingForDealers:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def choices(self, viewer: Viewer, org_id: int) -> tuple[Understudy, ...]:
        """People of this dealer who may sign in, heads first. Raises NotFound, Forbidden."""
        _check_may(viewer)
        async with self._database.session() as session:
            found = await session.execute(
                _people(viewer).where(OrgRow.id == org_id).order_by(UserRow.full_name, UserRow.id)
            )
            people = [_understudy(user, org) for user, org in found]
            if not people and await session.scalar(select(OrgRow.id).where(OrgRow.id == org_id)) is None:
                raise NotFound("dealer-not-found")
        return tuple(sorted(people, key=lambda one: one.role is Role.DEALER_MANAGER))

    async def start(self, viewer: Viewer, session_id: str, user_id: int, reason: str, ip: str) -> Understudy:
        """Raises Invalid (field reason), NotFound for who is no dealer's person, Forbidden, NotAllowedNow("person-left")."""
        _check_may(viewer)
        reason, now = " ".join(reason.split()), self._clock.now()
        if not is_line(reason, at_least=3, at_most=MAX_REASON_CHARS):
            check_fields({"reason": "reason-length"})
        async with self._database.transaction() as session:
            found = (await session.execute(_people(viewer).where(UserRow.id == user_id))).first()
            if found is None:
                raise NotFound("person-not-found")
            row = ImpersonationRow(
                actor_id=viewer.user_id,
                user_id=user_id,
                reason=reason,
                started_at=now,
                until=now + LASTS,
                ip=ip,
            )
            session.add(row)
            await session.flush()
            taken = await session.scalar(
                update(SessionRow)
                .where(SessionRow.token_hash == session_id, SessionRow.user_id == viewer.user_id)
                .values(impersonation_id=row.id)
                .returning(SessionRow.user_id)
            )
            if taken is None:
                raise NotAllowedNow("session-ended")
            _record(session, now, viewer.user_id, user_id, "acting:started", ip, reason=reason)
        return _understudy(*found)

    async def end(self, viewer: Viewer, session_id: str, ip: str) -> None:
        """Back to oneself; without effect for one who does not act."""
        if viewer.acting_id is None:
            return
        async with self._database.transaction() as session:
            await end_acting(session, session_id, self._clock.now(), ip)


async def end_acting(session: AsyncSession, session_id: str, now: datetime, ip: str = "") -> None:
    """Also at the end of the session itself: before its row goes."""
    found = await session.execute(
        update(ImpersonationRow)
        .where(ImpersonationRow.ended_at.is_(None))
        .where(
            ImpersonationRow.id
            == select(SessionRow.impersonation_id)
            .where(SessionRow.token_hash == session_id)
            .scalar_subquery()
        )
        .values(ended_at=now)
        .returning(ImpersonationRow.actor_id, ImpersonationRow.user_id)
    )
    for actor_id, user_id in found:
        _record(session, now, actor_id, user_id, "acting:ended", ip)
    await session.execute(
        update(SessionRow).where(SessionRow.token_hash == session_id).values(impersonation_id=None)
    )


def in_place_of(viewer: Viewer, actor: Viewer) -> Viewer | None:
    """`viewer` with the real person noted; None when `actor` may not, or not in this place."""
    if actor.role not in ACTORS or viewer.role not in DEALER_ROLES:
        return None
    return replace(viewer, user_id=ActingAs(viewer.user_id, actor.user_id))


def _check_may(viewer: Viewer) -> None:
    if not may_act(viewer):
        raise Forbidden("may-not-act")


def _people(viewer: Viewer) -> Select[UserRow, OrgRow]:
    return (
        select(UserRow, OrgRow)
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .where(sees_org(viewer), UserRow.is_active)
        .where(UserRow.role.in_(sorted(role.value for role in DEALER_ROLES)))
    )


def _understudy(user: UserRow, org: OrgRow) -> Understudy:
    return Understudy(user.id, user.full_name, Role(user.role), org.id, org.name)


def _record(
    session: AsyncSession, at: datetime, actor_id: int, user_id: int, action: str, ip: str, **data: Any
) -> None:
    audit.record(
        session,
        at=at,
        actor_id=actor_id,
        action=action,
        entity="user",
        entity_id=user_id,
        ip=ip,
        **data,
    )
