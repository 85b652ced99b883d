"""Use cases: codes of an authenticator (RFC 6238: SHA-1, six digits, 30 seconds) beside the password.

The secret stands sealed in the database. A code is worth something once: the step of the last one is kept, and neither it
nor an earlier one is taken again. Recovery codes stand in for a lost telephone, each once; only their hashes are stored.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyotp
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import ids
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.kernel.seal import Seal
from callcore.network.editing import Notes, check_fields, is_line
from callcore.network.model import Role, Viewer
from callcore.network.own_account import check_own
from callcore.network.security_settings import security_settings
from callcore.network.sign_in_limit import SignInLimit, fingerprint
from callcore.network.tables import SessionRow, UserRow

ISSUER: Final = "Dealerline"
STEP_S: Final = 30
RECOVERY_CODES: Final = 10
MAX_REASON_CHARS: Final = 300
_EARLIER_AND_LATER: Final = (0, -1, 1)  # clocks of telephones are half a minute off at times


@dataclass(frozen=True, slots=True)
class FactorView:
    """`secret` and `uri` only while it is being set up. `is_required`: an administrator demands it of this role."""

    since: datetime | None
    recovery_left: int
    is_required: bool
    secret: str = ""
    uri: str = ""

    @property
    def is_on(self) -> bool:
        return self.since is not None


class SecondFactor:
    def __init__(self, database: Database, clock: Clock, seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal
        self._notes = Notes(clock)
        self._limit = SignInLimit(database)

    async def view(self, viewer: Viewer) -> FactorView:
        check_own(viewer)
        async with self._database.session() as session:
            user = await session.get_one(UserRow, viewer.user_id)
            required = viewer.role in (await security_settings(session)).totp_roles
        if user.totp_since is not None or not user.totp_secret:
            return FactorView(user.totp_since, len(user.recovery_hashes), required)
        secret = self._seal.open(user.totp_secret, self._clock.now()) or ""
        uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER) if secret else ""
        return FactorView(None, 0, required, secret, uri)

    async def begin(self, viewer: Viewer) -> None:
        """A fresh secret, worth nothing before it is confirmed. Raises NotAllowedNow("totp-on")."""
        check_own(viewer)
        sealed = self._seal.close(pyotp.random_base32(), self._clock.now())
        async with self._database.transaction() as session:
            begun = await session.scalar(
                update(UserRow)
                .where(UserRow.id == viewer.user_id, UserRow.totp_since.is_(None))
                .values(totp_secret=sealed, totp_used_step=0, recovery_hashes=[])
                .returning(UserRow.id)
            )
            if begun is None:
                raise NotAllowedNow("totp-on")

    async def confirm(self, viewer: Viewer, code: str, ip: str) -> tuple[str, ...]:
        """The first code from the telephone; returns recovery codes, to be shown once. Raises Invalid (field code),
        NotAllowedNow("totp-on"), TooMany."""
        await self._try(viewer, ip)
        codes, now = _fresh_codes(), self._clock.now()
        async with self._database.transaction() as session:
            user = await _locked(session, viewer.user_id)
            if user.totp_since is not None or not user.totp_secret:
                raise NotAllowedNow("totp-on")
            if not self._takes(user, code, now):
                raise _wrong_code()
            user.totp_since = now
            user.recovery_hashes = [fingerprint(code) for code in codes]
            self._notes.add(session, viewer, "user:totp-on", "user", viewer.user_id)
        await self._limit.forgive_person(code_subject(viewer.user_id))
        return codes

    async def renew_codes(self, viewer: Viewer, code: str, ip: str) -> tuple[str, ...]:
        """The earlier recovery codes are worth nothing afterwards. Raises as `confirm`, NotAllowedNow("totp-off")."""
        codes = _fresh_codes()
        await self._try(viewer, ip)
        async with self._database.transaction() as session:
            user = await self._proven(session, viewer, code)
            user.recovery_hashes = [fingerprint(code) for code in codes]
            self._notes.add(session, viewer, "user:totp-codes", "user", viewer.user_id)
        await self._limit.forgive_person(code_subject(viewer.user_id))
        return codes

    async def turn_off(self, viewer: Viewer, code: str, ip: str) -> None:
        """Raises as `renew_codes`, NotAllowedNow("totp-required") where an administrator demands it."""
        await self._try(viewer, ip)
        async with self._database.transaction() as session:
            user = await self._proven(session, viewer, code)
            if viewer.role in (await security_settings(session)).totp_roles:
                raise NotAllowedNow("totp-required")
            _clear(user)
            self._notes.add(session, viewer, "user:totp-off", "user", viewer.user_id)
        await self._limit.forgive_person(code_subject(viewer.user_id))

    async def reset(self, viewer: Viewer, user_id: int, reason: str) -> str:
        """By an administrator for one who lost telephone and codes; all sessions of the person end. Returns the name.
        Raises Forbidden, NotFound, Invalid (field reason), NotAllowedNow("totp-off", "own-account")."""
        if viewer.role is not Role.ADMIN:
            raise Forbidden("not-admin")
        if user_id == viewer.user_id:
            raise NotAllowedNow("own-account")
        reason = " ".join(reason.split())
        if not is_line(reason, at_least=3, at_most=MAX_REASON_CHARS):
            check_fields({"reason": "reason-length"})
        async with self._database.transaction() as session:
            user = await session.get(UserRow, user_id)
            if user is None:
                raise NotFound("person-not-found")
            if user.totp_since is None:
                raise NotAllowedNow("totp-off")
            _clear(user)
            await session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
            self._notes.add(session, viewer, "user:totp-reset", "user", user_id, reason=reason)
        return user.full_name

    async def is_right(self, user_id: int, code: str) -> bool:
        """At sign-in: takes the code, or a recovery code, once."""
        async with self._database.transaction() as session:
            return self._takes(await _locked(session, user_id), code, self._clock.now())

    async def _proven(self, session: AsyncSession, viewer: Viewer, code: str) -> UserRow:
        user = await _locked(session, viewer.user_id)
        if user.totp_since is None:
            raise NotAllowedNow("totp-off")
        if not self._takes(user, code, self._clock.now()):
            raise _wrong_code()
        return user

    def _takes(self, user: UserRow, code: str, now: datetime) -> bool:
        typed = re.sub(r"[\s-]", "", code).lower()
        if typed.isascii() and typed.isdigit() and len(typed) == 6:
            return self._takes_step(user, typed, now)
        given = fingerprint(f"{typed[:5]}-{typed[5:]}")
        left = [known for known in user.recovery_hashes if not hmac.compare_digest(known, given)]
        is_known = len(left) < len(user.recovery_hashes)
        user.recovery_hashes = left
        return is_known

    def _takes_step(self, user: UserRow, typed: str, now: datetime) -> bool:
        secret = self._seal.open(user.totp_secret, now)
        if secret is None:
            return False
        totp, present = pyotp.TOTP(secret, interval=STEP_S), int(now.timestamp()) // STEP_S
        for step in (present + shift for shift in _EARLIER_AND_LATER):
            if step > user.totp_used_step and hmac.compare_digest(totp.generate_otp(step), typed):
                user.totp_used_step = step
                return True
        return False

    async def _try(self, viewer: Viewer, ip: str) -> None:
        check_own(viewer)
        await self._limit.admit(email=code_subject(viewer.user_id), ip=ip, now=self._clock.now())


def code_subject(user_id: int) -> str:
    """Under which tries of codes are counted: five in a quarter of an hour."""
    return f"code:{user_id}"


async def _locked(session: AsyncSession, user_id: int) -> UserRow:
    """Nobody else takes a code of this person until the transaction ends: the write that changes nothing comes first."""
    await session.execute(
        update(UserRow)
        .where(UserRow.id == user_id)
        .values(totp_used_step=UserRow.totp_used_step)
        .execution_options(synchronize_session=False)
    )
    return await session.get_one(UserRow, user_id, populate_existing=True)


def _clear(user: UserRow) -> None:
    user.totp_secret, user.totp_since, user.totp_used_step, user.recovery_hashes = "", None, 0, []


def _fresh_codes() -> tuple[str, ...]:
    return tuple(ids.recovery_code() for _ in range(RECOVERY_CODES))


def _wrong_code() -> Invalid:
    return Invalid("code-wrong", fields={"code": "code-wrong"})
