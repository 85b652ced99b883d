"""Points of dealers: an append-only ledger whose sum is the rating; OrgRow.points keeps the sum at hand.

An entry and the sum change in one transaction. One cause counts once, however often and from wherever it is told: its
`dedupe_key` is unique. What was counted is never changed, whatever happens to the settings afterwards: what no longer
holds is taken back by an entry of its own.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.network.access_tables import SettingRow
from callcore.network.policy_tables import PointsEntryRow
from callcore.network.tables import OrgRow

ORDERS: Final = "orders"  # the key of the settings that the points belong to
BELOW_ZERO: Final = "points_below_zero"


class PointsKind(StrEnum):
    """Why points came or went. Stored: never renamed."""

    OPENING = "opening"  # what there was before the ledger
    MANUAL = "manual"
    CALL_MISSED = "call_missed"
    CALL_DECLINED = "call_declined"
    CALL_NO_CALLBACK = "call_no_callback"
    ORDER_FULFILLED = "order_fulfilled"
    ORDER_FAILED = "order_failed"
    SURVEY = "survey"
    REVERSAL = "reversal"  # takes back an earlier entry


async def add_points(
    session: AsyncSession,
    *,
    org_id: int,
    kind: PointsKind,
    points: int,
    reason: str,
    at: datetime,
    dedupe_key: str,
    actor_id: int | None = None,
    call_id: str = "",
    order_id: int | None = None,
    cycle: int = 1,
) -> bool:
    """One entry in the caller's transaction; False when this cause has counted before or is worth nothing. `cycle` grows
    when an order is reopened. The organisation's row stays locked until the transaction ends. Where points must not fall
    below zero no more is taken than there is; the cause has counted all the same."""
    if points == 0:
        return False
    if points < 0 and not await _may_fall_below_zero(session):
        points = max(points, -max(0, await _locked_points(session, org_id)))
    is_new = await insert_unless_exists(
        session,
        PointsEntryRow,
        org_id=org_id,
        kind=kind.value,
        points=points,
        reason=reason,
        call_id=call_id,
        order_id=order_id,
        cycle=cycle,
        actor_id=actor_id,
        at=at,
        dedupe_key=dedupe_key,
    )
    if is_new:
        await write_points(session, org_id, OrgRow.points + points)
    return is_new


async def reverse_points(
    session: AsyncSession, dedupe_key: str, *, reason: str, at: datetime, actor_id: int | None = None
) -> bool:
    """Takes back the entry of this cause by an entry of its own; False when there is none or it was taken back before."""
    entry = await session.scalar(select(PointsEntryRow).where(PointsEntryRow.dedupe_key == dedupe_key))
    if entry is None or entry.kind == PointsKind.REVERSAL.value:
        return False
    return await add_points(
        session,
        org_id=entry.org_id,
        kind=PointsKind.REVERSAL,
        points=-entry.points,
        reason=reason,
        at=at,
        dedupe_key=f"reversal:{entry.id}",
        actor_id=actor_id,
        call_id=entry.call_id,
        order_id=entry.order_id,
        cycle=entry.cycle,
    )


async def written_points(session: AsyncSession, dedupe_key: str) -> int:
    """What this cause has counted for; 0 when it has not."""
    found = select(PointsEntryRow.points).where(PointsEntryRow.dedupe_key == dedupe_key)
    return await session.scalar(found) or 0


async def _may_fall_below_zero(session: AsyncSession) -> bool:
    value = await session.scalar(select(SettingRow.value).where(SettingRow.key == ORDERS))
    return value is None or value.get(BELOW_ZERO, True) is True


async def _locked_points(session: AsyncSession, org_id: int) -> int:
    await write_points(session, org_id, OrgRow.points)
    return await session.scalar(select(OrgRow.points).where(OrgRow.id == org_id)) or 0


async def write_points(session: AsyncSession, org_id: int, value: Any) -> None:
    """The sum at hand; only for this ledger and its check."""
    await session.execute(
        update(OrgRow)
        .where(OrgRow.id == org_id)
        .values(points=value)
        .execution_options(synchronize_session=False)
    )
