"""Quotas of orders over a whole month: how far what a dealer got may be from what is due to him."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.distribution.candidates import OrderFacts, Verdict
from callcore.distribution.pipeline import ENDLESS, History, make_plan
from callcore.distribution.policy import OrderPolicy, OrderRule, OrderStage
from callcore.network.policy import Quota, QuotaUnit, StageKind
from callcore.routing.live import QuotaCount

pytestmark = pytest.mark.property

ORDER = OrderFacts(region_code="RU-MOW")
ORDERS = 100


percents = st.lists(st.integers(1, 60), min_size=1, max_size=6).filter(lambda found: sum(found) <= 100)


def errors(percents, able, *, counts_all=True):
    """`able(dealer, number)`: whether he can take that order. The greatest distance after each of a hundred."""
    quotas = tuple(Quota(org_id, QuotaUnit.PERCENT, percent) for org_id, percent in enumerate(percents, 1))
    policy = OrderPolicy(
        (OrderStage(StageKind.QUOTA, quotas=quotas), OrderStage(StageKind.BASE, delay_min=15))
    )
    away: list[float] = []
    had, could = dict.fromkeys(range(1, len(percents) + 1), 0), dict.fromkeys(range(1, 8), 0)
    for number in range(ORDERS):
        verdicts = [Verdict(org_id, "", 0) for org_id in had if able(org_id, number)]
        history = History(QuotaCount(number, had), None if counts_all else could)
        org_id = make_plan(policy, ORDER, verdicts, history).reserved
        for one in verdicts:
            could[one.org_id] += 1
        if org_id is not None:
            had[org_id] += 1
        of = dict.fromkeys(had, number + 1) if counts_all else could
        away.append(max(abs(of[one] * percents[one - 1] / 100 - had[one]) for one in had))
    return away


@given(percents)
@settings(max_examples=15, deadline=None)
def test_when_everybody_can_take_everything_nobody_is_ever_more_than_one_order_off(percents):
    assert max(errors(percents, lambda _org, _number: True)) <= 1


@given(
    percents.filter(lambda found: sum(found) <= 60 and max(found) <= 30),
    st.sampled_from([3, 7, 9]),
    st.booleans(),
)
@settings(max_examples=15, deadline=None)
def test_when_each_can_take_seven_of_ten_the_error_stays_small(percents, turn, counts_all):
    def able(org, number):
        return (number * turn + org * 3) % 10 < 7

    assert errors(percents, able, counts_all=counts_all)[-1] <= 1.5


stages = st.lists(
    st.one_of(
        st.builds(
            lambda org_id, window: OrderStage(StageKind.FIX, rules=(OrderRule(org_id),), window_min=window),
            st.integers(1, 6),
            st.one_of(st.none(), st.integers(1, 60)),
        ),
        st.builds(
            lambda org_id, percent: OrderStage(
                StageKind.QUOTA, quotas=(Quota(org_id, QuotaUnit.PERCENT, percent),)
            ),
            st.integers(1, 6),
            st.integers(0, 100),
        ),
        st.builds(
            lambda points, best, window: OrderStage(
                StageKind.RATING, min_points=points, best=best, window_min=window
            ),
            st.integers(-5, 20),
            st.integers(0, 3),
            st.integers(1, 60),
        ),
        st.builds(lambda delay: OrderStage(StageKind.BASE, delay_min=delay), st.integers(0, 60)),
    ),
    max_size=4,
    unique_by=lambda stage: stage.kind,
)


@settings(max_examples=50, deadline=None)
@given(stages, st.lists(st.integers(-10, 30), max_size=5), st.booleans())
def test_any_policy_gives_each_candidate_one_window_at_most_and_in_order(found, points, is_parallel):
    verdicts = [Verdict(org_id, "", value) for org_id, value in enumerate(points, 1)]
    plan = make_plan(OrderPolicy(tuple(found), is_parallel=is_parallel), ORDER, verdicts)
    seen = [org_id for told in plan.told for org_id in told.members]
    assert len(seen) == len(set(seen))
    assert set(seen) <= {one.org_id for one in verdicts}
    opens = [told.opens for told in plan.told if told.opens is not None]
    assert opens == sorted(opens)
    assert all((told.opens is None) == (not told.members) for told in plan.told)
    assert not opens or opens[0].total_seconds() == 0  # somebody sees it at once
    if found and found[-1].kind is StageKind.BASE:
        assert set(seen) == {one.org_id for one in verdicts}
    assert all(one <= ENDLESS * 2 for one in opens)
