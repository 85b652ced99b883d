"""A trial on past calls: who would have got them before and now."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from callcore.network.policy import (
    ActivePolicy,
    FixRule,
    Period,
    Policy,
    Quota,
    QuotaUnit,
    Ringing,
    Stage,
    StageKind,
)
from callcore.network.quota_period import periods_of
from callcore.routing.rehearse import PastCall, Rehearsal, Side, rehearse
from callcore.routing.snapshot import with_policy
from tests.fakes.network import (
    DEALER_DID,
    MONDAY_NOON_UTC,
    OPERATORS_DID,
    SITE_MOSCOW,
    dids,
    directory,
    org,
    outlet,
    outlet_phone,
    snapshot,
)

pytestmark = pytest.mark.unit
BASE = Stage(StageKind.BASE)
# Dealers 2 and 4, each with an outlet in Moscow that is always open.
ALL_DAY = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
NETWORK = {
    "orgs": (org(1, "/1/"), org(2, "/1/2/"), org(4, "/1/4/")),
    "outlets": (
        outlet(10, 2, hours=ALL_DAY, position=1),
        outlet(12, 4, hours=ALL_DAY, position=2),
    ),
    "phones": (outlet_phone(20, 10), outlet_phone(23, 12, 4)),
}


def side(*stages: Stage, **more: Any) -> Side:
    active = ActivePolicy(1, 1, "Основная", Policy(stages=(*stages, BASE), knows_days=0, **more))
    made = snapshot(**NETWORK, policies=(active,))
    return Side(made, periods_of((active,)))


def call(number: int, at: datetime = MONDAY_NOON_UTC, **more: Any) -> PastCall:
    usual = {
        "call_id": f"c{number:04}",
        "at": at + timedelta(minutes=number),
        "did": SITE_MOSCOW,
        "caller": f"+7916{number:07}",
        "org_id": 2,
        "was_answered": True,
    }
    return PastCall(**{**usual, **more})


def shares(found: Rehearsal) -> dict[int | None, tuple[int, int, int]]:
    return {one.org_id: (one.real, one.before, one.after) for one in found.shares}


def quota(limit: int, unit: QuotaUnit = QuotaUnit.PERCENT, period: Period = Period.MONTH) -> Stage:
    return Stage(StageKind.QUOTA, quotas=(Quota(4, unit, limit),), period=period)


def test_the_same_policy_moves_nothing() -> None:
    found = rehearse(side(), side(), [call(number) for number in range(20)])
    assert found.moved == ()
    assert shares(found) == {2: (20, 20, 20)}


def test_a_rule_moves_every_call() -> None:
    rule = Stage(StageKind.FIX, rules=(FixRule(4),))
    found = rehearse(side(), side(rule), [call(number) for number in range(20)])
    assert shares(found) == {2: (20, 20, 0), 4: (0, 0, 20)}
    assert [one.call.call_id for one in found.moved] == [f"c{number:04}" for number in range(20)]
    assert {(one.before.org_id, one.after.org_id) for one in found.moved} == {(2, 4)}


@pytest.mark.parametrize("percent", [1, 12, 33, 50, 99, 100])
def test_counts_are_fed_forward_so_that_a_share_is_met(percent: int) -> None:
    found = rehearse(side(), side(quota(percent)), [call(number) for number in range(200)])
    assert abs(shares(found)[4][2] - 2 * percent) <= 1


def test_a_quantity_ends_and_begins_anew_with_its_period() -> None:
    calls = [call(number, MONDAY_NOON_UTC + timedelta(days=day)) for day in range(3) for number in range(10)]
    daily = rehearse(side(), side(quota(4, QuotaUnit.QUANTITY, Period.DAY)), calls)
    assert shares(daily)[4][2] == 12
    monthly = rehearse(side(), side(quota(4, QuotaUnit.QUANTITY)), calls)
    assert shares(monthly)[4][2] == 4


def test_whoever_was_rung_least_recently_comes_next() -> None:
    turns = replace(BASE, ringing=Ringing.LEAST_RECENT)
    after = Side(
        with_policy(side().snapshot, ActivePolicy(1, 2, "Основная", Policy(stages=(turns,), knows_days=0)))
    )
    found = rehearse(side(), after, [call(number) for number in range(10)])
    assert shares(found) == {2: (10, 10, 5), 4: (0, 0, 5)}


def test_who_talked_is_rung_again_when_the_policy_knows_him() -> None:
    first = ActivePolicy(1, 1, "Основная", Policy(stages=(quota(50), BASE), knows_days=30))
    knowing = Side(snapshot(**NETWORK, policies=(first,)), periods_of((first,)))
    calls = [call(number, caller="+79160000001") for number in range(6)]
    assert len({share.org_id for share in rehearse(knowing, knowing, calls).shares if share.after}) == 1
    missed = [replace(one, was_answered=False) for one in calls]
    assert shares(rehearse(knowing, knowing, missed))[4][2] == 3


def test_calls_to_operators_belong_to_nobody_and_order_does_not_matter() -> None:
    calls = [call(number) for number in range(6)] + [call(9, did=OPERATORS_DID, org_id=None)]
    found = rehearse(side(), side(quota(50)), calls)
    assert found == rehearse(side(), side(quota(50)), calls[::-1])
    assert shares(found)[None] == (1, 1, 1)


def test_a_policy_of_one_number_moves_only_its_calls() -> None:
    common = ActivePolicy(1, 1, "Основная", Policy(knows_days=0))
    own = ActivePolicy(2, 1, "Реклама", Policy(knows_days=0))
    numbers = tuple(replace(did, policy_id=2 if did.number == SITE_MOSCOW else None) for did in dids())
    both = snapshot(**NETWORK, policies=(common, own), dids=numbers)
    rule = Policy(stages=(Stage(StageKind.FIX, rules=(FixRule(4),)), BASE), knows_days=0)
    calls = [call(1), call(2, did=DEALER_DID), call(3)]
    tried = rehearse(Side(both), Side(with_policy(both, ActivePolicy(2, 2, "Реклама", rule))), calls)
    assert [one.call.call_id for one in tried.moved] == ["c0001", "c0003"]
    untouched = rehearse(
        Side(both), Side(with_policy(both, ActivePolicy(1, 2, "Основная", rule))), calls[::2]
    )
    assert untouched.moved == ()


def test_nothing_to_try() -> None:
    assert rehearse(side(), side(), []) == Rehearsal(0, (), ())


def test_two_hundred_calls_take_less_than_a_second() -> None:
    dealers = range(10, 510)
    big = directory(
        orgs=(org(1, "/1/"), *(org(number, f"/1/{number}/") for number in dealers)),
        outlets=tuple(outlet(number, number, hours=ALL_DAY) for number in dealers),
        phones=tuple(outlet_phone(number, number, number) for number in dealers),
    )
    quotas = tuple(Quota(number, QuotaUnit.PERCENT, 1) for number in dealers[:100])
    active = ActivePolicy(1, 1, "Основная", Policy(stages=(Stage(StageKind.QUOTA, quotas=quotas), BASE)))
    made = snapshot(orgs=big.orgs, outlets=big.outlets, phones=big.phones, policies=(active,))
    both = Side(made, periods_of((active,)))
    started = time.process_time()
    found = rehearse(both, both, [call(number) for number in range(200)])
    assert found.count == 200
    assert time.process_time() - started < 1
