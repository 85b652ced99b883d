"""What is wrong with a policy of orders before it is saved. Pure.

Places as in callcore.network.policy_check, and `stages.1.window_min`, `stages.3.delay_min`, `stages.0.rules.2.categories`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from callcore.distribution.policy import OrderPolicy, OrderRule, OrderStage
from callcore.network.policy import Policy, StageKind
from callcore.network.policy_check import Flaw, PolicyFacts, Problem, check_policy

WINDOW_MIN: Final = (1, 30 * 24 * 60)
DELAY_MIN: Final = (0, 30 * 24 * 60)


@dataclass(frozen=True, slots=True)
class OrderPolicyFacts(PolicyFacts):
    """`DealerFact.takes_calls` says here that the dealer takes orders of the head site. `articles` of the catalogue."""

    categories: frozenset[str] = field(default_factory=frozenset)
    articles: frozenset[str] = field(default_factory=frozenset)
    services: frozenset[str] = field(default_factory=frozenset)


def check_order_policy(policy: OrderPolicy, facts: OrderPolicyFacts) -> tuple[Problem, ...]:
    """Errors and warnings (`Problem.is_warning`) in the order of the page; at most one error for a place."""
    shared = check_policy(Policy(stages=policy.stages, min_points=policy.min_points), facts)
    found = [problem for problem in shared if problem.flaw is not Flaw.RULE_UNREACHED]
    if set(policy.region_codes) - facts.regions.keys():
        found.append(Problem("region_codes", Flaw.REGION_UNKNOWN))
    if set(policy.categories) - facts.categories:
        found.append(Problem("categories", Flaw.CATEGORY_UNKNOWN))
    for index, stage in enumerate(policy.stages):
        found += _stage(f"stages.{index}", stage, facts)
    return tuple(sorted(found, key=lambda problem: _stage_number(problem.place)))


def _stage_number(place: str) -> int:
    parts = place.split(".")
    return int(parts[1]) if len(parts) > 1 else -1


def _stage(place: str, stage: OrderStage, facts: OrderPolicyFacts) -> Iterator[Problem]:
    if stage.window_min is not None:
        yield from _range(f"{place}.window_min", stage.window_min, WINDOW_MIN)
    elif stage.kind is StageKind.RATING:
        yield Problem(f"{place}.window_min", Flaw.WINDOW_MISSING)
    yield from _range(f"{place}.delay_min", stage.delay_min, DELAY_MIN)
    takes_all = False
    for index, rule in enumerate(stage.rules):
        own = f"{place}.rules.{index}"
        if isinstance(rule, OrderRule):
            yield from _rule(own, rule, facts)
        if takes_all:
            yield Problem(f"{own}.regions", Flaw.RULE_UNREACHED)
        takes_all = takes_all or (isinstance(rule, OrderRule) and rule.takes_all)


def _rule(place: str, rule: OrderRule, facts: OrderPolicyFacts) -> Iterator[Problem]:
    unknown = (
        ("categories", set(rule.categories) - facts.categories, Flaw.CATEGORY_UNKNOWN),
        ("articles", set(rule.articles) - facts.articles, Flaw.ARTICLE_UNKNOWN),
        ("services", set(rule.services) - facts.services, Flaw.SERVICE_UNKNOWN),
        ("site_org_ids", set(rule.site_org_ids) - facts.dealers.keys(), Flaw.DEALER_UNKNOWN),
    )
    for name, strange, flaw in unknown:
        if strange:
            yield Problem(f"{place}.{name}", flaw)
    low, high = rule.min_kopecks, rule.max_kopecks
    if (low is not None and low < 0) or (high is not None and high < (low or 0)):
        yield Problem(f"{place}.max_kopecks", Flaw.SUM_RANGE)


def _range(place: str, value: int, bounds: tuple[int, int]) -> Iterator[Problem]:
    low, high = bounds
    if not low <= value <= high:
        yield Problem(place, Flaw.OUT_OF_RANGE, low, high)
