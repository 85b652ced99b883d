"""The policy of orders by version: saved, refused, rolled back, tried on orders that have been."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from callcore.distribution.accept_order import accept_order
from callcore.distribution.change_order_policy import NEW, ChangeOrderPolicy
from callcore.distribution.policy import BUILT_IN, OrderPolicy, OrderRule, OrderStage
from callcore.distribution.policy_check import check_order_policy
from callcore.distribution.policy_store import (
    load_order_policies,
    order_policy_book,
    order_policy_facts,
)
from callcore.distribution.try_policy import rehearse_orders
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.policies import load_policies
from callcore.network.policy import Quota, QuotaUnit, StageKind
from callcore.network.policy_check import Flaw
from callcore.orders.desk_tables import OrderDecisionRow
from tests.integration.distribution import stage
from tests.integration.distribution.stage import ADMIN, NOW, PLAIN, TOP, TOP_TOO, minutes, viewer

pytestmark = pytest.mark.integration

BASE = OrderStage(StageKind.BASE, delay_min=15)


def quotas(*limits):
    rows = tuple(Quota(org_id, QuotaUnit.PERCENT, limit) for org_id, limit in limits)
    return OrderPolicy((OrderStage(StageKind.QUOTA, quotas=rows), BASE))


async def test_saved_conflicting_and_rolled_back(database):
    await stage.fill(database, None)
    change = ChangeOrderPolicy(database, SimpleNamespace(now=lambda: NOW))
    async with database.session() as session:
        assert (await load_order_policies(session)).main == BUILT_IN
    first = quotas((TOP, 60), (PLAIN, 40))
    assert await change.save(ADMIN, first, shown=0, note="доли") == (None, 1)
    with pytest.raises(Conflict) as stale:
        await change.save(ADMIN, OrderPolicy(), shown=0)
    assert stale.value.details["version"] == 1
    with pytest.raises(Invalid):
        await change.save(ADMIN, quotas((TOP, 61), (PLAIN, 40)), shown=1)
    with pytest.raises(Forbidden):
        await change.save(viewer(TOP), first, shown=1)
    assert await change.save(ADMIN, OrderPolicy(), shown=1) == (None, 2)
    with pytest.raises(NotFound):
        await change.roll_back(ADMIN, 9, shown=2)
    assert await change.roll_back(ADMIN, 1, shown=2) == 3
    async with database.session() as session:
        active = (await load_order_policies(session)).main
        assert (active.version, active.policy) == (3, first)
        book = await order_policy_book(session, ADMIN)
        assert [one.version for one in book.versions] == [3, 2, 1]
        assert (await load_policies(session))[0].id == 0  # that of calls is not this one


async def test_what_is_wrong_with_a_policy_is_said_by_its_place(database):
    await stage.fill(database, None)
    async with database.session() as session:
        facts = await order_policy_facts(session)
    rules = (
        OrderRule(TOP, categories=("Нет такой",), articles=("9",), min_kopecks=5, max_kopecks=4),
        OrderRule(999),
        OrderRule(PLAIN, services=("installation",)),
    )
    policy = OrderPolicy(
        (
            OrderStage(StageKind.FIX, rules=rules, window_min=0),
            OrderStage(StageKind.RATING, min_points=200),
            *quotas((TOP, 70), (TOP_TOO, 31)).stages,
        )
    )
    found = {(one.place, one.flaw) for one in check_order_policy(policy, facts)}
    assert found == {
        ("stages.0.window_min", Flaw.OUT_OF_RANGE),
        ("stages.0.rules.0.categories", Flaw.CATEGORY_UNKNOWN),
        ("stages.0.rules.0.articles", Flaw.ARTICLE_UNKNOWN),
        ("stages.0.rules.0.max_kopecks", Flaw.SUM_RANGE),
        ("stages.0.rules.1.org_id", Flaw.DEALER_UNKNOWN),
        ("stages.0.rules.2.regions", Flaw.RULE_UNREACHED),
        ("stages.1.window_min", Flaw.WINDOW_MISSING),
        ("stages.2.quotas", Flaw.OVER_100),
    }
    assert [one.flaw for one in check_order_policy(OrderPolicy(()), facts)] == [Flaw.NO_STAGES]
    assert check_order_policy(stage.PIPELINE, facts) == ()


async def test_a_changed_policy_is_tried_on_the_last_orders(database):
    await stage.fill(database, None)
    async with database.transaction() as session:
        for number in range(10):
            order = await stage.make(session, at=minutes(number))
        await accept_order(session, viewer(PLAIN), order.number, now=minutes(20))
    async with database.session() as session:
        tried = await rehearse_orders(session, quotas((TOP, 60), (PLAIN, 40)))
        again = await rehearse_orders(session, OrderPolicy(), last=4)
    shares = {share.org_id: (share.real, share.before, share.after) for share in tried.shares}
    assert tried.count == 10
    assert shares == {TOP: (0, 10, 6), TOP_TOO: (0, 10, 0), 2: (0, 10, 0), PLAIN: (1, 10, 4), None: (9, 0, 0)}
    assert [one.after for one in tried.moved][:3] == [(TOP,), (PLAIN,), (TOP,)]
    assert (again.count, again.moved) == (4, ())


async def test_a_strategy_of_its_own_takes_the_orders_of_its_region(database):
    await stage.fill(database, None)
    change = ChangeOrderPolicy(database, SimpleNamespace(now=lambda: NOW))
    everywhere = OrderPolicy(quotas((PLAIN, 100)).stages)
    with pytest.raises(Invalid) as unnamed:
        await change.save(ADMIN, everywhere, shown=0, policy_id=NEW)
    assert {one.flaw for one in unnamed.value.details["problems"]} == {Flaw.EMPTY, Flaw.FOR_NOTHING}
    here = replace(everywhere, region_codes=("RU-MOW",))
    own_id, version = await change.save(ADMIN, here, shown=0, policy_id=NEW, name="Столица")
    assert version == 1
    with pytest.raises(Invalid) as taken:
        await change.save(ADMIN, here, shown=0, policy_id=NEW, name="Столица")
    assert [one.flaw for one in taken.value.details["problems"]] == [Flaw.NAME_TAKEN]
    async with database.transaction() as session:
        order = await stage.make(session, at=minutes(1))
        decision = await session.scalar(select(OrderDecisionRow).where(OrderDecisionRow.order_id == order.id))
        assert (decision.policy_id, decision.policy_version) == (own_id, 1)
        policies = await load_order_policies(session)
        assert policies.main == BUILT_IN
        assert policies.of("RU-SPE", ()).id == 0
        other = await rehearse_orders(session, replace(here, region_codes=("RU-SPE",)), policy_id=own_id)
        assert len(other.moved) == 1  # it would have gone by the main one
    off = replace(here, is_on=False)
    assert await change.save(ADMIN, off, shown=1, policy_id=own_id, name="Столица и область") == (own_id, 2)
    async with database.session() as session:
        policies = await load_order_policies(session)
        assert policies.of("RU-MOW", ()) == BUILT_IN
        assert [one.name for one in policies.own] == ["Столица и область"]
        with pytest.raises(NotFound):
            await order_policy_book(session, ADMIN, 9999)
    assert await change.roll_back(ADMIN, 1, shown=2, policy_id=own_id) == 3
    with pytest.raises(NotFound):
        await change.save(ADMIN, here, shown=0, policy_id=9999, name="Нет такой")
