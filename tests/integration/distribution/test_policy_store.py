"""The policy of orders by version: saved, refused, rolled back, tried on orders that have been."""

from types import SimpleNamespace

import pytest

from callcore.distribution.accept_order import accept_order
from callcore.distribution.policy import BUILT_IN, OrderPolicy, OrderRule, OrderStage
from callcore.distribution.policy_check import check_order_policy
from callcore.distribution.policy_store import (
    ChangeOrderPolicy,
    load_order_policy,
    order_facts,
    order_policy_book,
)
from callcore.distribution.try_policy import rehearse_orders
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.policies import load_policies
from callcore.network.policy import Quota, QuotaUnit, StageKind
from callcore.network.policy_check import Flaw
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
        assert await load_order_policy(session) == BUILT_IN
    first = quotas((TOP, 60), (PLAIN, 40))
    assert await change.save(ADMIN, first, shown=0, note="доли") == 1
    with pytest.raises(Conflict) as stale:
        await change.save(ADMIN, OrderPolicy(), shown=0)
    assert stale.value.details["version"] == 1
    with pytest.raises(Invalid):
        await change.save(ADMIN, quotas((TOP, 61), (PLAIN, 40)), shown=1)
    with pytest.raises(Forbidden):
        await change.save(viewer(TOP), first, shown=1)
    assert await change.save(ADMIN, OrderPolicy(), shown=1) == 2
    with pytest.raises(NotFound):
        await change.roll_back(ADMIN, 9, shown=2)
    assert await change.roll_back(ADMIN, 1, shown=2) == 3
    async with database.session() as session:
        active = await load_order_policy(session)
        assert (active.version, active.policy) == (3, first)
        book = await order_policy_book(session, ADMIN)
        assert [one.version for one in book.versions] == [3, 2, 1]
        assert (await load_policies(session))[0].id == 0  # that of calls is not this one


async def test_what_is_wrong_with_a_policy_is_said_by_its_place(database):
    await stage.fill(database, None)
    async with database.session() as session:
        facts = await order_facts(session)
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
