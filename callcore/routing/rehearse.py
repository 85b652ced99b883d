"""Calls that have been, decided once more by two policies: who would have got them, and the difference. Pure.

Both sides begin with empty counts of quotas and nobody used, and whoever is rung first is taken to have talked, when in
truth somebody did. Phones are reachable and free: how it was at that moment is not kept.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callcore.network.policy import Period
from callcore.network.quota_period import period_start
from callcore.routing.decide import decide
from callcore.routing.known import RoutingSnapshot
from callcore.routing.live import Live, QuotaCount, Tie, TieKind
from callcore.routing.model import Decision, StepStage
from dialplans.contract import StepKind


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call as it came. `org_id` is who talked or was tried first in truth; `did` and `caller` as in the journal."""

    call_id: str
    at: datetime
    did: str
    caller: str
    org_id: int | None
    was_answered: bool


@dataclass(frozen=True, slots=True)
class Side:
    """A network with the policies to try. `periods` of their quotas by policy id; `tz` is the manufacturer's clock."""

    snapshot: RoutingSnapshot
    periods: Mapping[int, Period] = field(default_factory=dict)
    tz: str = "Europe/Moscow"


@dataclass(frozen=True, slots=True)
class FirstRung:
    """Who is rung first: a dealer's place, or `org_id` None for the head office and the duty people."""

    org_id: int | None
    label: str
    stage: StepStage


@dataclass(frozen=True, slots=True)
class Moved:
    call: PastCall
    before: FirstRung
    after: FirstRung


@dataclass(frozen=True, slots=True)
class Share:
    """Of one dealer, `org_id` None for the head office: calls that he got in truth and would have got first."""

    org_id: int | None
    real: int
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`shares` begin with the greatest difference; `moved` are in order of time."""

    count: int
    shares: tuple[Share, ...]
    moved: tuple[Moved, ...]


def rehearse(before: Side, after: Side, calls: Sequence[PastCall]) -> Rehearsal:
    """`calls` in any order."""
    ordered = sorted(calls, key=lambda call: (call.at, call.call_id))
    firsts = list(zip(ordered, _run(before, ordered), _run(after, ordered), strict=True))
    real = Counter(call.org_id for call in ordered)
    was = Counter(first.org_id for _, first, _ in firsts)
    now = Counter(first.org_id for _, _, first in firsts)
    shares = [Share(org_id, real[org_id], was[org_id], now[org_id]) for org_id in real | was | now]
    shares.sort(key=lambda share: (-abs(share.difference), -share.after, share.org_id or 0))
    moved = tuple(Moved(*found) for found in firsts if found[1].org_id != found[2].org_id)
    return Rehearsal(len(ordered), tuple(shares), moved)


def _run(side: Side, calls: Sequence[PastCall]) -> list[FirstRung]:
    past = _Past(side)
    firsts = []
    for call in calls:
        decision = decide(side.snapshot, call.did, call.caller, call.at, past.live(call.at))
        first = _first(decision)
        past.add(call, decision, first)
        firsts.append(first)
    return firsts


def _first(decision: Decision) -> FirstRung:
    """Several outlets may ring together: the first of them stands for all."""
    if not decision.plan.steps or decision.plan.steps[0].kind is not StepKind.OUTLET:
        return FirstRung(None, "", decision.plan.steps[0].stage if decision.plan.steps else StepStage.NONE)
    step = decision.plan.steps[0]
    told = (one for one in decision.explanation.stages if one.stage is step.stage and one.org_ids)
    org_id = step.org_id if step.org_id is not None else next((one.org_ids[0] for one in told), None)
    return FirstRung(org_id, step.label, step.stage)


class _Past:
    """What the calls so far have left behind."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._counted: dict[int, list[datetime]] = defaultdict(list)
        self._given: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        self._phones: dict[str, datetime] = {}
        self._orgs: dict[int, datetime] = {}
        self._ties: dict[str, Tie] = {}

    def live(self, at: datetime) -> Live:
        return Live(
            phone_used_at=self._phones,
            org_used_at=self._orgs,
            ties=self._ties,
            quotas={policy_id: self._count(policy_id, at) for policy_id in self._counted},
        )

    def add(self, call: PastCall, decision: Decision, first: FirstRung) -> None:
        why = decision.explanation
        if why.counts_for_quotas:
            self._counted[why.policy_id].append(call.at)
        if first.org_id is None:
            return
        if first.stage is StepStage.QUOTA:
            named = next((one.org_id for one in why.stages if one.stage is StepStage.QUOTA), None)
            self._given[why.policy_id].append((call.at, named or first.org_id))
        step = decision.plan.steps[0]
        self._orgs[first.org_id] = call.at
        self._phones.update(dict.fromkeys(step.phone_keys, call.at))
        if call.was_answered and call.caller:
            self._ties[call.caller] = Tie(TieKind.LAST_TALK, call.at, first.org_id, step.outlet_id)

    def _count(self, policy_id: int, at: datetime) -> QuotaCount:
        since = period_start(self._side.periods.get(policy_id, Period.MONTH), at, self._side.tz)
        given = Counter(org_id for when, org_id in self._given[policy_id] if when >= since)
        return QuotaCount(sum(when >= since for when in self._counted[policy_id]), given)
