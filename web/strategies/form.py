"""A policy of orders as a form: whatever was typed comes back as it was. Pure.

Names of fields are the places that the check names: stages.1.quotas.0.limit. Buttons fill the form and save nothing.
Conditions of a rule are words parted by commas.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from callcore.distribution.policy import OrderPolicy, OrderRule, OrderStage
from callcore.distribution.policy_check import OrderPolicyFacts
from callcore.network.policy import StageKind
from callcore.network.policy_check import MAX_ROWS
from callcore.orders.model import SERVICES
from web.routing.policy_form import QuotaForm, dealer_text, rearranged

MAX_STAGES: Final = 8
MAX_TEXT: Final = 400
KOPECKS: Final = 100


@dataclass(frozen=True, slots=True)
class RuleForm:
    """Everything as typed; sums in roubles. `sites` are dealers whose own site an order came from, `customers` numbers of their
    cards."""

    dealer: str = ""
    regions: str = ""
    categories: str = ""
    articles: str = ""
    services: str = ""
    sources: str = ""
    sites: str = ""
    customers: str = ""
    min_sum: str = ""
    max_sum: str = ""

    @property
    def is_blank(self) -> bool:
        return not any(getattr(self, item.name) for item in fields(self))


@dataclass(frozen=True, slots=True)
class StageForm:
    kind: StageKind
    window_min: str = ""
    delay_min: str = ""
    period: str = "month"
    min_points: str = ""
    best: str = ""
    rules: tuple[RuleForm, ...] = ()
    quotas: tuple[QuotaForm, ...] = ()

    def with_row(self) -> "StageForm":
        if self.kind is StageKind.FIX and len(self.rules) < MAX_ROWS:
            return replace(self, rules=(*self.rules, RuleForm()))
        if self.kind is StageKind.QUOTA and len(self.quotas) < MAX_ROWS:
            return replace(self, quotas=(*self.quotas, QuotaForm()))
        return self

    def without_row(self, row: int) -> "StageForm":
        rules = tuple(one for at, one in enumerate(self.rules) if at != row)
        return replace(
            self, rules=rules, quotas=tuple(one for at, one in enumerate(self.quotas) if at != row)
        )

    def without_blanks(self) -> "StageForm":
        return replace(
            self,
            rules=tuple(rule for rule in self.rules if not rule.is_blank),
            quotas=tuple(quota for quota in self.quotas if not quota.is_blank),
        )


@dataclass(frozen=True, slots=True)
class StrategyForm:
    """`min_points` empty is no gate; `shown` the version that the person saw. From `name` on for a strategy of its own."""

    stages: tuple[StageForm, ...]
    min_points: str = ""
    counts_all: bool = True
    is_parallel: bool = False
    note: str = ""
    shown: str = ""
    name: str = ""
    regions: str = ""
    categories: str = ""
    is_on: bool = True

    @property
    def missing(self) -> tuple[StageKind, ...]:
        """Kinds that can still be added."""
        used = {stage.kind for stage in self.stages}
        return tuple(kind for kind in StageKind if kind not in used)

    def without_blanks(self) -> "StrategyForm":
        return replace(self, stages=tuple(stage.without_blanks() for stage in self.stages))

    def pressed(self, button: str) -> "StrategyForm":
        """The form after a button: up.1, down.1, drop.1, add.quota, row.1, drop-row.1.0; anything else changes nothing."""
        name, _, rest = button.partition(".")
        if name == "add":
            kind = next((kind for kind in self.missing if kind.value == rest), None)
            return self._added(kind) if kind else self
        return replace(self, stages=rearranged(self.stages, name, rest))

    def _added(self, kind: StageKind) -> "StrategyForm":
        """A new stage comes to its usual place."""
        usual = list(StageKind)
        later = [at for at, stage in enumerate(self.stages) if usual.index(stage.kind) > usual.index(kind)]
        at = later[0] if later else len(self.stages)
        window = "5" if kind is StageKind.RATING else ""
        stage = StageForm(kind, window_min=window).with_row()
        return replace(self, stages=(*self.stages[:at], stage, *self.stages[at:]))


def show_policy(policy: OrderPolicy, facts: OrderPolicyFacts, version: int, name: str = "") -> StrategyForm:
    return StrategyForm(
        name=name,
        regions=", ".join(facts.regions.get(code, code) for code in policy.region_codes),
        categories=", ".join(policy.categories),
        is_on=policy.is_on,
        stages=tuple(_shown(stage, facts) for stage in policy.stages),
        min_points="" if policy.min_points is None else str(policy.min_points),
        counts_all=policy.counts_all,
        is_parallel=policy.is_parallel,
        shown=str(version),
    )


def _shown(stage: OrderStage, facts: OrderPolicyFacts) -> StageForm:
    rating = stage.kind is StageKind.RATING
    return StageForm(
        stage.kind,
        window_min="" if stage.window_min is None else str(stage.window_min),
        delay_min=str(stage.delay_min or ""),
        period=stage.period.value,
        min_points=str(stage.min_points) if rating else "",
        best=str(stage.best or ""),
        rules=tuple(_rule(rule, facts) for rule in stage.rules if isinstance(rule, OrderRule)),
        quotas=tuple(
            QuotaForm(dealer_text(quota.org_id, facts), quota.unit.value, str(quota.limit))
            for quota in stage.quotas
        ),
    )


def _rule(rule: OrderRule, facts: OrderPolicyFacts) -> RuleForm:
    return RuleForm(
        dealer=dealer_text(rule.org_id, facts),
        regions=", ".join(facts.regions.get(code, code) for code in rule.region_codes),
        categories=", ".join(rule.categories),
        articles=", ".join(rule.articles),
        services=", ".join(SERVICES.get(code, code) for code in rule.services),
        sources=", ".join(rule.sources),
        sites=", ".join(dealer_text(org_id, facts) for org_id in rule.site_org_ids),
        customers=", ".join(str(customer_id) for customer_id in rule.customer_ids),
        min_sum=_roubles(rule.min_kopecks),
        max_sum=_roubles(rule.max_kopecks),
    )


def _roubles(kopecks: int | None) -> str:
    return "" if kopecks is None else str(kopecks // KOPECKS)


def read_form(sent: Mapping[str, Any]) -> StrategyForm:
    return StrategyForm(
        stages=tuple(_stages(sent)),
        min_points=_text(sent, "min_points"),
        counts_all=sent.get("counts_all") == "1",
        is_parallel=sent.get("is_parallel") == "1",
        note=_text(sent, "note"),
        shown=_text(sent, "shown"),
        name=_text(sent, "name"),
        regions=_text(sent, "region_codes"),
        categories=_text(sent, "categories"),
        is_on="name" not in sent or sent.get("is_on") == "1",
    )


def _stages(sent: Mapping[str, Any]) -> Iterator[StageForm]:
    for index in range(MAX_STAGES):
        at = f"stages.{index}"
        kind = next((kind for kind in StageKind if kind.value == sent.get(f"{at}.kind")), None)
        if kind is None:
            return
        yield StageForm(
            kind,
            window_min=_text(sent, f"{at}.window_min"),
            delay_min=_text(sent, f"{at}.delay_min"),
            period=_text(sent, f"{at}.period") or "month",
            min_points=_text(sent, f"{at}.min_points"),
            best=_text(sent, f"{at}.best"),
            rules=tuple(_rules(sent, f"{at}.rules")),
            quotas=tuple(_quotas(sent, f"{at}.quotas")),
        )


def _rules(sent: Mapping[str, Any], at: str) -> Iterator[RuleForm]:
    names = {"dealer": "org_id", "sites": "site_org_ids"}
    for index in _rows(sent, at):
        own = f"{at}.{index}"
        yield RuleForm(
            **{
                item.name: _text(sent, f"{own}.{names.get(item.name, item.name)}")
                for item in fields(RuleForm)
            }
        )


def _quotas(sent: Mapping[str, Any], at: str) -> Iterator[QuotaForm]:
    for index in _rows(sent, at):
        own = f"{at}.{index}"
        unit = _text(sent, f"{own}.unit") or "percent"
        yield QuotaForm(_text(sent, f"{own}.org_id"), unit, _text(sent, f"{own}.limit"))


def _rows(sent: Mapping[str, Any], at: str) -> Iterator[int]:
    for index in range(MAX_ROWS + 1):
        if f"{at}.{index}.org_id" not in sent:
            return
        yield index


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name, "")
    return (
        "".join(char for char in value if char.isprintable()).strip()[:MAX_TEXT]
        if isinstance(value, str)
        else ""
    )
