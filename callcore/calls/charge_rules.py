"""What an ended call costs: entries for quotas and points of dealers. Pure.

Only what a dealer himself did or left undone costs him points: his telephone rang until it was given up, or he refused. A
line that was busy or a phone that nobody could reach is no fault of his, nor is a caller who left at once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcore.calls.model import CallResult, LegOutcome, LegRole
from callcore.network.ledger import PointsKind
from callcore.network.policy import Policy

PATIENCE: Final = timedelta(seconds=10)  # who rings off sooner did not give the dealer a chance
_LOST: Final = frozenset({CallResult.MISSED, CallResult.ABANDONED, CallResult.VOICEMAIL})


@dataclass(frozen=True, slots=True)
class Decided:
    """What the stored decision says. `counts`: a dealer was to be chosen for it. `quota_org` whom the quota stage named,
    `quota_steps` the numbers of his steps, from 1."""

    policy_id: int
    policy_version: int
    at: datetime
    counts: bool = False
    quota_org: int | None = None
    quota_steps: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tried:
    """One phone that was called. `step` numbers the plan's steps from 1."""

    role: LegRole
    org_id: int | None
    step: int | None
    started_at: datetime
    ended_at: datetime | None
    outcome: LegOutcome | None


@dataclass(frozen=True, slots=True)
class EndedCall:
    """`is_planned`: the stored decision carried it. `dealer_id` who is answerable for calling back."""

    call_id: str
    result: CallResult
    started_at: datetime
    ended_at: datetime
    is_planned: bool
    tries: tuple[Tried, ...] = ()
    dealer_id: int | None = None


@dataclass(frozen=True, slots=True)
class QuotaCharge:
    """`word` tells it from the call's other entries."""

    word: str
    org_id: int | None
    amount: int


@dataclass(frozen=True, slots=True)
class PointsCharge:
    org_id: int
    kind: PointsKind
    points: int


def quota_charges(call: EndedCall, decided: Decided) -> tuple[QuotaCharge, ...]:
    """Counted once; given when its phones were first called, released when none of them talked."""
    if not (call.is_planned and decided.counts and decided.policy_id):
        return ()
    charges = [QuotaCharge("counted", None, 1)]
    tries = [one for one in call.tries if one.step in decided.quota_steps]
    if decided.quota_org is not None and tries:
        charges.append(QuotaCharge("given", decided.quota_org, 1))
        if all(one.outcome is not LegOutcome.TALKED for one in tries):
            charges.append(QuotaCharge("released", decided.quota_org, -1))
    return tuple(charges)


def points_charges(call: EndedCall, policy: Policy, dealers: Collection[int]) -> tuple[PointsCharge, ...]:
    """At most one of each dealer: a refusal outweighs silence. `dealers` are organisations that are no manufacturer."""
    if not call.is_planned or _left_at_once(call):
        return ()
    charges = []
    for org_id in sorted({one.org_id for one in call.tries if one.org_id in dealers and one.org_id}):
        tries = [one for one in call.tries if one.org_id == org_id and one.role is LegRole.OUTLET]
        kind = _fault(tries, is_lost=call.result in _LOST)
        points = 0 if kind is None else _price(kind, policy)
        if kind is not None and points:
            charges.append(PointsCharge(org_id, kind, points))
    return tuple(charges)


def needs_call_back(call: EndedCall) -> bool:
    return call.result in _LOST and call.dealer_id is not None and not _left_at_once(call)


def _left_at_once(call: EndedCall) -> bool:
    return call.result is CallResult.ABANDONED and call.ended_at - call.started_at < PATIENCE


def _fault(tries: list[Tried], *, is_lost: bool) -> PointsKind | None:
    outcomes = {one.outcome for one in tries}
    if LegOutcome.TALKED in outcomes:
        return None
    if LegOutcome.DECLINED in outcomes:
        return PointsKind.CALL_DECLINED
    if LegOutcome.NO_ANSWER in outcomes:
        return PointsKind.CALL_MISSED
    is_silent = is_lost and any(_rang_in_vain(one) for one in tries)
    return PointsKind.CALL_MISSED if is_silent else None


def _rang_in_vain(one: Tried) -> bool:
    """The caller gave up, but not before the phone had rung for a while."""
    is_cut = one.outcome is LegOutcome.CANCELLED and one.ended_at is not None
    return is_cut and (one.ended_at or one.started_at) - one.started_at >= PATIENCE


def _price(kind: PointsKind, policy: Policy) -> int:
    return policy.points_declined if kind is PointsKind.CALL_DECLINED else policy.points_missed
