"""Enters an ended call into the ledgers of quotas and points, from the journal alone.

Each call is one transaction of entries with unique causes. So it does not matter how often it is done, by how many at
once, or where it was cut off: a call is entered whole or not at all, and never twice. Prices are those of the policy's
version by which the call was decided.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.calls.charge_rules import (
    Decided,
    EndedCall,
    Tried,
    needs_call_back,
    points_charges,
    quota_charges,
)
from callcore.calls.model import CallResult, Direction, LegOutcome, LegRole, Rung
from callcore.calls.tables import CallRow, LegRow
from callcore.network.coming_days import calendar_edits
from callcore.network.days import calendar_between
from callcore.network.ledger import PointsKind, add_points
from callcore.network.model import OrgKind
from callcore.network.policy import Policy, policy_from_json
from callcore.network.policy_tables import PointsEntryRow, PolicyVersionRow, QuotaEntryRow
from callcore.network.quotas import QuotaScope, add_quota_entry
from callcore.network.tables import OrgRow
from callcore.network.working_time import WorkingTime

LOOK_BACK: Final = timedelta(days=3)
CALL_BACK_LOOK_BACK: Final = timedelta(days=14)  # long holidays
A_WORKING_DAY: Final = timedelta(hours=8)
AT_ONCE: Final = 200
REASONS: Final = {
    PointsKind.CALL_MISSED: "Пропущен звонок",
    PointsKind.CALL_DECLINED: "Отклонён звонок",
    PointsKind.CALL_NO_CALLBACK: "Не перезвонили за рабочий день",
}
ReadDecision = Callable[[dict[str, Any]], Decided | None]


def with_policy(connection: Connection, call_ids: Collection[str]) -> list[str]:
    """Those of the calls that were decided by a policy of the installation's own: the built-in one costs nothing."""
    return list(connection.scalars(_WITH_POLICY, {"names": list(call_ids)}))


_WITH_POLICY: Final = select(CallRow.call_id).where(
    CallRow.call_id.in_(bindparam("names", expanding=True)),
    CallRow.explanation["policy"]["id"].as_integer() > 0,
)


async def charge_call(session: AsyncSession, call_id: str, read: ReadDecision) -> bool:
    """In the caller's transaction; True when something new was entered. A call that lives is passed over."""
    row = await session.scalar(select(CallRow).where(CallRow.call_id == call_id, _is_over()))
    if row is None or not row.explanation or row.route != Rung.APP.value:
        return False
    decided = read(row.explanation)
    if decided is None or not decided.policy_id:  # the built-in policy has neither quotas nor prices
        return False
    policy = await policy_of(session, decided)
    is_priced = bool(policy.points_missed or policy.points_declined)
    call = await _ended(session, row, with_tries=is_priced or bool(decided.quota_steps))
    is_given = await _enter_quotas(session, call, decided)
    return (is_priced and await _enter_points(session, call, policy)) or is_given


async def _enter_quotas(session: AsyncSession, call: EndedCall, decided: Decided) -> bool:
    is_new = False
    for charge in quota_charges(call, decided):
        is_new |= await add_quota_entry(
            session,
            policy_id=decided.policy_id,
            scope=QuotaScope.CALLS,
            org_id=charge.org_id,
            amount=charge.amount,
            at=decided.at,
            dedupe_key=f"call:{call.call_id}:{charge.word}",
            call_id=call.call_id,
        )
    return is_new


async def _enter_points(session: AsyncSession, call: EndedCall, policy: Policy) -> bool:
    dealers = await _dealers(session, {one.org_id for one in call.tries if one.org_id is not None})
    is_new = False
    for charge in points_charges(call, policy, dealers):
        is_new |= await add_points(
            session,
            org_id=charge.org_id,
            kind=charge.kind,
            points=charge.points,
            reason=REASONS[charge.kind],
            at=call.ended_at,
            dedupe_key=f"call:{call.call_id}:tried:{charge.org_id}",
            call_id=call.call_id,
        )
    return is_new


async def calls_to_charge(session: AsyncSession, now: datetime, *, after: int) -> list[tuple[int, str]]:
    """Row and call id of those that ended lately and have not been counted, in the order of rows after this one; at most
    AT_ONCE. A call that counts nothing comes again."""
    is_counted = exists().where(QuotaEntryRow.dedupe_key == "call:" + CallRow.call_id + ":counted")
    rows = await session.execute(
        select(CallRow.id, CallRow.call_id)
        .where(CallRow.id > after, CallRow.started_at >= now - LOOK_BACK, _is_over(), ~is_counted)
        .order_by(CallRow.id)
        .limit(AT_ONCE)
    )
    return [(row_id, call_id) for row_id, call_id in rows]


async def charge_no_callback(
    session: AsyncSession, now: datetime, read: ReadDecision, *, after: int
) -> tuple[int, int]:
    """Lost calls that nobody returned within a working day, in the caller's transaction. Returns the last row looked at
    (0 at the end) and how many entries were made."""
    rows = list(await session.scalars(_unreturned(now).where(CallRow.id > after).limit(AT_ONCE)))
    entered = 0
    for row in rows:
        decided = read(row.explanation) if row.explanation else None
        if decided is not None:
            entered += await _charge_unreturned(session, row, decided, now)
    return (rows[-1].id if len(rows) == AT_ONCE else 0), entered


async def policy_of(session: AsyncSession, decided: Decided) -> Policy:
    """By which the call was decided; the built-in one, which costs nothing, when it cannot be read."""
    body = await session.scalar(
        select(PolicyVersionRow.body).where(
            PolicyVersionRow.policy_id == decided.policy_id,
            PolicyVersionRow.version == decided.policy_version,
        )
    )
    try:
        return policy_from_json(body) if body else Policy()
    except ValueError:
        return Policy()


def _is_over() -> Any:
    return and_(
        CallRow.direction == Direction.INBOUND.value, CallRow.result != "", CallRow.ended_at.is_not(None)
    )


async def _ended(
    session: AsyncSession, row: CallRow, *, with_tries: bool = True, dealer_id: int | None = None
) -> EndedCall:
    legs = await session.scalars(_legs_of(row)) if with_tries else ()
    return EndedCall(
        call_id=row.call_id,
        result=CallResult(row.result),
        started_at=row.started_at,
        ended_at=row.ended_at or row.started_at,
        is_planned=row.route == Rung.APP.value,
        tries=tuple(_tried(leg) for leg in legs),
        dealer_id=dealer_id,
    )


def _legs_of(row: CallRow) -> Any:
    return (
        select(LegRow)
        .where(LegRow.call_row_id == row.id, LegRow.role != LegRole.CUSTOMER.value)
        .order_by(LegRow.id)
    )


def _tried(leg: LegRow) -> Tried:
    outcome = LegOutcome(leg.outcome) if leg.outcome else None
    return Tried(LegRole(leg.role), leg.org_id, leg.step, leg.started_at, leg.ended_at, outcome)


async def _dealers(session: AsyncSession, org_ids: Collection[int]) -> frozenset[int]:
    if not org_ids:
        return frozenset()
    found = select(OrgRow.id).where(OrgRow.id.in_(org_ids), OrgRow.kind != OrgKind.MANUFACTURER.value)
    return frozenset(await session.scalars(found))


# --- no call back -----------------------------------------------------------------------------------------------


def _unreturned(now: datetime) -> Any:
    """Of each number the first lost call of a dealer, of which nobody has heard since, not entered yet."""
    other = aliased(CallRow)
    lost = (CallResult.MISSED.value, CallResult.ABANDONED.value, CallResult.VOICEMAIL.value)
    is_entered = exists().where(
        PointsEntryRow.org_id == CallRow.org_id,
        PointsEntryRow.kind == PointsKind.CALL_NO_CALLBACK.value,
        PointsEntryRow.call_id == CallRow.call_id,
    )
    is_repeated = exists().where(
        other.caller_number == CallRow.caller_number,
        other.org_id == CallRow.org_id,
        other.result.in_(lost),
        other.direction == Direction.INBOUND.value,
        other.started_at < CallRow.started_at,
        other.started_at >= now - CALL_BACK_LOOK_BACK,
    )
    return (
        select(CallRow)
        .where(
            _is_over(),
            CallRow.started_at >= now - CALL_BACK_LOOK_BACK,
            CallRow.ended_at <= now - A_WORKING_DAY,
            CallRow.result.in_(lost),
            CallRow.caller_number != "",
            CallRow.org_id.is_not(None),
            ~is_entered,
            ~is_repeated,
        )
        .order_by(CallRow.id)
    )


async def _charge_unreturned(session: AsyncSession, row: CallRow, decided: Decided, now: datetime) -> bool:
    policy = await policy_of(session, decided)
    if not policy.points_no_callback:
        return False
    dealers = await _dealers(session, {row.org_id} if row.org_id is not None else set())
    call = await _ended(session, row, with_tries=False, dealer_id=next(iter(dealers), None))
    if not needs_call_back(call) or call.dealer_id is None:
        return False
    due_at = await _due(session, call.dealer_id, call.ended_at)
    if due_at > now or await _was_returned(session, row, due_at):
        return False
    return await add_points(
        session,
        org_id=call.dealer_id,
        kind=PointsKind.CALL_NO_CALLBACK,
        points=policy.points_no_callback,
        reason=REASONS[PointsKind.CALL_NO_CALLBACK],
        at=due_at,
        dedupe_key=f"call:{row.call_id}:no_callback:{call.dealer_id}",
        call_id=row.call_id,
    )


async def _due(session: AsyncSession, org_id: int, ended_at: datetime) -> datetime:
    """A working day later on the dealer's own clock."""
    tz = await session.scalar(select(OrgRow.tz).where(OrgRow.id == org_id)) or "Europe/Moscow"
    first, last = (ended_at - timedelta(days=1)).date(), (ended_at + CALL_BACK_LOOK_BACK).date()
    edits = await calendar_edits(session, first, last)
    return WorkingTime.of(tz, calendar_between(first, last, edits)).after(ended_at, A_WORKING_DAY)


async def _was_returned(session: AsyncSession, row: CallRow, due_at: datetime) -> bool:
    """Somebody rang the number, or talked with it, in time."""
    other = aliased(CallRow)
    found = exists().where(
        other.caller_number == row.caller_number,
        other.started_at >= row.started_at,
        other.started_at <= due_at,
        other.id != row.id,
        or_(other.direction == Direction.OUTBOUND.value, other.talk_s > 0),
    )
    return bool(await session.scalar(select(found)))
