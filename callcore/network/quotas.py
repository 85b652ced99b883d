"""What counts against quotas: an append-only ledger of all that was distributed and of what each dealer was given."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.network.model import OrgKind
from callcore.network.policy_tables import QuotaEntryRow
from callcore.network.tables import OrgRow

ALL: Final = None  # org_id of the count of all


class QuotaScope(StrEnum):
    """Stored: never renamed."""

    CALLS = "calls"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class QuotaSum:
    policy_id: int
    org_id: int | None
    amount: int


async def add_quota_entry(
    session: AsyncSession,
    *,
    policy_id: int,
    scope: QuotaScope,
    org_id: int | None,
    amount: int,
    at: datetime,
    dedupe_key: str,
    call_id: str = "",
    order_id: int | None = None,
) -> bool:
    """`org_id` None counts one more that was distributed; +1 was given to a dealer, -1 takes it back. `at` is the moment
    of the decision. False when this cause has counted before."""
    return await insert_unless_exists(
        session,
        QuotaEntryRow,
        policy_id=policy_id,
        scope=scope.value,
        org_id=org_id,
        amount=amount,
        call_id=call_id,
        order_id=order_id,
        at=at,
        dedupe_key=dedupe_key,
    )


async def quota_sums(
    session: AsyncSession, scope: QuotaScope, since: Mapping[int, datetime]
) -> tuple[QuotaSum, ...]:
    """`since`: by policy id, the beginning of its period."""
    if not since:
        return ()
    periods = [
        (QuotaEntryRow.policy_id == policy_id) & (QuotaEntryRow.at >= start)
        for policy_id, start in since.items()
    ]
    rows = await session.execute(
        select(QuotaEntryRow.policy_id, QuotaEntryRow.org_id, func.sum(QuotaEntryRow.amount))
        .where(QuotaEntryRow.scope == scope.value, or_(*periods))
        .group_by(QuotaEntryRow.policy_id, QuotaEntryRow.org_id)
    )
    return tuple(QuotaSum(policy_id, org_id, int(amount)) for policy_id, org_id, amount in rows)


async def newest_entry(session: AsyncSession) -> int:
    return await session.scalar(select(func.max(QuotaEntryRow.id))) or 0


async def manufacturer_zone(session: AsyncSession) -> str:
    """On whose clock periods begin."""
    found = await session.scalar(
        select(OrgRow.tz).where(OrgRow.kind == OrgKind.MANUFACTURER.value).order_by(OrgRow.id).limit(1)
    )
    return found or "Europe/Moscow"


async def counted_at(
    session: AsyncSession, scope: QuotaScope, policy_ids: Collection[int], since: datetime
) -> list[tuple[int, datetime]]:
    """Policy and moment of the decisions since then that stand in the ledger."""
    rows = await session.execute(
        select(QuotaEntryRow.policy_id, QuotaEntryRow.at).where(
            QuotaEntryRow.policy_id.in_(policy_ids),
            QuotaEntryRow.scope == scope.value,
            QuotaEntryRow.org_id.is_(ALL),
            QuotaEntryRow.at >= since,
        )
    )
    return [(policy_id, at) for policy_id, at in rows]
