"""One request, one effect: a key is claimed first, in the transaction of the work; a repeat is answered as the first was."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import Base, insert_unless_exists, on_connection
from callcore.kernel.errors import Invalid
from callcore.kernel.idempotency import IdempotencyRow

KEPT: Final = timedelta(hours=48)
MAX_KEY_CHARS: Final = 255
_KEYS: Final = Base.metadata.tables[IdempotencyRow.__tablename__]
_REMEMBER: Final = update(_KEYS).where(
    _KEYS.c.actor == bindparam("of_actor"), _KEYS.c.key == bindparam("of_key")
)


@dataclass(frozen=True, slots=True)
class Press:
    """Who sent what under which key. `actor`: api:<key id>, user:<id>, form."""

    actor: str
    key: str
    request_hash: str

    @classmethod
    def of(cls, actor: str, key: str, request: bytes) -> "Press":
        return cls(actor, key, hashlib.sha256(request).hexdigest())


async def earlier_answer(session: AsyncSession, press: Press, now: datetime) -> str | None:
    """None: the key is ours now, do the work and `remember`. Else what was answered then. A rival with the same key is
    waited for. Raises Invalid("idempotency-key-reused") when the key stood on another request."""
    if await insert_unless_exists(
        session,
        IdempotencyRow,
        actor=press.actor,
        key=press.key,
        request_hash=press.request_hash,
        status=0,
        body="",
        at=now,
    ):
        return None
    row = await session.scalar(
        select(IdempotencyRow).where(IdempotencyRow.actor == press.actor, IdempotencyRow.key == press.key)
    )
    assert row is not None, "the key that we lost to is committed"
    if row.request_hash != press.request_hash:
        raise Invalid("idempotency-key-reused")
    return row.body


async def remember(session: AsyncSession, press: Press, body: str, *, status: int = 201) -> None:
    values = {"of_actor": press.actor, "of_key": press.key, "status": status, "body": body}
    await on_connection(session, lambda connection: connection.execute(_REMEMBER, values))


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Keys of which nobody sends a repeat any more."""
    await session.execute(delete(IdempotencyRow).where(IdempotencyRow.at < now - KEPT))
