"""How often a password may be tried: 5 failures per e-mail and 20 per address in 15 minutes.

An attempt is written down before the password is looked at and taken back when it was right. Many attempts at the same
instant therefore cannot all pass as the first: each is visible before any of them is counted.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from callcore.kernel.database import Database
from callcore.kernel.errors import TooMany
from callcore.network.tables import SignInAttemptRow

WINDOW: Final = timedelta(minutes=15)
MAX_PER_EMAIL: Final = 5
MAX_PER_IP: Final = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """The rows of one attempt that was let in."""

    email_subject: str
    row_ids: tuple[int, ...]


class SignInLimit:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, *, email: str, ip: str, now: datetime) -> Attempt:
        """Let an attempt in; it counts as a failure until forgiven. Raises TooMany with `retry_after_s`."""
        limits = {f"email:{fingerprint(email)}": MAX_PER_EMAIL, f"ip:{fingerprint(ip)}": MAX_PER_IP}
        rows = [SignInAttemptRow(subject=subject, at=now) for subject in limits]
        async with self._database.transaction() as session:
            await session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.at <= now - WINDOW))
            session.add_all(rows)
        own = tuple(row.id for row in rows)
        waits = [await self._wait_s(subject, limit, own, now) for subject, limit in limits.items()]
        if any(waits):
            await self._remove(own)
            raise TooMany("too-many-attempts", retry_after_s=max(waits))
        return Attempt(rows[0].subject, own)

    async def forgive(self, attempt: Attempt) -> None:
        """The password was right: the person's failures are forgotten, those of the address are not."""
        async with self._database.transaction() as session:
            await session.execute(
                delete(SignInAttemptRow).where(
                    SignInAttemptRow.id.in_(attempt.row_ids)
                    | (SignInAttemptRow.subject == attempt.email_subject)
                )
            )

    async def forgive_person(self, email: str) -> None:
        """As `forgive`, when all tries of this one are forgotten."""
        async with self._database.transaction() as session:
            subject = f"email:{fingerprint(email)}"
            await session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.subject == subject))

    async def _wait_s(self, subject: str, limit: int, own: tuple[int, ...], now: datetime) -> int:
        """Seconds until one of the latest `limit` failures leaves the window; 0 when there are fewer."""
        async with self._database.session() as session:
            blocking = await session.scalar(
                select(SignInAttemptRow.at)
                .where(SignInAttemptRow.subject == subject, SignInAttemptRow.id.not_in(own))
                .where(SignInAttemptRow.at > now - WINDOW)
                .order_by(SignInAttemptRow.at.desc(), SignInAttemptRow.id.desc())
                .offset(limit - 1)
                .limit(1)
            )
        return 0 if blocking is None else max(1, math.ceil((blocking + WINDOW - now).total_seconds()))

    async def _remove(self, row_ids: tuple[int, ...]) -> None:
        async with self._database.transaction() as session:
            await session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.id.in_(row_ids)))


def fingerprint(text: str) -> str:
    """SHA-256 in hexadecimal: of a session's token, of an e-mail or an address that need not be readable."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
