"""Use cases and reading: what a person does with the own account. Closed to one who acts in another's place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.audit import AuditRow
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid, NotFound
from callcore.network.model import Viewer
from callcore.network.passwords import PasswordCheck
from callcore.network.people import checked_hash
from callcore.network.session_life import ABSOLUTE_LIMIT, IDLE_LIMIT
from callcore.network.sign_in_limit import SignInLimit
from callcore.network.tables import SessionRow, UserRow

ENTRANCES: Final = 20
_ENTRANCE_ACTIONS: Final = ("user:signed-in", "user:sign-in-failed", "user:code-failed")


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is signed in. `id` is the hash of its token: it opens nothing."""

    id: str
    ip: str
    user_agent: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Entrance:
    """Somebody came in with this account, or tried to."""

    at: datetime
    ip: str
    action: str


def check_own(viewer: Viewer) -> None:
    """Raises Forbidden("acting") for one who sits in another's place."""
    if viewer.acting_id is not None:
        raise Forbidden("acting", "security of an account is its owner's alone")


class OwnAccount:
    """All raise Forbidden("acting")."""

    def __init__(self, database: Database, clock: Clock, passwords: PasswordCheck | None = None) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords or PasswordCheck()
        self._limit = SignInLimit(database)

    async def sessions(self, viewer: Viewer) -> tuple[OpenSession, ...]:
        """Those that still open something, last used first."""
        check_own(viewer)
        now = self._clock.now()
        async with self._database.session() as session:
            rows = await session.scalars(
                select(SessionRow)
                .where(SessionRow.user_id == viewer.user_id)
                .where(SessionRow.seen_at > now - IDLE_LIMIT, SessionRow.created_at > now - ABSOLUTE_LIMIT)
                .order_by(SessionRow.seen_at.desc(), SessionRow.token_hash)
            )
            return tuple(
                OpenSession(row.token_hash, row.ip, row.user_agent, row.created_at, row.seen_at)
                for row in rows
            )

    async def entrances(self, viewer: Viewer) -> tuple[Entrance, ...]:
        """The newest ENTRANCES."""
        check_own(viewer)
        async with self._database.session() as session:
            rows = await session.scalars(
                select(AuditRow)
                .where(AuditRow.entity == "user", AuditRow.entity_id == str(viewer.user_id))
                .where(AuditRow.action.in_(_ENTRANCE_ACTIONS))
                .order_by(AuditRow.id.desc())
                .limit(ENTRANCES)
            )
            return tuple(Entrance(row.at, row.ip, row.action) for row in rows)

    async def end_session(self, viewer: Viewer, session_id: str) -> None:
        """One of the person's own. Raises NotFound."""
        check_own(viewer)
        async with self._database.transaction() as session:
            ended = await session.scalar(
                delete(SessionRow)
                .where(SessionRow.user_id == viewer.user_id, SessionRow.token_hash == session_id)
                .returning(SessionRow.ip)
            )
            if ended is None:
                raise NotFound("session-not-found")
            self._record(session, viewer, "user:session-ended", place=ended)

    async def end_others(self, viewer: Viewer, current_id: str) -> int:
        """All but this one; returns how many there were."""
        check_own(viewer)
        async with self._database.transaction() as session:
            count = await _end_others(session, viewer.user_id, current_id)
            self._record(session, viewer, "user:signed-out-elsewhere", sessions=count)
        return count

    async def change_password(self, viewer: Viewer, old: str, new: str, *, current_id: str, ip: str) -> int:
        """Ends all other sessions; returns how many. Raises Invalid (fields old, password), TooMany."""
        check_own(viewer)
        now = self._clock.now()
        attempt = await self._limit.admit(email=f"password:{viewer.user_id}", ip=ip, now=now)
        async with self._database.session() as session:
            stored = (await session.get_one(UserRow, viewer.user_id)).password_hash
        if not await self._passwords.is_right(stored, old):
            raise Invalid("password-wrong", fields={"old": "password-wrong"})
        await self._limit.forgive(attempt)
        fresh = await checked_hash(new)
        async with self._database.transaction() as session:
            changed = await session.scalar(
                update(UserRow)
                .where(UserRow.id == viewer.user_id, UserRow.password_hash == stored)
                .values(password_hash=fresh)
                .returning(UserRow.id)
            )
            if changed is None:  # changed elsewhere meanwhile: what was typed is no longer the password
                raise Invalid("password-wrong", fields={"old": "password-wrong"})
            count = await _end_others(session, viewer.user_id, current_id)
            self._record(session, viewer, "user:password-set", sessions=count)
        return count

    def _record(self, session: AsyncSession, viewer: Viewer, action: str, **data: Any) -> None:
        audit.record(
            session,
            at=self._clock.now(),
            actor_id=viewer.user_id,
            action=action,
            entity="user",
            entity_id=viewer.user_id,
            **data,
        )


async def _end_others(session: AsyncSession, user_id: int, current_id: str) -> int:
    ended = await session.scalars(
        delete(SessionRow)
        .where(SessionRow.user_id == user_id, SessionRow.token_hash != current_id)
        .returning(SessionRow.token_hash)
    )
    return len(ended.all())
