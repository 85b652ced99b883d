"""Orders that have been, offered once more by two policies: who would have seen them first, and the difference. Pure.

Both sides begin with empty counts of quotas, and whoever sees an order by his quota is taken to have got it. Dealers are as
they are now: their points, goods and services of that time are not kept.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcore.distribution.candidates import DealerFacts, OrderFacts, judge
from callcore.distribution.pipeline import History, Plan, make_plan
from callcore.distribution.policy import OrderPolicies, OrderPolicy
from callcore.network.quota_period import period_start
from callcore.routing.live import QuotaCount


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order as it came; `org_id` is who had it in truth."""

    number: int
    at: datetime
    facts: OrderFacts
    org_id: int | None


@dataclass(frozen=True, slots=True)
class MovedOrder:
    """Dealers who would have seen it first, by the policy in force and by the changed one; none: the desk."""

    number: int
    at: datetime
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OrderShare:
    """Of one dealer, `org_id` None for the desk: orders that he had in truth and would have seen first."""

    org_id: int | None
    real: int
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class OrderRehearsal:
    """`shares` begin with the greatest difference; `moved` are in order of time."""

    count: int
    shares: tuple[OrderShare, ...]
    moved: tuple[MovedOrder, ...]


def rehearse(
    before: OrderPolicies,
    after: OrderPolicies,
    orders: Sequence[PastOrder],
    dealers: Sequence[DealerFacts],
    tz: str,
) -> OrderRehearsal:
    """`orders` in any order, of the head site alone. `tz` is the manufacturer's clock."""
    ordered = sorted(orders, key=lambda order: (order.at, order.number))
    firsts = list(
        zip(ordered, _run(before, ordered, dealers, tz), _run(after, ordered, dealers, tz), strict=True)
    )
    real = Counter(order.org_id for order in ordered)
    was = Counter(org_id for _, first, _ in firsts for org_id in first or (None,))
    now = Counter(org_id for _, _, first in firsts for org_id in first or (None,))
    shares = [OrderShare(org_id, real[org_id], was[org_id], now[org_id]) for org_id in real | was | now]
    shares.sort(key=lambda share: (-abs(share.difference), -share.after, share.org_id or 0))
    moved = (
        MovedOrder(order.number, order.at, one, other)
        for order, one, other in firsts
        if set(one) != set(other)
    )
    return OrderRehearsal(len(ordered), tuple(shares), tuple(moved))


def _run(
    policies: OrderPolicies, orders: Sequence[PastOrder], dealers: Sequence[DealerFacts], tz: str
) -> list[tuple[int, ...]]:
    pasts: dict[int, _Past] = {}
    by_region: dict[str | None, list[DealerFacts]] = {}
    firsts = []
    for order in orders:
        region = order.facts.region_code
        if region not in by_region:
            by_region[region] = [one for one in dealers if region in one.regions]
        active = policies.of(region, order.facts.categories)
        policy = active.policy
        past = pasts.setdefault(active.id, _Past(policy, tz))
        verdicts = judge(order.facts, by_region[region], policy.min_points)
        plan = make_plan(policy, order.facts, verdicts, past.history(order.at))
        past.add(order.at, plan, [one.org_id for one in verdicts if one.is_in])
        firsts.append(plan.first[1])
    return firsts


class _Past:
    """What the orders so far have left behind."""

    def __init__(self, policy: OrderPolicy, tz: str) -> None:
        self._stage = policy.quota_stage
        self._counts_all, self._tz = policy.counts_all, tz
        self._counted: list[datetime] = []
        self._given: list[tuple[datetime, int]] = []
        self._could: dict[int, list[datetime]] = defaultdict(list)

    def history(self, at: datetime) -> History:
        if self._stage is None:
            return History()
        since = period_start(self._stage.period, at, self._tz)
        given = Counter(org_id for when, org_id in self._given if when >= since)
        used: Mapping[int, datetime] = {org_id: when for when, org_id in self._given}
        could = {org_id: sum(when >= since for when in times) for org_id, times in self._could.items()}
        count = QuotaCount(sum(when >= since for when in self._counted), given)
        return History(count, None if self._counts_all else could, used)

    def add(self, at: datetime, plan: Plan, candidates: Sequence[int]) -> None:
        self._counted.append(at)
        if plan.reserved is not None:
            self._given.append((at, plan.reserved))
        for org_id in candidates:
            self._could[org_id].append(at)
