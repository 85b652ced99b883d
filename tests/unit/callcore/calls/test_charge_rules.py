from datetime import timedelta

import pytest

from callcore.calls.charge_rules import (
    Decided,
    EndedCall,
    PointsCharge,
    Tried,
    needs_call_back,
    points_charges,
    quota_charges,
)
from callcore.calls.model import CallResult, LegOutcome, LegRole
from callcore.network.ledger import PointsKind
from callcore.network.policy import Policy
from tests.fakes.clock import MONDAY_NOON

pytestmark = pytest.mark.unit

PRICED = Policy(points_missed=-5, points_declined=-10, points_no_callback=-20)
DECIDED = Decided(3, 1, MONDAY_NOON, counts=True, quota_org=2, quota_steps=frozenset({1}))
DEALERS = frozenset({2, 4})


def tried(
    outcome: LegOutcome,
    org_id: int | None = 2,
    *,
    step: int = 1,
    rang_s: float = 20,
    role: LegRole = LegRole.OUTLET,
) -> Tried:
    return Tried(role, org_id, step, MONDAY_NOON, MONDAY_NOON + timedelta(seconds=rang_s), outcome)


def ended(
    *tries: Tried, result: CallResult = CallResult.MISSED, took_s: float = 60, is_planned: bool = True
) -> EndedCall:
    over = MONDAY_NOON + timedelta(seconds=took_s)
    return EndedCall("c1", result, MONDAY_NOON, over, is_planned, tries, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (ended(tried(LegOutcome.TALKED), result=CallResult.ANSWERED), ["counted", "given"]),
        (ended(tried(LegOutcome.NO_ANSWER)), ["counted", "given", "released"]),
        (ended(tried(LegOutcome.TALKED, 4, step=2), result=CallResult.ANSWERED), ["counted"]),
        (ended(), ["counted"]),
        (ended(tried(LegOutcome.TALKED), is_planned=False), []),
    ],
    ids=["talked", "in vain", "never tried", "nobody", "carried by another rung"],
)
def test_a_quota_is_given_when_tried_and_released_without_a_talk(call: EndedCall, words: list[str]) -> None:
    assert [charge.word for charge in quota_charges(call, DECIDED)] == words


def test_a_call_without_a_choice_or_under_the_built_in_policy_counts_nothing() -> None:
    call = ended(tried(LegOutcome.TALKED))
    assert quota_charges(call, Decided(3, 1, MONDAY_NOON)) == ()
    assert quota_charges(call, Decided(0, 0, MONDAY_NOON, counts=True)) == ()


@pytest.mark.parametrize(
    ("call", "charged"),
    [
        (ended(tried(LegOutcome.NO_ANSWER)), [(2, PointsKind.CALL_MISSED, -5)]),
        (ended(tried(LegOutcome.DECLINED), tried(LegOutcome.NO_ANSWER)), [(2, PointsKind.CALL_DECLINED, -10)]),
        (ended(tried(LegOutcome.NO_ANSWER), tried(LegOutcome.TALKED)), []),
        (
            ended(tried(LegOutcome.NO_ANSWER), tried(LegOutcome.TALKED, 4), result=CallResult.ANSWERED),
            [(2, PointsKind.CALL_MISSED, -5)],
        ),
        (ended(tried(LegOutcome.BUSY), tried(LegOutcome.UNAVAILABLE)), []),
        (ended(tried(LegOutcome.CANCELLED, rang_s=15), result=CallResult.ABANDONED), [(2, PointsKind.CALL_MISSED, -5)]),
        (ended(tried(LegOutcome.CANCELLED, rang_s=4), result=CallResult.ABANDONED), []),
        (ended(tried(LegOutcome.CANCELLED), tried(LegOutcome.TALKED, 4), result=CallResult.ANSWERED), []),
        (ended(tried(LegOutcome.DECLINED), result=CallResult.ABANDONED, took_s=9), []),
        (ended(tried(LegOutcome.NO_ANSWER, 1)), []),
        (ended(tried(LegOutcome.NO_ANSWER, None, role=LegRole.DUTY)), []),
        (ended(tried(LegOutcome.NO_ANSWER), is_planned=False), []),
    ],
    ids=[
        "rang out", "a refusal outweighs silence", "another phone of his talked", "the next dealer talked", "no fault",
        "the caller gave up late", "the caller gave up soon", "another was quicker", "left within ten seconds",
        "the manufacturer", "duty", "carried by another rung",
    ],
)  # fmt: skip
def test_only_the_dealers_fault_costs_points(
    call: EndedCall, charged: list[tuple[int, PointsKind, int]]
) -> None:
    assert points_charges(call, PRICED, DEALERS) == tuple(PointsCharge(*one) for one in charged)


def test_nothing_costs_anything_unless_it_is_set() -> None:
    assert (
        points_charges(ended(tried(LegOutcome.NO_ANSWER), tried(LegOutcome.DECLINED, 4)), Policy(), DEALERS)
        == ()
    )


@pytest.mark.parametrize(
    ("result", "took_s", "expected"),
    [
        (CallResult.MISSED, 5, True),
        (CallResult.VOICEMAIL, 60, True),
        (CallResult.ABANDONED, 30, True),
        (CallResult.ABANDONED, 5, False),
        (CallResult.ANSWERED, 60, False),
    ],
)
def test_who_must_be_called_back(result: CallResult, took_s: float, expected: bool) -> None:
    assert needs_call_back(ended(result=result, took_s=took_s)) is expected
