"""What is wrong with a policy before it is saved. Pure.

A problem names its place as the page's form does: `name`, `min_points`, `stages`, `stages.1.ring_s`,
`stages.1.rules.0.org_id`, `stages.2.quotas.3.limit`. Words for people stand at the web's border.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from callcore.network.policy import MAX_NAME_CHARS, MAX_POINTS, Policy, QuotaUnit, Stage, StageKind

RING_S: Final = (5, 120)  # besides 0, the outlet's own
OUTLETS: Final = (1, 20)
NEIGHBOURS: Final = (0, 10)
KNOWS_DAYS: Final = (0, 365)
PERCENT: Final = (1, 100)
QUANTITY: Final = (1, 100_000)
BEST: Final = (0, 100)
CALL_POINTS: Final = (-1000, 1000)
MAX_ROWS: Final = 200  # rules or quotas of one stage
MAX_NOTE_CHARS: Final = 200


class Flaw(StrEnum):
    """What is wrong. From NOBODY_PASSES on these are warnings: the policy can be saved."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    NO_STAGES = "no-stages"
    STAGE_TWICE = "stage-twice"
    OUT_OF_RANGE = "out-of-range"
    TOO_MANY = "too-many"
    NO_ROWS = "no-rows"
    NO_DEALER = "no-dealer"
    DEALER_UNKNOWN = "dealer-unknown"
    DEALER_TWICE = "dealer-twice"
    OVER_100 = "over-100"
    REGION_UNKNOWN = "region-unknown"
    DID_UNKNOWN = "did-unknown"
    TOP_OF_ALL = "top-of-all"
    WINDOW_MISSING = "window-missing"  # from here to FOR_NOTHING for policies of orders
    CATEGORY_UNKNOWN = "category-unknown"
    ARTICLE_UNKNOWN = "article-unknown"
    SERVICE_UNKNOWN = "service-unknown"
    SUM_RANGE = "sum-range"
    NAME_TAKEN = "name-taken"
    FOR_NOTHING = "for-nothing"
    NOBODY_PASSES = "nobody-passes"
    NOBODY_IN_TOP = "nobody-in-top"
    BELOW_GATE = "below-gate"
    DEALER_TAKES_NONE = "dealer-takes-none"
    RULE_UNREACHED = "rule-unreached"
    BASE_MISSING = "base-missing"
    BASE_NOT_LAST = "base-not-last"

    @property
    def is_warning(self) -> bool:
        return self in _WARNINGS


_WARNINGS: Final = frozenset(
    {
        Flaw.NOBODY_PASSES,
        Flaw.NOBODY_IN_TOP,
        Flaw.BELOW_GATE,
        Flaw.DEALER_TAKES_NONE,
        Flaw.RULE_UNREACHED,
        Flaw.BASE_MISSING,
        Flaw.BASE_NOT_LAST,
    }
)


@dataclass(frozen=True, slots=True)
class DealerFact:
    """`takes_calls`: it works, has «Звонок с сайта» and an outlet that takes calls, its own or of a dealer below. `points`
    are for the gate, `rating` for the TOP; None: the points, too."""

    id: int
    name: str
    points: int
    takes_calls: bool = True
    rating: int | None = None

    @property
    def standing(self) -> int:
        return self.points if self.rating is None else self.rating


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What of the network a policy may name. `regions` by code and `dids` by id are names for people."""

    dealers: Mapping[int, DealerFact] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    dids: Mapping[int, str] = field(default_factory=dict)

    @property
    def most_points(self) -> int | None:
        """None while there is no dealer."""
        return max((dealer.points for dealer in self.dealers.values()), default=None)

    @property
    def best_standing(self) -> int | None:
        return max((dealer.standing for dealer in self.dealers.values()), default=None)


@dataclass(frozen=True, slots=True)
class Problem:
    """`low` and `high` are the bounds of OUT_OF_RANGE and the figures that other sentences quote."""

    place: str
    flaw: Flaw
    low: int = 0
    high: int = 0

    @property
    def is_warning(self) -> bool:
        return self.flaw.is_warning


def check_name(name: str) -> tuple[Problem, ...]:
    if not name.strip():
        return (Problem("name", Flaw.EMPTY),)
    return (Problem("name", Flaw.TOO_LONG, high=MAX_NAME_CHARS),) if len(name) > MAX_NAME_CHARS else ()


def check_policy(policy: Policy, facts: PolicyFacts) -> tuple[Problem, ...]:
    """Errors and warnings in the order of the page; at most one error for a place."""
    return tuple(_whole(policy, facts)) + tuple(
        problem
        for index, stage in enumerate(policy.stages)
        for problem in _stage(f"stages.{index}", stage, policy, facts)
    )


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if not problem.is_warning)


def _whole(policy: Policy, facts: PolicyFacts) -> Iterator[Problem]:
    kinds = [stage.kind for stage in policy.stages]
    if not kinds:
        yield Problem("stages", Flaw.NO_STAGES)
    elif StageKind.BASE not in kinds:
        yield Problem("stages", Flaw.BASE_MISSING)
    elif kinds[-1] is not StageKind.BASE:
        yield Problem("stages", Flaw.BASE_NOT_LAST)
    yield from _range("max_outlets", policy.max_outlets, OUTLETS)
    yield from _range("max_neighbours", policy.max_neighbours, NEIGHBOURS)
    yield from _range("knows_days", policy.knows_days, KNOWS_DAYS)
    for name in ("points_missed", "points_declined", "points_no_callback"):
        yield from _range(name, getattr(policy, name), CALL_POINTS)
    if policy.min_points is not None:
        yield from _gate(policy.min_points, facts)
    for kind, count in Counter(kinds).items():
        if count > 1:
            again = len(kinds) - 1 - kinds[::-1].index(kind)
            yield Problem(f"stages.{again}", Flaw.STAGE_TWICE)


def _gate(gate: int, facts: PolicyFacts) -> Iterator[Problem]:
    yield from _range("min_points", gate, (-MAX_POINTS, MAX_POINTS))
    most = facts.most_points
    if most is not None and most < gate <= MAX_POINTS:
        yield Problem("min_points", Flaw.NOBODY_PASSES, high=most)


def _stage(place: str, stage: Stage, policy: Policy, facts: PolicyFacts) -> Iterator[Problem]:
    if stage.ring_s:
        yield from _range(f"{place}.ring_s", stage.ring_s, RING_S)
    match stage.kind:
        case StageKind.FIX:
            yield from _fix(place, stage, facts)
        case StageKind.QUOTA:
            yield from _quotas(place, stage, policy, facts)
        case StageKind.RATING:
            yield from _rating(place, stage, facts)
        case StageKind.BASE:
            pass


def _fix(place: str, stage: Stage, facts: PolicyFacts) -> Iterator[Problem]:
    yield from _count(f"{place}.rules", len(stage.rules))
    takes_all = False
    for index, rule in enumerate(stage.rules):
        own = f"{place}.rules.{index}"
        yield from _dealer(f"{own}.org_id", rule.org_id, facts)
        if set(rule.region_codes) - facts.regions.keys():
            yield Problem(f"{own}.regions", Flaw.REGION_UNKNOWN)
        if set(rule.did_ids) - facts.dids.keys():
            yield Problem(f"{own}.dids", Flaw.DID_UNKNOWN)
        if takes_all:
            yield Problem(f"{own}.regions", Flaw.RULE_UNREACHED)
        takes_all = takes_all or not (rule.region_codes or rule.did_ids)


def _quotas(place: str, stage: Stage, policy: Policy, facts: PolicyFacts) -> Iterator[Problem]:
    yield from _count(f"{place}.quotas", len(stage.quotas))
    seen: set[int] = set()
    for index, quota in enumerate(stage.quotas):
        own = f"{place}.quotas.{index}"
        if quota.org_id in seen and quota.org_id:
            yield Problem(f"{own}.org_id", Flaw.DEALER_TWICE)
        else:
            yield from _dealer(f"{own}.org_id", quota.org_id, facts)
            yield from _is_below(f"{own}.org_id", quota.org_id, policy, facts)
        seen.add(quota.org_id)
        yield from _range(
            f"{own}.limit", quota.limit, PERCENT if quota.unit is QuotaUnit.PERCENT else QUANTITY
        )
    total = sum(quota.limit for quota in stage.quotas if quota.unit is QuotaUnit.PERCENT)
    if total > PERCENT[1]:
        yield Problem(f"{place}.quotas", Flaw.OVER_100, high=total)


def _rating(place: str, stage: Stage, facts: PolicyFacts) -> Iterator[Problem]:
    yield from _range(f"{place}.min_points", stage.min_points, (-MAX_POINTS, MAX_POINTS))
    yield from _range(f"{place}.best", stage.best, BEST)
    most = facts.best_standing
    if not stage.best and stage.min_points == 0:
        yield Problem(f"{place}.min_points", Flaw.TOP_OF_ALL)
    elif most is not None and most < stage.min_points <= MAX_POINTS:
        yield Problem(f"{place}.min_points", Flaw.NOBODY_IN_TOP, high=most)


def _dealer(place: str, org_id: int, facts: PolicyFacts) -> Iterator[Problem]:
    if not org_id:
        yield Problem(place, Flaw.NO_DEALER)
    elif org_id not in facts.dealers:
        yield Problem(place, Flaw.DEALER_UNKNOWN)
    elif not facts.dealers[org_id].takes_calls:
        yield Problem(place, Flaw.DEALER_TAKES_NONE)


def _is_below(place: str, org_id: int, policy: Policy, facts: PolicyFacts) -> Iterator[Problem]:
    dealer = facts.dealers.get(org_id)
    if dealer is not None and policy.min_points is not None and dealer.points < policy.min_points:
        yield Problem(place, Flaw.BELOW_GATE, low=dealer.points, high=policy.min_points)


def _count(place: str, count: int) -> Iterator[Problem]:
    if not count:
        yield Problem(place, Flaw.NO_ROWS)
    elif count > MAX_ROWS:
        yield Problem(place, Flaw.TOO_MANY, high=MAX_ROWS)


def _range(place: str, value: int, bounds: tuple[int, int]) -> Iterator[Problem]:
    low, high = bounds
    if not low <= value <= high:
        yield Problem(place, Flaw.OUT_OF_RANGE, low, high)
