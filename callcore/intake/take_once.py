"""Use case: an order is taken in once, however often it is sent: by a program that had no answer, by a second press."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.intake.draft import Draft
from callcore.intake.once import Press, earlier_answer, remember
from callcore.intake.take_in import RegionsOf, Sender, take_in
from callcore.orders.tables import OrderRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the sender is told, the same at every repeat. `is_repeat` is not part of what is kept."""

    number: int
    public_id: str
    status: str
    created_at: datetime
    due_at: datetime | None
    region_code: str | None
    total_kopecks: int
    is_repeat: bool = False


async def take_once(
    session: AsyncSession,
    press: Press,
    draft: Draft,
    sender: Sender,
    *,
    now: datetime,
    regions_of: RegionsOf,
) -> Taken:
    """Raises Invalid: "idempotency-key-reused", "fields-wrong"; then nothing is kept, the key neither."""
    known = await earlier_answer(session, press, now)
    if known is not None:
        return unpack(known)
    order = await take_in(session, draft, sender, now=now, regions_of=regions_of)
    taken = told_of(order)
    await remember(session, press, pack(taken))
    return taken


def told_of(order: OrderRow) -> Taken:
    return Taken(
        number=order.number,
        public_id=order.public_id,
        status=order.status,
        created_at=order.created_at,
        due_at=order.due_at,
        region_code=order.region_code,
        total_kopecks=order.total_kopecks,
    )


def pack(taken: Taken) -> str:
    return json.dumps(
        {
            "number": taken.number,
            "public_id": taken.public_id,
            "status": taken.status,
            "created_at": taken.created_at.isoformat(),
            "due_at": taken.due_at.isoformat() if taken.due_at else None,
            "region_code": taken.region_code,
            "total_kopecks": taken.total_kopecks,
        }
    )


def unpack(text: str) -> Taken:
    kept = json.loads(text)
    due_at = datetime.fromisoformat(kept.pop("due_at")) if kept["due_at"] else kept.pop("due_at")
    created_at = datetime.fromisoformat(kept.pop("created_at"))
    return Taken(**kept, created_at=created_at, due_at=due_at, is_repeat=True)
