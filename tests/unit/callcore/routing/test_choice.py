"""Worked examples of the choice: one rule each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcore.network.days import DayException
from callcore.network.directory_rows import Person
from callcore.network.policy import (
    ActivePolicy,
    FixRule,
    Policy,
    Quota,
    QuotaUnit,
    Ringing,
    Stage,
    StageKind,
)
from callcore.routing.decide import decide
from callcore.routing.explain import to_text
from callcore.routing.live import NOTHING_LIVE, Live, QuotaCount, Tie, TieKind
from callcore.routing.model import Empty, Reason, StepStage
from callcore.routing.snapshot import RoutingOptions, with_policy
from callcore.routing.sounds import Sounds
from tests.fakes import network
from tests.fakes.network import DEALER_DID, MONDAY_NOON_UTC, SITE_MOSCOW

pytestmark = pytest.mark.unit

CALLER = "+79161112233"
MONDAY = MONDAY_NOON_UTC.date()
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
BASE = Stage(StageKind.BASE)


def active(*stages, **more):
    return ActivePolicy(5, 2, "Проба", Policy(stages=stages or (BASE,), **more))


def market(*stages, points=(10, 20, 30), ratings=(None, None, None), **more):
    """Dealers 2, 3 and 4, one outlet each in Moscow: 10, 11 and 12, with phones p20 and p21, p22, p23."""
    orgs = (
        network.org(1, "/1/"),
        *(
            network.org(org, f"/1/{org}/", points=found, rating=rating)
            for org, found, rating in zip((2, 3, 4), points, ratings, strict=True)
        ),
    )
    outlets = tuple(network.outlet(8 + org, org, **more.pop(f"outlet{org}", {})) for org in (2, 3, 4))
    policy = active(
        *stages,
        **{
            key: more.pop(key)
            for key in ("min_points", "max_outlets", "own_order_first", "knows_days")
            if key in more
        },
    )
    return network.snapshot(orgs=orgs, outlets=outlets, policies=(policy,), **more)


def rung(decision):
    return [
        (str(step.stage), step.outlet_id or step.phone_keys)
        for step in decision.plan.steps
        if step.stage not in (StepStage.OPERATORS, StepStage.DUTY)
    ]


def told(decision, stage):
    return next(item for item in decision.explanation.stages if item.stage is stage)


def reason(decision, outlet_id):
    return next(item.reason for item in decision.explanation.considered if item.outlet_id == outlet_id)


def ask(snapshot, live=NOTHING_LIVE, did=SITE_MOSCOW, caller=CALLER, now=MONDAY_NOON_UTC):
    return decide(snapshot, did, caller, now, live)


# --- stages


def test_stages_follow_one_another_and_a_dealer_is_tried_once():
    snapshot = market(
        Stage(StageKind.FIX, rules=(FixRule(3, ("RU-MOW",)),), ring_s=9),
        Stage(StageKind.QUOTA, quotas=(Quota(3, QuotaUnit.PERCENT, 60), Quota(2, QuotaUnit.PERCENT, 40))),
        Stage(StageKind.RATING, min_points=20),
        BASE,
    )
    decision = ask(snapshot, Live(quotas={5: QuotaCount(4, {3: 2, 2: 1})}))
    assert rung(decision) == [("fix", 11), ("quota", 10), ("rating", 12)]
    assert decision.plan.steps[0].ring_s == 9
    assert told(decision, StepStage.BASE).empty is Empty.TRIED
    quota = told(decision, StepStage.QUOTA)
    assert (quota.org_id, quota.counted) == (2, 5)
    assert [(item.given, item.deficit) for item in quota.quotas] == [(2, 1.0), (1, 1.0)]


def test_the_first_rule_that_matches_rules():
    rules = (FixRule(2, ("RU-SVE",)), FixRule(4, (), (2,)), FixRule(3))
    assert rung(ask(market(Stage(StageKind.FIX, rules=rules)))) == [("fix", 12)]
    assert told(ask(market(Stage(StageKind.FIX, rules=rules[:1]))), StepStage.FIX).empty is Empty.NO_RULE


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (QuotaCount(0, {}), [("quota", 10)]),  # 0.6 of a call is owed to him, 0.4 to the other
        (QuotaCount(1, {2: 1}), [("quota", 11)]),
        (QuotaCount(99, {2: 60, 3: 40}), []),
        (QuotaCount(99, {2: 60, 3: 39}), [("quota", 11)]),
    ],
)
def test_the_dealer_to_whom_most_is_owed(count, named):
    quotas = (Quota(2, QuotaUnit.PERCENT, 60), Quota(3, QuotaUnit.PERCENT, 40))
    decision = ask(market(Stage(StageKind.QUOTA, quotas=quotas)), Live(quotas={5: count}))
    assert rung(decision) == named
    assert told(decision, StepStage.QUOTA).empty is (Empty.NONE if named else Empty.FILLED)


def test_equal_deficits_go_to_who_is_longest_idle_then_to_the_smaller_id():
    quotas = tuple(Quota(org, QuotaUnit.QUANTITY, 5) for org in (4, 3, 2))
    snapshot = market(Stage(StageKind.QUOTA, quotas=quotas))
    assert rung(ask(snapshot)) == [("quota", 10)]
    assert rung(ask(snapshot, Live(org_used_at={2: LONG_AGO, 3: LONG_AGO - timedelta(1), 4: LONG_AGO}))) == [
        ("quota", 11)
    ]


def test_a_quota_passes_over_a_dealer_who_cannot_take_the_call():
    quotas = (Quota(2, QuotaUnit.QUANTITY, 9), Quota(3, QuotaUnit.QUANTITY, 1))
    live = Live(unreachable=frozenset({"p20", "p21"}))
    assert rung(ask(market(Stage(StageKind.QUOTA, quotas=quotas)), live)) == [("quota", 11)]


def test_quotas_are_not_for_the_dealers_own_number():
    quotas = (Quota(2, QuotaUnit.QUANTITY, 9),)
    decision = ask(market(Stage(StageKind.QUOTA, quotas=quotas), BASE), did=DEALER_DID)
    assert told(decision, StepStage.QUOTA).empty is Empty.OWN_NUMBER
    assert rung(decision) == [("base", 10)]
    assert not decision.explanation.counts_for_quotas


@pytest.mark.parametrize(
    ("stage", "named"),
    [
        (Stage(StageKind.RATING, min_points=20), [11, 12]),
        (Stage(StageKind.RATING, min_points=20, ringing=Ringing.BY_RATING), [12, 11]),
        (Stage(StageKind.RATING, min_points=0, best=1), [12]),
        (Stage(StageKind.RATING, min_points=0, best=2), [11, 12]),
        (Stage(StageKind.RATING, min_points=31), []),
    ],
)
def test_the_points_of_the_top_are_inclusive(stage, named):
    decision = ask(market(stage))
    assert [found for _, found in rung(decision)] == named
    assert (told(decision, StepStage.RATING).empty is Empty.BELOW_TOP) is (not named)


def test_a_rating_of_several_measures_takes_the_place_of_points_in_the_top_but_not_at_the_gate():
    stage = Stage(StageKind.RATING, min_points=50, ringing=Ringing.BY_RATING)
    rated = market(stage, BASE, min_points=20, ratings=(90, 60, 80))
    assert rung(ask(rated)) == [("rating", 12), ("rating", 11)], (
        "the first has 10 points: the gate keeps him out"
    )


def test_all_together_is_one_step():
    decision = ask(market(replace(BASE, ringing=Ringing.ALL, ring_s=11)))
    assert rung(decision) == [("base", ("p20", "p21", "p22", "p23"))]
    assert decision.plan.steps[0].ring_s == 11
    assert [reason(decision, outlet) for outlet in (10, 11, 12)] == [Reason.TAKEN] * 3


def test_all_together_stops_before_more_phones_than_a_step_holds():
    phones = (
        *(network.outlet_phone(100 + n, 10) for n in range(15)),
        *(network.outlet_phone(200 + n, 11) for n in range(6)),
    )
    decision = ask(market(replace(BASE, ringing=Ringing.ALL), phones=(*phones, network.duty(1))))
    assert [step.outlet_id for step in decision.plan.steps][:1] == [10]
    assert len(decision.plan.steps[0].phone_keys) == 15


def test_least_recent_and_ties_by_idleness():
    used = Live(org_used_at={2: LONG_AGO + timedelta(2), 3: LONG_AGO + timedelta(1), 4: LONG_AGO})
    assert [found for _, found in rung(ask(market(replace(BASE, ringing=Ringing.LEAST_RECENT)), used))] == [
        12,
        11,
        10,
    ]
    assert [found for _, found in rung(ask(market(), used))] == [12, 11, 10], "equal positions"
    assert [found for _, found in rung(ask(market(outlet2={"position": 1}), used))] == [10, 12, 11]


def test_the_gate_is_inclusive_and_for_the_head_site_only():
    decision = ask(market(min_points=20))
    assert [found for _, found in rung(decision)] == [11, 12]
    assert reason(decision, 10) is Reason.BELOW_GATE
    assert decision.explanation.gate == 20
    assert rung(ask(market(min_points=20), did=DEALER_DID)) == [("base", 10)]


def test_a_dealer_who_is_not_authorised_keeps_his_own_number():
    orgs = (network.org(1, "/1/"), network.org(2, "/1/2/", is_authorised=False))
    snapshot = network.snapshot(orgs=orgs, outlets=(network.outlet(10, 2),))
    assert reason(ask(snapshot), 10) is Reason.NOT_AUTHORISED
    assert rung(ask(snapshot, did=DEALER_DID)) == [("base", 10)]


def test_a_subdealer_three_deep_has_its_dealers_quota_and_rule():
    orgs = (
        network.org(1, "/1/"), network.org(2, "/1/2/"), network.org(3, "/1/2/3/"), network.org(4, "/1/2/3/4/")
    )  # fmt: skip
    places = (network.outlet(12, 4),)
    for stage in (
        Stage(StageKind.QUOTA, quotas=(Quota(2, QuotaUnit.QUANTITY, 1),)),
        Stage(StageKind.FIX, rules=(FixRule(2),)),
    ):
        snapshot = network.snapshot(orgs=orgs, outlets=places, policies=(active(stage),))
        decision = ask(snapshot)
        assert rung(decision) == [(str(stage.kind), 12)]
        assert told(decision, StepStage(stage.kind)).org_id == 2


# --- who can take it


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (Live(unreachable=frozenset({"p22"})), Reason.UNREACHABLE),
        (Live(talking={"p22": 1}), Reason.BUSY),
        (Live(talking={"p21": 1}), Reason.TAKEN),
    ],
)
def test_phones_that_cannot_ring_rule_an_outlet_out(live, expected):
    assert reason(ask(market(), live), 11) is expected


def test_only_phones_that_can_ring_are_rung():
    decision = ask(market(), Live(unreachable=frozenset({"p20"}), talking={"p22": 1}))
    assert decision.plan.steps[0].phone_keys == ("p21",)


def test_an_outside_phone_is_never_thought_unreachable():
    phones = (replace(network.outlet_phone(22, 11), is_sip=False), network.duty(1))
    assert reason(ask(market(phones=phones), Live(unreachable=frozenset({"p22"}))), 11) is Reason.TAKEN


def test_an_outlet_takes_only_so_many_calls():
    snapshot = market(outlet2={"max_calls": 1})
    assert reason(ask(snapshot, Live(talking={"p20": 1})), 10) is Reason.AT_CAPACITY
    assert reason(ask(snapshot), 10) is Reason.TAKEN


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"pause": "обед"}, Reason.PAUSED),
        ({"pause": "обед", "paused_until": MONDAY_NOON_UTC + timedelta(minutes=1)}, Reason.PAUSED),
        ({"pause": "обед", "paused_until": MONDAY_NOON_UTC}, Reason.TAKEN),
        ({"hours": {"mon": [["13:00", "14:00"]]}}, Reason.OFF_HOURS),
        ({"hours": {"mon": [["11:00", "14:00"]]}}, Reason.TAKEN),
        ({"hours": {"mon": "нет"}}, Reason.TAKEN),
        ({"exceptions": (DayException(MONDAY, (), "отпуск"),)}, Reason.OFF_HOURS),
        ({"exceptions": (DayException(MONDAY, (("11:00", "14:00"),), ""),)}, Reason.TAKEN),
        ({"exceptions": (DayException(MONDAY + timedelta(days=1), (), ""),)}, Reason.TAKEN),
        (
            {
                "hours": {"tue": [["09:00", "18:00"]]},
                "exceptions": (DayException(MONDAY, (("11:00", "14:00"),), ""),),
            },
            Reason.TAKEN,
        ),
    ],
)
def test_a_persons_pause_and_hours(person, expected):
    who = Person(7, "Анна", "Europe/Moscow", **person)
    phones = (replace(network.outlet_phone(22, 11), person=who), network.duty(1))
    decision = ask(market(phones=phones))
    assert reason(decision, 11) is expected
    assert ("обед" in to_text(decision)) is (expected is Reason.PAUSED)


def test_operators_on_a_pause_are_left_out_and_what_is_live_never_empties_the_end():
    away = replace(network.operator(30), person=Person(7, "Анна", "Europe/Moscow", pause="обед"))
    phones = (away, network.operator(31), network.duty(40, 1), network.duty(41, 2))
    live = Live(unreachable=frozenset({"p31", "p40"}), talking={"p31": 1})
    decision = ask(network.snapshot(outlets=(), phones=phones), live)
    assert [step.phone_keys for step in decision.plan.steps] == [("p31",), ("p41",), ("p40",)]


# --- phones of an outlet


@pytest.mark.parametrize(
    ("ringing", "expected"),
    [
        (Ringing.ALL, [("p20", "p21")]),
        (Ringing.IN_ORDER, [("p20",), ("p21",)]),
        (Ringing.LEAST_RECENT, [("p21",), ("p20",)]),
        (Ringing.BY_RATING, [("p20",), ("p21",)]),
    ],
)
def test_phones_of_one_outlet(ringing, expected):
    snapshot = network.snapshot(outlets=(network.outlet(10, 2, ringing=ringing),))
    decision = ask(snapshot, Live(phone_used_at={"p20": LONG_AGO}))
    assert [step.phone_keys for step in decision.plan.steps[:-2]] == expected


def test_the_last_phones_ring_together_when_steps_run_out():
    places = tuple(network.outlet(n, 2, ringing=Ringing.IN_ORDER) for n in range(10, 22))
    phones = (
        *(network.outlet_phone(place.id * 10 + n, place.id) for place in places for n in range(3)),
        network.duty(1),
    )
    steps = ask(network.snapshot(outlets=places, phones=phones)).plan.steps
    assert len(steps) == 20
    assert sum(len(step.phone_keys) for step in steps) == 37, "nobody is left out"


# --- who knows the caller


def tied(org_id=4, kind=TieKind.LAST_TALK, **more):
    tie = Tie(kind, MONDAY_NOON_UTC - timedelta(days=5), org_id, **more)
    return Live(ties={CALLER: tie})


def test_who_knows_the_caller_comes_first():
    decision = ask(market(), tied(), caller="8 (916) 111-22-33")
    assert rung(decision) == [("personal", 12), ("base", 10), ("base", 11)]
    assert decision.explanation.tie is not None
    assert decision.explanation.tie.is_used
    assert "Последним с этим клиентом говорил «Орг4»" in to_text(decision)


def test_any_outlet_of_the_dealer_will_do_for_the_head_site_but_only_the_own_ones_for_a_dealer():
    assert rung(ask(network.snapshot(), tied())) == [("personal", 12), ("base", 10), ("base", 11)]
    assert rung(ask(network.snapshot(), tied(), did=DEALER_DID)) == [("base", 10), ("base", 11)]
    assert rung(ask(network.snapshot(), tied(3), did=DEALER_DID)) == [("personal", 11), ("base", 10)]


@pytest.mark.parametrize(
    ("more", "live", "is_first"),
    [
        ({"knows_days": 4}, tied(), False),
        ({"knows_days": 5}, tied(), True),
        ({"knows_days": 0}, tied(), False),
        ({"knows_days": 0}, tied(kind=TieKind.OWN_ORDER), True),
        ({"own_order_first": False}, tied(kind=TieKind.OWN_ORDER), False),
        ({"min_points": 31}, tied(), False),
    ],
)
def test_when_personal_choice_holds(more, live, is_first):
    found = rung(ask(market(**more), live))
    assert (("personal", 12) in found) is is_first


def test_the_manager_of_the_order_is_rung_before_his_outlet():
    mine = replace(network.outlet_phone(50, 12, 4), user_id=7, person=Person(7, "Анна", "Europe/Moscow"))
    snapshot = market(phones=(*network.directory().phones, mine))
    live = tied(kind=TieKind.OWN_ORDER, user_id=7, order_id=9)
    steps = ask(snapshot, live).plan.steps
    assert [step.phone_keys for step in steps[:3]] == [("p50",), ("p23",), ("p20", "p21")]
    assert [step.stage for step in steps[:2]] == [StepStage.PERSONAL] * 2


def test_who_cannot_take_the_call_does_not_hold_it_up():
    live = replace(tied(), unreachable=frozenset({"p23"}))
    decision = ask(market(), live)
    assert rung(decision) == [("base", 10), ("base", 11)]
    assert decision.explanation.tie is not None
    assert not decision.explanation.tie.is_used
    assert "принять звонок сейчас он не может" in to_text(decision)


def test_personal_choice_is_not_for_the_operators_number():
    assert rung(ask(market(), tied(), did=network.OPERATORS_DID)) == []


def test_a_number_from_which_a_dealer_called_wins_over_all_other_ties():
    pair = Tie(TieKind.MASKED, MONDAY_NOON_UTC, 3, order_id=9)
    live = replace(tied(), pairs={(CALLER, SITE_MOSCOW): pair})
    snapshot = market(own_order_first=False, knows_days=0)
    decision = ask(snapshot, live, caller="8 (916) 111-22-33")
    assert rung(decision)[0] == ("personal", 11)
    assert "С этого номера клиенту звонил «Орг3»" in to_text(decision)
    elsewhere = replace(tied(), pairs={(CALLER, "+74950000000"): pair})
    assert rung(ask(snapshot, elsewhere))[0] == ("base", 10)


def test_one_outside_number_is_rung_once_in_a_step():
    mobiles = tuple(
        replace(network.outlet_phone(number, outlet, org), is_sip=False, number="+79031112233")
        for number, outlet, org in ((50, 10, 2), (51, 10, 2), (52, 11, 3))
    )
    snapshot = market(
        Stage(StageKind.BASE, ringing=Ringing.ALL), phones=(*network.directory().phones, *mobiles)
    )
    (step, *_) = ask(snapshot).plan.steps
    assert "p50" in step.phone_keys
    assert {"p51", "p52"}.isdisjoint(step.phone_keys)
    assert {"p20", "p22"} <= set(step.phone_keys)


# --- around, and at the end


def around(**policy):
    regions = (replace(network.MOSCOW, neighbours=("RU-SVE",)), network.URAL)
    return network.snapshot(regions=regions, policies=(active(**policy),))


def test_the_regions_around_come_after_the_region():
    assert rung(ask(around())) == [("base", 10), ("base", 11), ("neighbour", 12)]
    assert rung(ask(around(to_neighbours=False))) == [("base", 10), ("base", 11)]
    assert rung(ask(around(max_neighbours=0))) == [("base", 10), ("base", 11)]
    assert rung(ask(around(), did=DEALER_DID)) == [("base", 10), ("base", 11)]


def test_a_region_without_dealers_goes_to_the_regions_around():
    regions = (network.MOSCOW, replace(network.URAL, neighbours=("RU-MOW",)))
    dids = (replace(network.dids()[1], region_code="RU-SVE"),)
    places = network.directory().outlets[:2]
    snapshot = network.snapshot(regions=regions, dids=dids, outlets=places)
    decision = ask(snapshot)
    assert rung(decision) == [("neighbour", 10), ("neighbour", 11)]
    assert told(decision, StepStage.BASE).empty is Empty.NOBODY_ABLE


def test_a_number_has_its_own_policy_waiting_language_and_sounds():
    own = ActivePolicy(6, 1, "Москва", Policy(stages=(Stage(StageKind.RATING, min_points=99),)))
    did = replace(network.dids()[1], policy_id=6, waiting="music", language="en")
    sounds = Sounds(
        greetings={2: "hello"}, by_did={2: "number"}, by_region={"RU-MOW": "region"}, by_order={9: "order"}
    )
    directory = network.directory(dids=(did,), policies=(active(), own))
    snapshot = network.build_snapshot(directory, 1, network.MADE_AT, sounds=sounds)
    plan = ask(snapshot).plan
    assert (plan.greeting_sound, plan.whisper_sound, plan.waiting, plan.language) == (
        "hello",
        "number&region",
        "music",
        "en",
    )
    assert ask(snapshot).explanation.policy_id == 6
    assert rung(ask(snapshot)) == []
    assert ask(snapshot, tied(kind=TieKind.OWN_ORDER, order_id=9)).plan.whisper_sound == "order"


def test_an_order_is_not_whispered_to_others():
    snapshot = replace(market(own_order_first=False), sounds=Sounds(by_order={9: "order"}))
    assert ask(snapshot, tied(kind=TieKind.OWN_ORDER, order_id=9)).plan.whisper_sound == ""


def test_operators_have_the_days_off_of_the_manufacturers_region_unless_set_otherwise():
    from callcore.network.days import CalendarDay, DayKind

    calendar = (CalendarDay(MONDAY_NOON_UTC.date(), DayKind.OFF, "День завода", "RU-MOW"),)
    orgs = (network.org(1, "/1/", region_code="RU-MOW"),)
    usual = network.snapshot(orgs=orgs, calendar=calendar)
    assert [step.stage for step in ask(usual).plan.steps] == [StepStage.DUTY]
    working = network.snapshot(
        orgs=orgs, calendar=calendar, options=RoutingOptions(operators_on_holidays=True, operators_wait_s=45)
    )
    assert [(step.stage, step.wait_s) for step in ask(working).plan.steps] == [
        (StepStage.OPERATORS, 45),
        (StepStage.DUTY, 0),
    ]


def test_a_policy_on_trial_takes_the_place_of_its_version_in_force():
    fix = Policy(stages=(Stage(StageKind.FIX, rules=(FixRule(4),)),))
    for policy_id in (5, 0):
        tried = with_policy(market(), ActivePolicy(policy_id, 3, "Новая", fix))
        assert rung(ask(tried)) == [("fix", 12)]
        assert ask(tried).explanation.policy_version == 3


def test_bad_data_does_no_harm():
    """A dealer tree that bites its tail, shares of more than everything, a rule for nobody."""
    orgs = (network.org(1, "/1/"), network.org(2, "/1/3/2/"), network.org(3, "/1/2/3/"))
    stages = (
        Stage(StageKind.FIX, rules=(FixRule(99),)),
        Stage(StageKind.QUOTA, quotas=(Quota(2, QuotaUnit.PERCENT, 100), Quota(3, QuotaUnit.PERCENT, 100))),
        BASE,
    )
    snapshot = network.snapshot(
        orgs=orgs, outlets=network.directory().outlets[:2], policies=(active(*stages),)
    )
    decision = ask(snapshot)
    assert sorted(found for _, found in rung(decision)) == [10, 11]
    assert told(decision, StepStage.FIX).empty is Empty.NOBODY_ABLE
