"""From the form to a policy of orders, with a sentence by each field that is wrong. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from callcore.distribution.policy import OrderPolicy, OrderRule, OrderStage
from callcore.distribution.policy_check import OrderPolicyFacts, check_order_policy
from callcore.network.policy import Period, Quota, QuotaUnit, StageKind
from callcore.network.policy_check import MAX_NOTE_CHARS
from callcore.orders.model import SERVICES
from web.routing.field_reader import FieldReader
from web.routing.policy_form import named
from web.strategies.form import KOPECKS, RuleForm, StageForm, StrategyForm
from web.strategies.words import problem_words

MAX_ID: Final = 10**15


@dataclass(frozen=True, slots=True)
class Understood:
    """`policy` is what can be drawn and tried also with `errors`, which forbid to save; sentences by field name."""

    policy: OrderPolicy
    errors: Mapping[str, str]
    warnings: Mapping[str, str]


def understand(form: StrategyForm, facts: OrderPolicyFacts) -> Understood:
    """Of a form without blank rows. What cannot be read stands as its usual value, so that all other fields are checked
    too."""
    reader = _Reader(facts)
    policy = reader.policy(form)
    errors: dict[str, str] = dict(reader.errors)
    warnings: dict[str, str] = {}
    for problem in check_order_policy(policy, facts):
        told = warnings if problem.is_warning else errors
        told.setdefault(problem.place, problem_words(problem))
    if len(form.note) > MAX_NOTE_CHARS:
        errors["note"] = f"Не длиннее {MAX_NOTE_CHARS} знаков"
    return Understood(
        policy, errors, {place: text for place, text in warnings.items() if place not in errors}
    )


class _Reader(FieldReader):
    def __init__(self, facts: OrderPolicyFacts) -> None:
        super().__init__(facts)
        self._orders = facts

    def policy(self, form: StrategyForm) -> OrderPolicy:
        gate = self.number("min_points", form.min_points, 0) if form.min_points else None
        stages = tuple(self.stage(f"stages.{index}", stage) for index, stage in enumerate(form.stages))
        return OrderPolicy(
            stages=stages,
            min_points=gate,
            counts_all=form.counts_all,
            is_parallel=form.is_parallel,
            region_codes=self.regions("region_codes", form.regions),
            categories=self.categories("categories", form.categories),
            is_on=form.is_on,
        )

    def regions(self, place: str, text: str) -> tuple[str, ...]:
        return self.several(place, text, self._orders.regions, "Региона")

    def categories(self, place: str, text: str) -> tuple[str, ...]:
        return self.several(place, text, dict.fromkeys(self._orders.categories), "Категории")

    def stage(self, at: str, form: StageForm) -> OrderStage:
        """Only the fields of its kind; the others keep their usual values."""
        stage: dict[str, Any] = {}
        if form.kind is StageKind.BASE:
            stage["delay_min"] = self.number(f"{at}.delay_min", form.delay_min, 0) if form.delay_min else 0
        elif form.window_min:
            stage["window_min"] = self.number(f"{at}.window_min", form.window_min, 0)
        if form.kind is StageKind.FIX:
            stage["rules"] = tuple(
                self.rule(f"{at}.rules.{index}", rule) for index, rule in enumerate(form.rules)
            )
        elif form.kind is StageKind.QUOTA:
            stage["period"] = self.choice(f"{at}.period", form.period, Period.MONTH)
            stage["quotas"] = tuple(
                Quota(
                    self.dealer(f"{at}.quotas.{index}.org_id", quota.dealer),
                    self.choice(f"{at}.quotas.{index}.unit", quota.unit, QuotaUnit.PERCENT),
                    self.number(f"{at}.quotas.{index}.limit", quota.limit, 0),
                )
                for index, quota in enumerate(form.quotas)
            )
        elif form.kind is StageKind.RATING:
            stage["min_points"] = (
                self.number(f"{at}.min_points", form.min_points, 0) if form.min_points else 0
            )
            stage["best"] = self.number(f"{at}.best", form.best, 0) if form.best else 0
        return OrderStage(form.kind, **stage)

    def rule(self, at: str, form: RuleForm) -> OrderRule:
        facts = self._orders
        return OrderRule(
            self.dealer(f"{at}.org_id", form.dealer),
            region_codes=self.regions(f"{at}.regions", form.regions),
            categories=self.categories(f"{at}.categories", form.categories),
            articles=self.several(f"{at}.articles", form.articles, dict.fromkeys(facts.articles), "Артикула"),
            services=self.several(f"{at}.services", form.services, SERVICES, "Услуги"),
            sources=tuple(_words(form.sources)),
            site_org_ids=tuple(self.dealer(f"{at}.site_org_ids", word) for word in _words(form.sites)),
            customer_ids=self.customers(f"{at}.customers", form.customers),
            min_kopecks=self.roubles(f"{at}.min_sum", form.min_sum),
            max_kopecks=self.roubles(f"{at}.max_kopecks", form.max_sum),
        )

    def several(self, place: str, text: str, names: Mapping[str, str | None], what: str) -> tuple[str, ...]:
        """Keys by their names, or by themselves where a name is None."""
        known = {key: name or key for key, name in names.items()}
        found = []
        for word in _words(text):
            key = named(word, known)
            if key is None:
                self.errors.setdefault(place, f"{what} «{word}» нет: выберите из подсказки")
            else:
                found.append(key)
        return tuple(dict.fromkeys(found))

    def customers(self, place: str, text: str) -> tuple[int, ...]:
        """Numbers of their cards, as they stand in the card's address."""
        words = [word.removeprefix("№").strip() for word in _words(text)]
        if all(word.isascii() and word.isdigit() and 0 < int(word) < MAX_ID for word in words):
            return tuple(dict.fromkeys(int(word) for word in words))
        self.errors.setdefault(place, "Номера карточек клиентов через запятую: 12, 57")
        return ()

    def roubles(self, place: str, text: str) -> int | None:
        return self.number(place, text, 0) * KOPECKS if text else None


def _words(text: str) -> Iterable[str]:
    return dict.fromkeys(word for part in text.split(",") if (word := part.strip()))
