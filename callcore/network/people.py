"""Use cases: a person joins, gets a new password, leaves."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.model import Role
from callcore.network.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from callcore.network.tables import OrgRow, SessionRow, UserRow


@dataclass(frozen=True, slots=True)
class NewPerson:
    org_id: int
    email: str
    full_name: str
    role: Role
    password: str
    tz: str | None = None  # None: that of the organisation


class People:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, person: NewPerson, *, actor_id: int | None) -> int:
        """Returns the user's id. Raises Invalid (fields email, password), NotFound (org), Conflict("email-taken")."""
        email = person.email.strip().lower()
        if not email.isprintable() or "@" not in email.strip("@"):
            raise Invalid("email-invalid", fields={"email": "an address with @"})
        stored = await checked_hash(person.password)
        now = self._clock.now()
        async with self._database.transaction() as session:
            org = await session.get(OrgRow, person.org_id)
            if org is None:
                raise NotFound("org-not-found")
            row = UserRow(
                org_id=org.id,
                email=email,
                full_name=person.full_name.strip(),
                role=person.role.value,
                password_hash=stored,
                tz=person.tz or org.tz,
                created_at=now,
            )
            session.add(row)
            try:
                await session.flush()
            except IntegrityError:
                raise Conflict("email-taken") from None
            audit.record(
                session,
                at=now,
                actor_id=actor_id,
                action="user:added",
                entity="user",
                entity_id=row.id,
                role=person.role.value,
            )
        return row.id

    async def set_password(self, user_id: int, password: str, *, actor_id: int | None) -> None:
        """Also closes all sessions of the person. Raises Invalid (field password), NotFound."""
        stored = await checked_hash(password)
        await self._change(user_id, "user:password-set", actor_id, password_hash=stored)

    async def set_active(self, user_id: int, *, is_active: bool, actor_id: int | None) -> None:
        """A person who left cannot sign in, and every session ends now. Raises NotFound."""
        action = "user:activated" if is_active else "user:deactivated"
        await self._change(user_id, action, actor_id, is_active=is_active)

    async def _change(self, user_id: int, action: str, actor_id: int | None, **values: object) -> None:
        async with self._database.transaction() as session:
            changed = await session.scalar(
                update(UserRow).where(UserRow.id == user_id).values(**values).returning(UserRow.id)
            )
            if changed is None:
                raise NotFound("user-not-found")
            await session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
            now = self._clock.now()
            audit.record(session, at=now, actor_id=actor_id, action=action, entity="user", entity_id=user_id)


async def checked_hash(password: str) -> str:
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid("password-length", fields={"password": f"{MIN_LENGTH} to {MAX_LENGTH} characters"})
    return await asyncio.to_thread(hash_password, password)
