"""Passwords: argon2id, always off the event loop.

Source: RFC 9106 and the OWASP cheat sheet (19 MiB, two passes, one lane). At most two are computed at once, so that a
flood of sign-ins takes neither the cores nor the memory from the calls.
"""

import asyncio
import base64
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 200
AT_ONCE = 2


def hash_password(text: str, *, hasher: PasswordHasher | None = None) -> str:
    """The stored form (PHC string), with a fresh salt. Takes tens of milliseconds: not for the event loop."""
    return (hasher or make_hasher()).hash(_bytes(text))


def make_hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class PasswordCheck:
    """Compares passwords with stored hashes in threads. An unknown person costs the same time as a known one."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or make_hasher()
        self._nobody = _impossible_hash(self._hasher)
        self._places = asyncio.Semaphore(AT_ONCE)

    async def is_right(self, stored: str | None, password: str) -> bool:
        """False for a wrong password, for an unreadable hash and always for None (nobody)."""
        async with self._places:
            right = await asyncio.to_thread(self._verify, stored or self._nobody, password)
        return right and stored is not None

    async def renewed(self, stored: str, password: str) -> str | None:
        """A new hash when the stored one was made with other parameters; None when it is up to date."""
        if not self._hasher.check_needs_rehash(stored):
            return None
        async with self._places:
            return await asyncio.to_thread(hash_password, password, hasher=self._hasher)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


def _bytes(text: str) -> bytes:
    return text[:MAX_LENGTH].encode("utf-8", "surrogatepass")


def _impossible_hash(hasher: PasswordHasher) -> str:
    """Looks like any hash of these parameters, but was never made from a password."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()
        for size in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"
