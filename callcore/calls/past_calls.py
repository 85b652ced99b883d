"""The newest inbound calls as they came, for trying other rules on them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.model import CallResult, Direction, LegRole
from callcore.calls.tables import CallRow, LegRow
from callcore.kernel.errors import NotFound
from callcore.network.tables import PhoneRow

_OURS: Final = (LegRole.OUTLET.value, LegRole.OPERATOR.value, LegRole.DUTY.value)


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


@dataclass(frozen=True, slots=True)
class Tried:
    """One phone of ours that was called. `step` of the plan, from 1, None for one that no plan named; `outcome` LegOutcome,
    empty while it goes on."""

    step: int | None
    role: str
    label: str
    outcome: str
    rang_s: float


async def stored_tries(session: AsyncSession, call_id: str) -> tuple[str, tuple[Tried, ...]]:
    """The call's result (CallResult, empty while it goes on) and who was called, in order. Raises NotFound for no such call."""
    call = (
        await session.execute(select(CallRow.id, CallRow.result).where(CallRow.call_id == call_id))
    ).first()
    if call is None:
        raise NotFound("call-not-found", f"Такого звонка нет в журнале: {call_id}")
    rows = await session.execute(
        select(LegRow, PhoneRow.label)
        .outerjoin(PhoneRow, PhoneRow.id == LegRow.phone_id)
        .where(LegRow.call_row_id == call.id, LegRow.role.in_(_OURS))
        .order_by(LegRow.started_at, LegRow.id)
    )
    return call.result, tuple(
        Tried(leg.step, leg.role, label or "", leg.outcome, _rang_s(leg)) for leg, label in rows
    )


def _rang_s(leg: LegRow) -> float:
    end = leg.bridged_at or leg.answered_at or leg.ended_at or leg.started_at
    return round((end - leg.started_at).total_seconds(), 1)


async def stored_explanation(session: AsyncSession, call_id: str) -> dict[str, Any]:
    """Raises NotFound for no such call, and for one that went without a decision of ours."""
    found = await session.execute(select(CallRow.explanation).where(CallRow.call_id == call_id))
    row = found.first()
    if row is None:
        raise NotFound("call-not-found", f"Такого звонка нет в журнале: {call_id}")
    if not row.explanation:
        raise NotFound("explanation-not-stored", "С этим звонком решение не записано: он шёл без приложения")
    return dict(row.explanation)
