"""Use case: people sign in, stay signed in, and sign out.

The browser keeps a random token; the database keeps its SHA-256, so a stolen copy of the database opens nothing. One who
has a second factor is asked for its code after the password; between the two the browser keeps a sealed note that the
password was right, which is worth nothing after a few minutes or another password.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit, ids
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable, Forbidden
from callcore.kernel.logs import get_logger
from callcore.kernel.seal import Seal
from callcore.network.acting import end_acting
from callcore.network.model import Viewer
from callcore.network.passwords import PasswordCheck
from callcore.network.second_factor import SecondFactor, code_subject
from callcore.network.session_life import ABSOLUTE_LIMIT, IDLE_LIMIT, SEEN_STEP
from callcore.network.sessions import find_session, find_viewer
from callcore.network.sign_in_limit import SignInLimit, fingerprint
from callcore.network.tables import SessionRow, UserRow

CODE_WAITS: Final = timedelta(minutes=5)
MAX_EMAIL_CHARS = 254
MAX_USER_AGENT_CHARS = 200
MAX_IP_CHARS = 45

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` goes into the cookie and is known to nobody else; `csrf_token` goes into forms."""

    token: str
    csrf_token: str
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password was right. `note` goes into a short-lived cookie and comes back with the code."""

    note: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """Who stands behind a request. `id` names the session without opening it. `acting_until` is set while one acts in
    another's place; `must_enrol`: nothing is open before a second factor is set up."""

    viewer: Viewer
    csrf_token: str
    id: str = ""
    acting_until: datetime | None = None
    must_enrol: bool = False


class SignIn:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        passwords: PasswordCheck | None = None,
        seal: Seal | None = None,
    ) -> None:
        """Without a `seal` those who have a second factor cannot come in."""
        self._database = database
        self._clock = clock
        self._passwords = passwords or PasswordCheck()
        self._seal = seal or Seal(ids.secret_token)
        self._factor = SecondFactor(database, clock, self._seal)
        self._limit = SignInLimit(database)

    async def sign_in(self, email: str, password: str, ip: str, user_agent: str) -> SignedIn | CodeNeeded:
        """Open a session, or ask for the code of the second factor.

        Raises Forbidden("bad-credentials"), alike for an unknown e-mail, a wrong password and a closed account, and
        TooMany("too-many-attempts") with `retry_after_s`, before the password is looked at.
        """
        now = self._clock.now()
        address, ip = _plain(email, MAX_EMAIL_CHARS).lower(), _plain(ip, MAX_IP_CHARS)
        attempt = await self._limit.admit(email=address, ip=ip, now=now)
        user = await self._find(address)
        stored = user.password_hash if user is not None and user.is_active else None
        if not await self._passwords.is_right(stored, password) or user is None:
            await self._refuse(user, address, ip, now)
        renewed = await self._passwords.renewed(user.password_hash, password)
        await self._limit.forgive(attempt)
        if user.totp_since is not None:
            return CodeNeeded(self._note(user, now))
        return await self._open(user.id, renewed, ip, _plain(user_agent, MAX_USER_AGENT_CHARS), now)

    async def sign_in_with_code(self, note: str, code: str, ip: str, user_agent: str) -> SignedIn:
        """The second step. Raises Forbidden("code-wrong"), Forbidden("code-late") when it is to begin anew with the
        password, TooMany."""
        now, ip = self._clock.now(), _plain(ip, MAX_IP_CHARS)
        user = await self._noted(note, now)
        if user is None:
            raise Forbidden("code-late")
        attempt = await self._limit.admit(email=code_subject(user.id), ip=ip, now=now)
        if not await self._factor.is_right(user.id, code):
            async with self._database.transaction() as session:
                _record(session, now, "user:code-failed", user.id, ip=ip)
            raise Forbidden("code-wrong")
        await self._limit.forgive(attempt)
        return await self._open(user.id, None, ip, _plain(user_agent, MAX_USER_AGENT_CHARS), now)

    async def viewer(self, token: str) -> SessionView | None:
        """The person of a live session; None for an unknown, idle (12 h) or old (7 days) one. One query."""
        now, token_hash = self._clock.now(), fingerprint(token)
        async with self._database.session() as session:
            found = await find_session(session, token_hash, now)
        if found is None:
            return None
        if now - found.seen_at >= SEEN_STEP:
            await self._mark_seen(token_hash, now)
        return SessionView(found.viewer, found.csrf_token, token_hash, found.acting_until, found.must_enrol)

    async def sign_out(self, token: str) -> None:
        """Close one session; an unknown token is no error."""
        async with self._database.transaction() as session:
            await end_acting(session, fingerprint(token), self._clock.now())
            user_id = await session.scalar(
                delete(SessionRow)
                .where(SessionRow.token_hash == fingerprint(token))
                .returning(SessionRow.user_id)
            )
            if user_id is not None:
                _record(session, self._clock.now(), "user:signed-out", user_id)

    async def sign_out_everywhere(self, user_id: int) -> int:
        """Close all sessions of a person; returns how many there were."""
        async with self._database.transaction() as session:
            closed = await session.scalars(
                delete(SessionRow).where(SessionRow.user_id == user_id).returning(SessionRow.token_hash)
            )
            count = len(closed.all())
            _record(session, self._clock.now(), "user:signed-out-everywhere", user_id, sessions=count)
        return count

    def _note(self, user: UserRow, now: datetime) -> str:
        return self._seal.close(json.dumps([user.id, fingerprint(user.password_hash)]), now)

    async def _noted(self, note: str, now: datetime) -> UserRow | None:
        """Who typed the right password a moment ago, if it still is."""
        text = self._seal.open(note, now, lives=CODE_WAITS)
        if text is None or not text.startswith("["):
            return None
        user_id, password = json.loads(text)
        async with self._database.session() as session:
            user = await session.get(UserRow, user_id)
        if user is None or not user.is_active or user.totp_since is None:
            return None
        return user if fingerprint(user.password_hash) == password else None

    async def _find(self, email: str) -> UserRow | None:
        async with self._database.session() as session:
            found: UserRow | None = await session.scalar(select(UserRow).where(UserRow.email == email))
            return found

    async def _refuse(self, user: UserRow | None, email: str, ip: str, now: datetime) -> NoReturn:
        """What was typed is kept as a fingerprint only: people type passwords into the wrong field."""
        async with self._database.transaction() as session:
            user_id = user.id if user is not None else None
            _record(session, now, "user:sign-in-failed", user_id, ip=ip, email_sha256=fingerprint(email))
        raise Forbidden("bad-credentials")

    async def _open(
        self, user_id: int, renewed_hash: str | None, ip: str, user_agent: str, now: datetime
    ) -> SignedIn:
        token, csrf_token = ids.secret_token(), ids.secret_token()
        async with self._database.transaction() as session:
            await session.execute(
                delete(SessionRow).where(
                    (SessionRow.seen_at <= now - IDLE_LIMIT) | (SessionRow.created_at <= now - ABSOLUTE_LIMIT)
                )
            )
            if renewed_hash is not None:
                await session.execute(
                    update(UserRow).where(UserRow.id == user_id).values(password_hash=renewed_hash)
                )
            session.add(
                SessionRow(
                    token_hash=fingerprint(token),
                    user_id=user_id,
                    csrf_token=csrf_token,
                    created_at=now,
                    seen_at=now,
                    ip=ip,
                    user_agent=user_agent,
                )
            )
            _record(session, now, "user:signed-in", user_id, ip=ip)
            viewer = await find_viewer(session, user_id)
        return SignedIn(token, csrf_token, viewer)

    async def _mark_seen(self, token_hash: str, now: datetime) -> None:
        """Best effort: a page must not fail because the database is busy writing."""
        try:
            async with self._database.transaction() as session:
                await session.execute(
                    update(SessionRow)
                    .where(SessionRow.token_hash == token_hash, SessionRow.seen_at <= now - SEEN_STEP)
                    .values(seen_at=now)
                )
        except DatabaseUnavailable:
            _log.warning("session not marked as seen")


def _plain(text: str, limit: int) -> str:
    """Without surrounding space and without characters that a database refuses."""
    return "".join(char for char in text.strip() if char.isprintable())[:limit]


def _record(
    session: AsyncSession, at: datetime, action: str, user_id: int | None, ip: str = "", **data: Any
) -> None:
    audit.record(
        session,
        at=at,
        actor_id=user_id,
        action=action,
        entity="user",
        entity_id="" if user_id is None else user_id,
        ip=ip,
        **data,
    )
