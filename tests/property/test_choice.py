"""What holds of the choice for every policy, network and instant."""

import json
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callcore.network.policy import Policy, Quota, QuotaUnit, Ringing, Stage, StageKind
from callcore.routing.decide import decide
from callcore.routing.explain import from_json, to_json, to_text
from callcore.routing.live import Live, QuotaCount, Tie, TieKind
from callcore.routing.model import Reason, RouteKind, StepStage
from callcore.routing.ranking import Matter, audiences
from callcore.routing.snapshot import build_snapshot
from dialplans.contract import MAX_KEYS_PER_STEP, MAX_STEPS, StepKind
from tests.fakes import network
from tests.property.policies import with_policies
from tests.property.test_routing import directories, instants, numbers

pytestmark = pytest.mark.property

CALLER = "+79122345678"


class Dealers:
    """Dealers as an order would have them: no outlets, no phones."""

    def __init__(self, points, able=None):
        self.points, self.able = points, set(points if able is None else able)

    def ordered(self, ringing):
        if ringing is Ringing.BY_RATING:
            return sorted(self.points, key=lambda org: (-self.points[org], org))
        return sorted(self.points)

    def arranged(self, members, ringing):
        return [org for org in self.ordered(ringing) if org in members]

    def below(self, org_id):
        return [org_id] if org_id in self.points else []

    def fits(self, member):
        return member in self.able

    def org_of(self, member):
        return member

    def rating_of(self, member):
        return self.points[member]

    def weight_of(self, member):
        return 1


def shares(percents):
    quotas = tuple(Quota(number, QuotaUnit.PERCENT, percent) for number, percent in enumerate(percents, 1))
    return Policy(stages=(Stage(StageKind.QUOTA, quotas=quotas),))


def hand_out(percents, calls, is_able):
    """Whom the engine names, its own counts fed back; the counts after each call."""
    policy, given_calls, points = shares(percents), Counter(), dict.fromkeys(range(1, len(percents) + 1), 0)
    for number in range(calls):
        able = [org for org in points if is_able(org, number)]
        matter = Matter(count=QuotaCount(number, given_calls))
        (audience,) = audiences(policy, Dealers(points, able), matter, limit=12)
        given_calls.update(audience.members)
        yield number + 1, given_calls


percents = st.lists(st.integers(1, 60), min_size=1, max_size=8).filter(lambda found: sum(found) <= 100)
small_percents = st.lists(st.integers(0, 3), min_size=30, max_size=100).map(
    lambda found: [percent for place, percent in enumerate(found) if sum(found[: place + 1]) <= 100]
)


@given(percents=st.one_of(percents, small_percents))
@example(percents=[1] * 100)
@example(percents=[50] + [1] * 50)
@settings(max_examples=40, deadline=None)
def test_no_dealer_is_ever_more_than_one_call_away_when_everybody_can_take_calls(percents):
    """After every call, not only after every hundred."""
    for calls, handed_out in hand_out(percents, 210, lambda _org, _number: True):
        for org, percent in enumerate(percents, 1):
            assert abs(handed_out[org] * 100 - percent * calls) < 100


@given(
    percents=percents.filter(lambda found: sum(found) <= 60 and max(found) <= 30),
    turn=st.sampled_from([1, 3, 7, 9]),
    hundreds=st.integers(1, 4),
)
@settings(max_examples=100, deadline=None)
def test_shares_are_kept_when_each_can_take_seven_calls_of_ten(percents, turn, hundreds):
    """Who missed his turn gets it when he is back; with `turn` the three that he misses are together or apart."""
    *_, (_, handed_out) = hand_out(
        percents, hundreds * 100, lambda org, number: (number * turn + org * 3) % 10 < 7
    )
    for org, percent in enumerate(percents, 1):
        assert abs(handed_out[org] - percent * hundreds) <= 1.5


@st.composite
def lives(draw, directory, now):
    keys = [phone.key for phone in directory.phones]
    some = st.lists(st.sampled_from(keys), max_size=len(keys), unique=True)
    orgs = [org.id for org in directory.orgs]
    used = now.replace(year=now.year - 1, day=1)
    tie = Tie(
        draw(st.sampled_from(TieKind)),
        now,
        draw(st.sampled_from(orgs)),
        draw(st.sampled_from([None, *(outlet.id for outlet in directory.outlets)])),
        draw(st.sampled_from([None, 1])),
    )
    return Live(
        version=5,
        unreachable=frozenset(draw(some)),
        talking=dict.fromkeys(draw(some), 1),
        phone_used_at=dict.fromkeys(draw(some), used),
        org_used_at={org: used.replace(minute=org) for org in orgs if draw(st.booleans())},
        quotas={number: QuotaCount(draw(st.integers(0, 99)), {3: 4, 5: 1}) for number in (1, 2)},
        ties={CALLER: tie},
    )


@given(data=st.data(), directory=directories(), did=numbers, now=instants)
@settings(max_examples=120, deadline=None)
def test_any_policy_gives_a_plan_that_keeps_its_rules(data, directory, did, now):
    sellers = data.draw(with_policies(directory, now))
    live = data.draw(lives(sellers, now))
    snapshot = build_snapshot(sellers, 1, network.MADE_AT)
    outlets = {outlet.id: outlet for outlet in sellers.outlets}
    points = {org.id: org.points for org in sellers.orgs}
    for dialled in (did, network.SITE_MOSCOW, network.DEALER_DID):
        decision = decide(snapshot, dialled, CALLER, now, live)
        why, steps = decision.explanation, decision.plan.steps
        assert decision == decide(snapshot, dialled, CALLER, now, live)
        assert from_json(json.loads(json.dumps(to_json(decision)))) == decision
        assert to_text(decision)
        assert 1 <= len(steps) <= MAX_STEPS
        assert steps[-1].kind is StepKind.DUTY, "somebody on duty ends every plan"
        assert all(1 <= len(step.phone_keys) <= MAX_KEYS_PER_STEP for step in steps)
        assert_rules(why, steps, live, points, outlets)


def assert_rules(why, steps, live, points, outlets):
    dealers = [step for step in steps if step.kind is StepKind.OUTLET]
    rung = [key for step in dealers for key in step.phone_keys]
    assert len(set(rung)) == len(rung), "no phone of a dealer is rung twice"
    assert not set(rung) & live.unreachable
    assert not set(rung) & live.talking.keys()
    taken = [item for item in why.considered if item.outlet_id is not None and item.reason is Reason.TAKEN]
    stages_of = {}
    for item in taken:
        stages_of.setdefault(item.org_id, set()).add(item.stage)
        if why.route is RouteKind.REGION and why.gate is not None:
            assert points[item.org_id] >= why.gate, "nobody below the gate is rung"
        assert outlets[item.outlet_id].max_calls != 0
    assert all(len(stages) == 1 for stages in stages_of.values()), "a dealer is tried in one stage only"
    assert len({item.outlet_id for item in why.considered}) == len(why.considered)
    assert {step.stage for step in dealers} <= {stage.stage for stage in why.stages}
    assert all(
        stage.stage is not StepStage.QUOTA or len(stage.org_ids) <= len(points) for stage in why.stages
    )
