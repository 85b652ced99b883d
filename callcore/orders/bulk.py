"""One action on many orders: each is its own transaction and tells its own refusal. What was done is kept in the audit
log, from which it can be taken back for a while by who did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.audit import AuditRow
from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import Viewer
from callcore.orders.list_model import MAX_CHOSEN
from callcore.orders.rights import order_reach
from callcore.orders.tables import OrderRow

ENTITY: Final = "orders"
UNDO_FOR: Final = timedelta(hours=1)


class BulkKind(StrEnum):
    """Stored in the audit log: never renamed."""

    ASSIGN = "assign"
    MANAGER = "manager"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Refused:
    """`code` is the refusal's."""

    number: int
    code: str


@dataclass(frozen=True, slots=True)
class Changed:
    """`before` is whose it was, an organisation's or a person's id; or the code of its status."""

    number: int
    before: int | str | None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """`undo_id` 0: there is nothing to take back."""

    done: tuple[Changed, ...]
    refused: tuple[Refused, ...]
    undo_id: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What can be taken back."""

    kind: BulkKind
    target: int | str
    changed: tuple[Changed, ...]


def check_chosen(numbers: Sequence[int]) -> tuple[int, ...]:
    """Each once, in order. Raises Invalid (field numbers)."""
    chosen = tuple(dict.fromkeys(numbers))
    if not chosen:
        raise Invalid("nothing-chosen", fields={"numbers": "choose orders"})
    if len(chosen) > MAX_CHOSEN:
        raise Invalid("too-many-chosen", fields={"numbers": f"at most {MAX_CHOSEN}"})
    return chosen


async def dealer_of(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> int | None:
    """Nobody also for what this viewer does not see: the use case that follows refuses it."""
    reach = await order_reach(session, viewer, now)
    return await session.scalar(select(OrderRow.org_id).where(OrderRow.number == number, reach.visible()))


async def status_now(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> str:
    """Empty for what this viewer does not see: the use case that follows refuses it."""
    reach = await order_reach(session, viewer, now)
    found = select(OrderRow.status).where(OrderRow.number == number, reach.visible())
    return await session.scalar(found) or ""


async def note_bulk(session: AsyncSession, viewer: Viewer, done: Done, *, now: datetime) -> int:
    """The id by which it is taken back."""
    row = AuditRow(
        at=now,
        actor_id=viewer.user_id,
        action=f"orders:bulk-{done.kind}",
        entity=ENTITY,
        entity_id="list",
        data={"target": done.target, "changed": [[one.number, one.before] for one in done.changed]},
    )
    session.add(row)
    await session.flush()
    return row.id


async def done_before(session: AsyncSession, viewer: Viewer, undo_id: int, *, now: datetime) -> Done:
    """Raises NotFound for what is somebody else's or too long ago."""
    row = await session.scalar(
        select(AuditRow).where(
            AuditRow.id == undo_id,
            AuditRow.actor_id == viewer.user_id,
            AuditRow.entity == ENTITY,
            AuditRow.at > now - UNDO_FOR,
        )
    )
    kind = next((one for one in BulkKind if row is not None and row.action == f"orders:bulk-{one}"), None)
    if row is None or kind is None:
        raise NotFound("nothing-to-undo")
    changed = tuple(Changed(number, before) for number, before in row.data["changed"])
    return Done(kind, row.data["target"], changed)
