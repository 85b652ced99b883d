"""Quotas of orders: counted when an order is distributed, given when it is first offered, taken back when that dealer
does not get it. One distribution at a time counts, so that no quota is overdrawn.

An entry is dated by the offer, so that what is taken back leaves the period that it was given in.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.pipeline import NO_HISTORY, History
from callcore.distribution.policy import ActiveOrderPolicy
from callcore.network.policy import StageKind
from callcore.network.policy_tables import PolicyRow, QuotaEntryRow
from callcore.network.quota_period import period_start
from callcore.network.quotas import ALL, QuotaScope, add_quota_entry, manufacturer_zone
from callcore.orders.desk_tables import OrderDecisionRow, OrderWindowRow
from callcore.routing.live import QuotaCount


async def quota_history(
    session: AsyncSession, active: ActiveOrderPolicy, order_id: int, now: datetime
) -> History:
    """Without this order. Locks the quotas of the policy until the transaction ends; on SQLite the write that came before
    has locked everything."""
    stage = active.policy.quota_stage
    if stage is None or not active.id:
        return NO_HISTORY
    lock = select(PolicyRow.id).where(PolicyRow.id == active.id).with_for_update(key_share=True)
    _ = await session.scalar(lock)
    since = period_start(stage.period, now, await manufacturer_zone(session))
    rows = await session.execute(
        select(QuotaEntryRow.org_id, func.sum(QuotaEntryRow.amount), func.max(QuotaEntryRow.at))
        .where(
            QuotaEntryRow.policy_id == active.id,
            QuotaEntryRow.scope == QuotaScope.ORDERS.value,
            QuotaEntryRow.at >= since,
            QuotaEntryRow.order_id != order_id,
        )
        .group_by(QuotaEntryRow.org_id)
    )
    sums = {org_id: (int(amount), at) for org_id, amount, at in rows}
    counted, _ = sums.pop(ALL, (0, now))
    return History(
        QuotaCount(counted, {org_id: amount for org_id, (amount, _) in sums.items() if org_id}),
        None if active.policy.counts_all else await _could_take(session, order_id, since),
        {org_id: at for org_id, (_, at) in sums.items() if org_id},
    )


async def _could_take(session: AsyncSession, order_id: int, since: datetime) -> dict[int, int]:
    """Orders of the period that each dealer was a candidate for."""
    rows = await session.execute(
        select(OrderWindowRow.org_id, func.count())
        .join(
            OrderDecisionRow,
            (OrderDecisionRow.order_id == OrderWindowRow.order_id)
            & (OrderDecisionRow.run == OrderWindowRow.run),
        )
        .where(OrderWindowRow.run == 1, OrderDecisionRow.at >= since, OrderWindowRow.order_id != order_id)
        .group_by(OrderWindowRow.org_id)
    )
    return {row[0]: row[1] for row in rows}


async def count_order(
    session: AsyncSession,
    active: ActiveOrderPolicy,
    order_id: int,
    run: int,
    org_id: int | None,
    now: datetime,
) -> None:
    """One more was distributed, once for each order; `org_id` has it reserved by his quota."""
    if active.policy.quota_stage is None or not active.id:
        return
    _ = await add_quota_entry(
        session,
        policy_id=active.id,
        scope=QuotaScope.ORDERS,
        org_id=ALL,
        amount=1,
        at=now,
        dedupe_key=f"order:{order_id}:counted:{active.id}",
        order_id=order_id,
    )
    if org_id is not None:
        _ = await add_quota_entry(
            session,
            policy_id=active.id,
            scope=QuotaScope.ORDERS,
            org_id=org_id,
            amount=1,
            at=now,
            dedupe_key=_given(order_id, run, org_id),
            order_id=order_id,
        )


async def release_quota(
    session: AsyncSession, order_id: int, run: int, *, taken_by: int | None = None, only: int | None = None
) -> None:
    """What is reserved in this run is given back, except to the dealer who took the order. The order is locked."""
    offered = select(OrderWindowRow.org_id).where(
        OrderWindowRow.order_id == order_id,
        OrderWindowRow.run == run,
        OrderWindowRow.stage == StageKind.QUOTA.value,
    )
    for org_id in list(await session.scalars(offered)):
        if org_id == taken_by or only not in (None, org_id):
            continue
        given = select(QuotaEntryRow).where(QuotaEntryRow.dedupe_key == _given(order_id, run, org_id))
        entry = await session.scalar(given)
        if entry is not None:
            _ = await add_quota_entry(
                session,
                policy_id=entry.policy_id,
                scope=QuotaScope.ORDERS,
                org_id=org_id,
                amount=-1,
                at=entry.at,
                dedupe_key=f"order:{order_id}:{run}:released:{org_id}",
                order_id=order_id,
            )


def _given(order_id: int, run: int, org_id: int) -> str:
    return f"order:{order_id}:{run}:given:{org_id}"
