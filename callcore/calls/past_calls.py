"""The newest inbound calls as they came, for trying other rules on them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import CallResult, Direction
from callcore.calls.tables import CallRow
from callcore.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class CameIn:
    """`did_number` and `caller_number` E.164 or as they came; `org_id` who talked, else who was tried first."""

    call_id: str
    at: datetime
    did_number: str
    caller_number: str
    org_id: int | None
    was_answered: bool


async def newest_inbound(session: AsyncSession, limit: int) -> tuple[CameIn, ...]:
    """Ended ones, newest first. For whoever may see all calls: nothing is masked here, so no page shows the numbers."""
    rows = await session.execute(
        select(
            CallRow.call_id,
            CallRow.started_at,
            CallRow.did_number,
            CallRow.caller_number,
            CallRow.org_id,
            CallRow.result,
        )
        .where(
            CallRow.direction == Direction.INBOUND.value,
            CallRow.ended_at.is_not(None),
            CallRow.did_number != "",
        )
        .order_by(CallRow.started_at.desc(), CallRow.id.desc())
        .limit(limit)
    )
    return tuple(
        CameIn(call_id, at, did, caller, org_id, result == CallResult.ANSWERED)
        for call_id, at, did, caller, org_id, result in rows
    )


async def stored_explanation(session: AsyncSession, call_id: str) -> dict[str, Any]:
    """Raises NotFound for no such call, and for one that went without a decision of ours."""
    found = await session.execute(select(CallRow.explanation).where(CallRow.call_id == call_id))
    row = found.first()
    if row is None:
        raise NotFound("call-not-found", f"Такого звонка нет в журнале: {call_id}")
    if not row.explanation:
        raise NotFound("explanation-not-stored", "С этим звонком решение не записано: он шёл без приложения")
    return dict(row.explanation)
