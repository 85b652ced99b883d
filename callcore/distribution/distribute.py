"""Use case: a run of the distribution: candidates, their windows, the explanation. Runs in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.candidates import DealerFacts, OrderFacts, Verdict, judge
from callcore.distribution.decision import Decision, ToDesk, decision_to_json
from callcore.distribution.desk import send_to_desk
from callcore.distribution.load_network import Network, network_facts, order_facts
from callcore.distribution.outlets import standings
from callcore.distribution.pipeline import Plan, Word, alone_plan, make_plan
from callcore.distribution.policy import BUILT_IN, ActiveOrderPolicy
from callcore.distribution.policy_store import load_order_policies
from callcore.distribution.quota_history import count_order, quota_history, release_quota
from callcore.distribution.windows import Window, close_windows, open_windows
from callcore.distribution.working_minutes import in_working_minutes
from callcore.kernel.database import insert_rows
from callcore.orders.attention import attention_at
from callcore.orders.claims import claim_holder
from callcore.orders.desk_tables import OrderDecisionRow
from callcore.orders.model import INSTALLATION, OrderEventKind, status_of
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

AVAILABLE = status_of("available")


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a choice rests on, except quotas."""

    facts: OrderFacts
    active: ActiveOrderPolicy
    network: Network


async def find_grounds(
    session: AsyncSession, facts: OrderFacts, settings: OrderSettings, *, now: datetime
) -> Grounds:
    """Locks nothing."""
    claim = await claim_holder(session, facts.customer_id, now)
    facts = replace(facts, claim_org_id=claim[0] if claim else None)
    active = (await load_order_policies(session)).of(facts.region_code, facts.categories)
    with_everyone = bool(settings.open_to_all_minutes)
    return Grounds(
        facts, active, await network_facts(session, facts, active.policy, with_everyone=with_everyone)
    )


async def distribute(
    session: AsyncSession,
    order: OrderRow,
    settings: OrderSettings,
    *,
    now: datetime,
    actor_id: int | None = None,
    grounds: Grounds | None = None,
) -> None:
    """Opens a new run; windows of an earlier one are withdrawn. The row is new or locked by the caller. When nobody can
    take the order it goes to whoever distributes by hand. `grounds`: read by the caller already."""
    if order.run:
        await close_windows(session, order.id, now=now)
        await release_quota(session, order.id, order.run)
    if grounds is None:
        facts = await order_facts(session, order, settings.desk_org_id)
        grounds = await find_grounds(session, facts, settings, now=now)
    facts, active, network = grounds.facts, grounds.active, grounds.network
    beyond = settings.open_to_all_minutes
    order.run, order.offered_at = order.run + 1, now
    order.status, order.status_class = AVAILABLE.code, AVAILABLE.status_class.value
    order.attention_at = attention_at(order, settings)
    await session.flush()
    verdicts = judge(facts, network.dealers, active.policy.min_points)
    if (alone := _alone(facts, network.dealers)) is not None:
        (own, plan), active = alone, BUILT_IN
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
        outlets=await standings(session, order, facts, {one.org_id for one in windows}) if windows else (),
    )
    await _write(session, order, decision, windows, now=now, actor_id=actor_id)
    if not windows:
        await send_to_desk(session, order, settings, now=now)


def _alone(order: OrderFacts, dealers: Sequence[DealerFacts]) -> tuple[int, Plan] | None:
    """The dealer of the site where the order was made, else whose protected customer made it, unless he refused it or does
    not work."""
    works = {one.id for one in dealers if one.is_active} - order.declined
    for word, org_id in ((Word.OWN, order.site_org_id), (Word.CLAIM, order.claim_org_id)):
        if org_id in works:
            return org_id, alone_plan(word, org_id)
    return None


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
    kept = {
        "order_id": order.id,
        "run": decision.run,
        "at": now,
        "policy_id": decision.policy_id,
        "policy_version": decision.policy_version,
        "body": decision_to_json(decision),
    }
    await insert_rows(session, OrderDecisionRow, [kept])
    await open_windows(session, order.id, order.run, windows, now=now)
    _ = await add_event(
        session,
        order.id,
        OrderEventKind.OFFERED,
        at=now,
        actor_id=actor_id,
        data={"run": decision.run, "dealers": len(windows)},
    )
