"""Use case: a run of the distribution: candidates, their windows, the explanation. Runs in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.candidates import DealerFacts, OrderFacts, Verdict, judge
from callcore.distribution.decision import Decision, ToDesk, decision_to_json
from callcore.distribution.desk import send_to_desk
from callcore.distribution.load_network import network_facts, order_facts
from callcore.distribution.pipeline import make_plan, own_site_plan
from callcore.distribution.policy import BUILT_IN
from callcore.distribution.policy_store import load_order_policies
from callcore.distribution.quota_history import count_order, quota_history, release_quota
from callcore.distribution.windows import Window, close_windows, open_windows
from callcore.distribution.working_minutes import in_working_minutes
from callcore.orders.attention import attention_at
from callcore.orders.desk_tables import OrderDecisionRow
from callcore.orders.model import INSTALLATION, OrderEventKind, status_of
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

AVAILABLE = status_of("available")


async def distribute(
    session: AsyncSession,
    order: OrderRow,
    settings: OrderSettings,
    *,
    now: datetime,
    actor_id: int | None = None,
) -> None:
    """Opens a new run; windows of an earlier one are withdrawn. The row is new or locked by the caller. When nobody can
    take the order it goes to whoever distributes by hand."""
    if order.run:
        await close_windows(session, order.id, now=now)
        await release_quota(session, order.id, order.run)
    facts = await order_facts(session, order, settings.desk_org_id)
    active = (await load_order_policies(session)).of(facts.region_code, facts.categories)
    beyond = settings.open_to_all_minutes
    network = await network_facts(session, facts, active.policy, with_everyone=bool(beyond))
    order.run, order.offered_at = order.run + 1, now
    order.status, order.status_class = AVAILABLE.code, AVAILABLE.status_class.value
    order.attention_at = attention_at(order, settings)
    await session.flush()
    verdicts = judge(facts, network.dealers, active.policy.min_points)
    if (own := _own_site(facts, network.dealers)) is not None:
        plan, active = own_site_plan(own), BUILT_IN
        verdicts = tuple(Verdict(one.id, one.name, one.points) for one in network.dealers if one.id == own)
    else:
        plan = make_plan(
            active.policy,
            facts,
            verdicts,
            await quota_history(session, active, order.id, now),
            everyone=network.everyone,
            everyone_after=timedelta(minutes=beyond) if beyond else None,
        )
        await count_order(session, active, order.id, order.run, plan.reserved, now)
    windows = [Window(*window) for window in plan.windows(now)]
    if settings.working_minutes:
        windows = await in_working_minutes(session, windows, order.tz, now)
    decision = Decision(
        run=order.run,
        at=now,
        policy_id=active.id,
        policy_version=active.version,
        region_code=order.region_code or "",
        verdicts=verdicts,
        elsewhere=network.elsewhere,
        told=plan.told,
        to_desk=ToDesk.NONE if windows else _why_desk(facts),
    )
    await _write(session, order, decision, windows, now=now, actor_id=actor_id)
    if not windows:
        await send_to_desk(session, order, settings, now=now)


def _own_site(order: OrderFacts, dealers: Sequence[DealerFacts]) -> int | None:
    """The dealer of the site where the order was made, unless he refused it or does not work."""
    if order.site_org_id is None or order.site_org_id in order.declined:
        return None
    return next((one.id for one in dealers if one.id == order.site_org_id and one.is_active), None)


def _why_desk(order: OrderFacts) -> ToDesk:
    if order.region_code is None:
        return ToDesk.NO_REGION
    return ToDesk.INSTALLATION if INSTALLATION in order.services else ToDesk.NOBODY


async def _write(
    session: AsyncSession,
    order: OrderRow,
    decision: Decision,
    windows: Sequence[Window],
    *,
    now: datetime,
    actor_id: int | None,
) -> None:
    session.add(
        OrderDecisionRow(
            order_id=order.id,
            run=decision.run,
            at=now,
            policy_id=decision.policy_id,
            policy_version=decision.policy_version,
            body=decision_to_json(decision),
        )
    )
    await open_windows(session, order.id, order.run, windows, now=now)
    _ = await add_event(
        session,
        order.id,
        OrderEventKind.OFFERED,
        at=now,
        actor_id=actor_id,
        data={"run": decision.run, "dealers": len(windows)},
    )
