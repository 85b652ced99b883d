"""Decisions with the live state of a real database: quotas hold while calls come, and a reader outside agrees."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcore.asterisk.inbound import InboundRouting
from callcore.bootstrap.charges import ChargeKeeper, read_decision
from callcore.bootstrap.live_state import LiveKeeper, read_live
from callcore.bootstrap.what_if import Question, WhatIf
from callcore.calls.charge_ledger import charge_call
from callcore.calls.tables import LegRow
from callcore.kernel.database import Database
from callcore.network.policy import Policy, Quota, QuotaUnit, Stage, StageKind
from callcore.network.policy_tables import PointsEntryRow, QuotaEntryRow
from callcore.routing.given import given_by
from callcore.routing.model import Decision, StepStage
from callcore.routing.numbering import EMPTY_PLAN
from callcore.routing.snapshot import RoutingOptions
from callcore.routing.stored import to_json
from tests.factories.network import make_did, make_org, make_outlet, make_phone, make_policy
from tests.factories.sales import make_call
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration

SITE = "+74951000002"
SHARES = (30, 20)


async def build(database: Database) -> list[int]:
    """Three dealers of one region; quotas are for the first two. Returns their ids."""
    async with database.transaction() as session:
        factory = await make_org(session)
        dealers = []
        for _ in range(3):
            dealer = await make_org(session, parent=factory, region_code="RU-MOW")
            await make_phone(session, outlet=await make_outlet(session, dealer))
            dealers.append(dealer.id)
        quotas = tuple(
            Quota(org_id, QuotaUnit.PERCENT, share) for org_id, share in zip(dealers, SHARES, strict=False)
        )
        stages = (Stage(StageKind.QUOTA, quotas=quotas), Stage(StageKind.BASE))
        await make_policy(session, Policy(stages=stages, points_missed=-5))
        await make_did(session, number=SITE, region_code="RU-MOW")
    return dealers


async def routing_of(database: Database, clock: FakeClock, keeper: LiveKeeper) -> InboundRouting:
    routing = InboundRouting(
        database=database,
        clock=clock,
        numbering=lambda: EMPTY_PLAN,
        options=RoutingOptions(),
        live=keeper.live,
    )
    await routing.refresh()
    return routing


async def talked(database: Database, decision: Decision, clock: FakeClock) -> str:
    """The first step answered."""
    step, at = decision.plan.steps[0], clock.now()
    async with database.transaction() as session:
        row = await make_call(
            session,
            result="answered",
            started_at=at,
            ended_at=at,
            route="app",
            talk_s=30,
            explanation=to_json(decision),
        )
        session.add(
            LegRow(
                call_row_id=row.id,
                uniqueid=f"u{row.id}",
                channel="PJSIP/p1-1",
                role="outlet",
                phone_id=int(step.phone_keys[0][1:]),
                org_id=step.org_id,
                step=1,
                started_at=at,
                ended_at=at,
                outcome="talked",
            )
        )
        return row.call_id


async def test_quotas_hold_to_one_call_while_calls_come_and_end(database: Database, clock: FakeClock) -> None:
    dealers = await build(database)
    keeper, charges = LiveKeeper(database, clock), ChargeKeeper(database, clock)
    await keeper.refresh()
    routing = await routing_of(database, clock, keeper)
    first: list[int | None] = []
    for number in range(1, 61):
        clock.advance(timedelta(seconds=7))
        decision = routing.decide(SITE, "", clock.now())
        keeper.note(given_by(decision))
        step = decision.plan.steps[0]
        first.append(step.org_id if step.stage is StepStage.QUOTA else None)
        await talked(database, decision, clock)
        if number % 10 == 0:  # between two readings of the ledger only the reservations count
            await charges.sweep(clock.now())
            await keeper.refresh()
        for org_id, share in zip(dealers, SHARES, strict=False):
            assert abs(first.count(org_id) - number * share / 100) <= 1, number
    (count,) = keeper.live().quotas.values()
    assert count.counted == 60
    assert count.given == {dealers[0]: first.count(dealers[0]), dealers[1]: first.count(dealers[1])}


async def test_a_reader_outside_decides_as_the_application(database: Database, clock: FakeClock) -> None:
    await build(database)
    keeper = LiveKeeper(database, clock)
    await keeper.refresh()
    routing = await routing_of(database, clock, keeper)
    for _ in range(7):
        clock.advance(timedelta(seconds=30))
        decision = routing.decide(SITE, "+79161112233", clock.now())
        keeper.note(given_by(decision))
        await talked(database, decision, clock)
    await ChargeKeeper(database, clock).work()
    await keeper.refresh()
    clock.advance(timedelta(seconds=30))
    real = routing.decide(SITE, "+79161112233", clock.now())
    live = await read_live(database, clock)
    what_if = WhatIf(database, clock, lambda: EMPTY_PLAN, live=lambda: live)
    told = await what_if.decide(Question(SITE, "+79161112233"))
    same = {"snapshot_version": 0, "snapshot_made_at": clock.now(), "live_version": 0}
    assert replace(told.explanation, **same) == replace(real.explanation, **same)
    assert told.plan == real.plan


async def test_rivals_enter_one_call_once(database: Database, clock: FakeClock) -> None:
    await build(database)
    routing = await routing_of(database, clock, LiveKeeper(database, clock))
    call_id = await talked(database, routing.decide(SITE, "", clock.now()), clock)

    async def charge() -> bool:
        async with database.transaction() as session:
            return await charge_call(session, call_id, read_decision)

    assert sum(await asyncio.gather(*(charge() for _ in range(60)))) == 1
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(QuotaEntryRow)) in (1, 2)
        assert await session.scalar(select(func.count()).select_from(PointsEntryRow)) == 0
