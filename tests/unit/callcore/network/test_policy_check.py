"""What is wrong with a policy, by field."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callcore.network.policy import (
    MAX_NAME_CHARS,
    MAX_POINTS,
    FixRule,
    Period,
    Policy,
    Quota,
    QuotaUnit,
    Ringing,
    Stage,
    StageKind,
    policy_from_json,
    policy_to_json,
)
from callcore.network.policy_check import (
    DealerFact,
    Flaw,
    PolicyFacts,
    check_name,
    check_policy,
    errors_of,
)
from callcore.network.quota_period import period_start

pytestmark = pytest.mark.unit

FACTS = PolicyFacts(
    dealers={
        2: DealerFact(2, "Вектор", 900),
        3: DealerFact(3, "Мастер", 100),
        4: DealerFact(4, "Спящий", -50, takes_calls=False),
    },
    regions={"RU-MOW": "Москва", "RU-SVE": "Свердловская область"},
    dids={1: "Сайт"},
)
BASE = Stage(StageKind.BASE)
EMPTY = PolicyFacts()


def quotas(*shares: tuple[int, int], unit: QuotaUnit = QuotaUnit.PERCENT) -> Stage:
    return Stage(StageKind.QUOTA, quotas=tuple(Quota(org_id, unit, limit) for org_id, limit in shares))


def fix(*rules: FixRule) -> Stage:
    return Stage(StageKind.FIX, rules=rules)


def rating(**more: int) -> Stage:
    return Stage(StageKind.RATING, **more)


def found(policy: Policy, facts: PolicyFacts = FACTS) -> list[tuple[str, Flaw]]:
    return [(problem.place, problem.flaw) for problem in check_policy(policy, facts)]


def test_the_built_in_policy_is_sound_in_any_network() -> None:
    assert found(Policy()) == []
    assert found(Policy(), EMPTY) == []


def test_a_policy_of_all_stages_is_sound() -> None:
    stages = (
        fix(FixRule(2, ("RU-MOW",), (1,)), FixRule(3)),
        quotas((2, 60), (3, 40)),
        rating(min_points=100, best=3),
        BASE,
    )
    policy = Policy(stages=stages, min_points=-50, knows_days=0, points_missed=-5)
    assert found(policy) == []
    assert policy_from_json(policy_to_json(policy)) == policy


CASES = [
    (Policy(stages=()), ("stages", Flaw.NO_STAGES)),
    (Policy(stages=(BASE, BASE)), ("stages.1", Flaw.STAGE_TWICE)),
    (Policy(stages=(BASE, rating(best=1), rating(best=1))), ("stages.2", Flaw.STAGE_TWICE)),
    (Policy(stages=(quotas((2, 60), (3, 41)), BASE)), ("stages.0.quotas", Flaw.OVER_100)),
    (Policy(stages=(quotas((2, 60), (2, 1)), BASE)), ("stages.0.quotas.1.org_id", Flaw.DEALER_TWICE)),
    (Policy(stages=(quotas((99, 1)), BASE)), ("stages.0.quotas.0.org_id", Flaw.DEALER_UNKNOWN)),
    (Policy(stages=(quotas((0, 1)), BASE)), ("stages.0.quotas.0.org_id", Flaw.NO_DEALER)),
    (Policy(stages=(quotas((2, 0)), BASE)), ("stages.0.quotas.0.limit", Flaw.OUT_OF_RANGE)),
    (Policy(stages=(quotas((2, -7)), BASE)), ("stages.0.quotas.0.limit", Flaw.OUT_OF_RANGE)),
    (Policy(stages=(quotas(), BASE)), ("stages.0.quotas", Flaw.NO_ROWS)),
    (Policy(stages=(fix(), BASE)), ("stages.0.rules", Flaw.NO_ROWS)),
    (Policy(stages=(fix(*[FixRule(2, ("RU-MOW",))] * 201), BASE)), ("stages.0.rules", Flaw.TOO_MANY)),
    (Policy(stages=(fix(FixRule(0)), BASE)), ("stages.0.rules.0.org_id", Flaw.NO_DEALER)),
    (Policy(stages=(fix(FixRule(2, ("RU-XX",))), BASE)), ("stages.0.rules.0.regions", Flaw.REGION_UNKNOWN)),
    (Policy(stages=(fix(FixRule(2, (), (8,))), BASE)), ("stages.0.rules.0.dids", Flaw.DID_UNKNOWN)),
    (Policy(stages=(rating(), BASE)), ("stages.0.min_points", Flaw.TOP_OF_ALL)),
    (
        Policy(stages=(rating(min_points=MAX_POINTS + 1), BASE)),
        ("stages.0.min_points", Flaw.OUT_OF_RANGE),
    ),
    (Policy(stages=(rating(best=101), BASE)), ("stages.0.best", Flaw.OUT_OF_RANGE)),
    (Policy(stages=(replace(BASE, ring_s=4),)), ("stages.0.ring_s", Flaw.OUT_OF_RANGE)),
    (Policy(stages=(replace(BASE, ring_s=121),)), ("stages.0.ring_s", Flaw.OUT_OF_RANGE)),
    (Policy(max_outlets=0), ("max_outlets", Flaw.OUT_OF_RANGE)),
    (Policy(max_outlets=21), ("max_outlets", Flaw.OUT_OF_RANGE)),
    (Policy(max_neighbours=11), ("max_neighbours", Flaw.OUT_OF_RANGE)),
    (Policy(knows_days=366), ("knows_days", Flaw.OUT_OF_RANGE)),
    (Policy(points_missed=-1001), ("points_missed", Flaw.OUT_OF_RANGE)),
    (Policy(min_points=-MAX_POINTS - 1), ("min_points", Flaw.OUT_OF_RANGE)),
]


@pytest.mark.parametrize(("policy", "expected"), CASES, ids=[f"{place}-{flaw}" for _, (place, flaw) in CASES])
def test_an_error_stands_by_its_field(policy: Policy, expected: tuple[str, Flaw]) -> None:
    errors = errors_of(check_policy(policy, FACTS))
    assert (errors[0].place, errors[0].flaw) == expected


WARNINGS = [
    (Policy(min_points=901), ("min_points", Flaw.NOBODY_PASSES)),
    (Policy(stages=(rating(min_points=901), BASE)), ("stages.0.min_points", Flaw.NOBODY_IN_TOP)),
    (Policy(stages=(quotas((3, 10)), BASE), min_points=101), ("stages.0.quotas.0.org_id", Flaw.BELOW_GATE)),
    (Policy(stages=(quotas((4, 10)), BASE)), ("stages.0.quotas.0.org_id", Flaw.DEALER_TAKES_NONE)),
    (Policy(stages=(fix(FixRule(2), FixRule(3)), BASE)), ("stages.0.rules.1.regions", Flaw.RULE_UNREACHED)),
    (Policy(stages=(rating(best=1),)), ("stages", Flaw.BASE_MISSING)),
    (Policy(stages=(BASE, rating(best=1))), ("stages", Flaw.BASE_NOT_LAST)),
]


@pytest.mark.parametrize(("policy", "expected"), WARNINGS, ids=[flaw for _, (_, flaw) in WARNINGS])
def test_a_warning_is_no_error(policy: Policy, expected: tuple[str, Flaw]) -> None:
    assert expected in found(policy)
    assert errors_of(check_policy(policy, FACTS)) == ()


def test_quantities_do_not_add_up_to_per_cent() -> None:
    assert found(Policy(stages=(quotas((2, 90), (3, 90), unit=QuotaUnit.QUANTITY), BASE))) == []


def test_points_of_the_gate_are_enough_when_equal() -> None:
    assert found(Policy(min_points=900)) == []


def test_names() -> None:
    assert [problem.flaw for problem in check_name("  ")] == [Flaw.EMPTY]
    assert [problem.flaw for problem in check_name("я" * (MAX_NAME_CHARS + 1))] == [Flaw.TOO_LONG]
    assert check_name("я" * MAX_NAME_CHARS) == ()


def test_ringing_is_free_for_every_stage() -> None:
    for ringing in Ringing:
        assert found(Policy(stages=(replace(BASE, ringing=ringing),))) == []


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period.DAY, "2026-03-17T21:00"),
        (Period.WEEK, "2026-03-15T21:00"),
        (Period.MONTH, "2026-02-28T21:00"),
        (Period.DAYS_30, "2026-02-15T22:30"),
    ],
)
def test_periods_begin_on_the_manufacturers_clock(period: Period, expected: str) -> None:
    now = datetime(2026, 3, 17, 22, 30, tzinfo=UTC)  # already Wednesday in Moscow
    assert f"{period_start(period, now, 'Europe/Moscow'):%Y-%m-%dT%H:%M}" == expected
