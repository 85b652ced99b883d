"""Who sees an order from when on: the worked timelines, fixed rules, refusals' endless windows, reasons."""

from datetime import UTC, datetime, timedelta

import pytest

from callcore.distribution.candidates import DealerFacts, OrderFacts, Out, Verdict, judge
from callcore.distribution.decision import Decision, decision_from_json, decision_to_json, out_words
from callcore.distribution.pipeline import ENDLESS, History, Told, is_far, make_plan
from callcore.distribution.policy import OrderPolicy, OrderRule, OrderStage
from callcore.network.policy import Quota, QuotaUnit, StageKind
from callcore.routing.live import QuotaCount
from callcore.routing.model import Empty

pytestmark = pytest.mark.unit

T0 = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
QUOTA_DEALER, TOP, PLAIN = 1, 2, 3
ORDER = OrderFacts(region_code="RU-MOW", total_kopecks=5_000_00, categories=frozenset({"Окна"}))
VERDICTS = tuple(Verdict(org_id, f"Дилер {org_id}", points) for org_id, points in ((1, 0), (2, 300), (3, 10)))


def base(delay_min=0):
    return OrderStage(StageKind.BASE, delay_min=delay_min)


def rating(window_min=5):
    return OrderStage(StageKind.RATING, min_points=200, window_min=window_min)


def quota(percent=100, **more):
    return OrderStage(StageKind.QUOTA, quotas=(Quota(QUOTA_DEALER, QuotaUnit.PERCENT, percent),), **more)


def fix(org_id=PLAIN, window_min=None, **conditions):
    return OrderStage(StageKind.FIX, rules=(OrderRule(org_id, **conditions),), window_min=window_min)


def timeline(*stages, order=ORDER, verdicts=VERDICTS, history=None, is_parallel=False, **more):
    """Dealer: minutes after the order came."""
    plan = make_plan(
        OrderPolicy(stages, is_parallel=is_parallel), order, verdicts, history or History(), **more
    )
    return {org_id: (at - T0).total_seconds() / 60 for org_id, _, at in plan.windows(T0)}


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ((base(),), {1: 0, 2: 0, 3: 0}),
        ((quota(), base(15)), {1: 0, 2: 15, 3: 15}),
        ((rating(), base(5)), {2: 0, 1: 5, 3: 5}),
        ((quota(), rating(), base(15)), {1: 0, 2: 15, 3: 20}),
        ((base(15),), {1: 0, 2: 0, 3: 0}),  # nothing to wait for
        ((rating(), base(15)), {2: 0, 1: 15, 3: 15}),
        ((quota(0), rating(), base(15)), {2: 0, 1: 15, 3: 15}),  # an empty stage takes no time
        ((quota(window_min=3), rating(), base(15)), {1: 0, 2: 3, 3: 15}),
        ((fix(window_min=10), quota(), rating(), base(15)), {3: 0, 1: 10, 2: 25}),
        ((fix(categories=("Двери",)), base(15)), {1: 0, 2: 0, 3: 0}),
        ((quota(), rating()), {1: 0, 2: 0}),  # no base: the others never see it
    ],
)
def test_worked_timelines(stages, expected):
    assert timeline(*stages) == expected


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ((quota(), rating(), base(15)), {1: 0, 2: 0, 3: 15}),
        ((quota(window_min=3), rating(), base()), {1: 0, 2: 0, 3: 5}),  # the base waits for the longer one
        (
            (fix(window_min=10), quota(), rating(), base(15)),
            {3: 0, 1: 10, 2: 10},
        ),  # a rule's dealer stays alone
        ((rating(), base(15)), {2: 0, 1: 15, 3: 15}),
    ],
)
def test_windows_may_run_side_by_side(stages, expected):
    assert timeline(*stages, is_parallel=True) == expected


def test_a_fixed_dealer_sees_it_alone_until_he_declines():
    minutes = timeline(fix(categories=("Окна",)), rating(), base(15))
    assert minutes[PLAIN] == 0
    assert is_far(T0 + timedelta(minutes=minutes[TOP]), T0)
    assert minutes[1] - minutes[TOP] == 5  # the distance of the later ones is kept


def test_everyone_sees_it_after_the_base():
    minutes = timeline(rating(), base(), everyone=(7, 8), everyone_after=timedelta(minutes=60))
    assert minutes == {2: 0, 1: 5, 3: 5, 7: 65, 8: 65}


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"region_codes": ("RU-MOW", "RU-SPE")}, True),
        ({"region_codes": ("RU-SPE",)}, False),
        ({"min_kopecks": 5_000_00, "max_kopecks": 5_000_00}, True),
        ({"min_kopecks": 5_000_01}, False),
        ({"max_kopecks": 4_999_99}, False),
        ({"services": ("installation",)}, False),
        ({"site_org_ids": (9,)}, False),
        ({"customer_ids": (4,)}, True),
        ({"articles": ("1272",)}, True),
        ({"sources": ("yandex",), "articles": ("1272",)}, False),
    ],
)
def test_conditions_of_a_rule_hold_together(condition, fits):
    order = OrderFacts(
        region_code="RU-MOW", goods=((5, "1272"),), total_kopecks=5_000_00, customer_id=4, source="google"
    )
    assert (timeline(fix(**condition), base(), order=order)[1] != 0) == fits


def test_the_quota_goes_to_whom_most_is_owed_and_says_its_figures():
    stage = OrderStage(
        StageKind.QUOTA,
        quotas=(
            Quota(1, QuotaUnit.PERCENT, 30),
            Quota(2, QuotaUnit.PERCENT, 40),
            Quota(3, QuotaUnit.QUANTITY, 1),
        ),
    )
    history = History(QuotaCount(9, {1: 1, 2: 4, 3: 1}))
    plan = make_plan(OrderPolicy((stage, base(15))), ORDER, VERDICTS, history)
    assert plan.reserved == 1  # 3.0 due and 1 had; 4.0 and 4; 1 and 1
    assert [(share.given, share.owed) for share in plan.told[0].shares] == [(1, 200), (4, 0), (1, 0)]
    filled = make_plan(
        OrderPolicy((stage, base(15))), ORDER, VERDICTS, History(QuotaCount(9, {1: 3, 2: 4, 3: 1}))
    )
    assert filled.told[0] == Told(StageKind.QUOTA, empty=Empty.FILLED, shares=filled.told[0].shares)


def dealer(**more):
    return DealerFacts(id=1, name="Д", regions=frozenset({"RU-MOW"}), **more)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ""),
        ({"is_active": False}, "приостановлен"),
        ({"is_authorised": False}, "не авторизован"),
        ({"takes_site_orders": False}, "не берёт заказы с сайта производителя"),
        ({"sees_offers": False}, "видит только свои заказы"),
        ({"whole_line": False, "goods": frozenset({6})}, "нет артикула 1272"),
        ({"services": frozenset()}, "не оказывает: монтаж"),
        ({"points": 99}, "мало баллов: 99 из 100"),
        ({"capacity": 3, "open_orders": 3}, "открытых заказов уже 3 из 3"),
    ],
)
def test_each_dealer_who_is_out_has_a_reason_in_words(facts, words):
    order = OrderFacts(region_code="RU-MOW", goods=((5, "1272"),), services=frozenset({"installation"}))
    (verdict,) = judge(
        order, [dealer(**{"points": 100, "services": frozenset({"installation"})} | facts)], 100
    )
    assert (verdict.is_in, out_words(verdict)) == (not words, words)


def test_other_reasons_depend_on_the_order():
    away = judge(OrderFacts(region_code="RU-SPE"), [dealer()], None)
    refused = judge(OrderFacts(region_code="RU-MOW", declined=frozenset({1})), [dealer()], None)
    desk = judge(OrderFacts(region_code="RU-MOW", desk_org_id=1), [dealer()], None)
    nowhere = judge(OrderFacts(region_code=None), [dealer()], None)
    assert [one[0].out for one in (away, refused, desk, nowhere)] == [
        Out.OTHER_REGION,
        Out.DECLINED,
        Out.DESK,
        Out.OTHER_REGION,
    ]


def test_a_decision_survives_being_stored():
    plan = make_plan(OrderPolicy((fix(), quota(), base(15))), ORDER, VERDICTS, History(QuotaCount(3, {1: 1})))
    out = Verdict(9, "Девятый", 0, Out.NO_ARTICLE, "1272")
    decision = Decision(
        run=2,
        at=T0,
        policy_id=4,
        policy_version=3,
        region_code="RU-MOW",
        verdicts=(*VERDICTS, out),
        elsewhere=12,
        told=plan.told,
    )
    stored = decision_to_json(decision)
    assert decision_from_json(stored, run=2, at=T0, policy_id=4, policy_version=3) == decision
    assert plan.told[1].opens == ENDLESS
    with pytest.raises(ValueError, match="not a decision"):
        decision_from_json({}, run=1, at=T0, policy_id=0, policy_version=0)
