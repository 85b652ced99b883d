"""From the form to a policy, with a sentence by each field that is wrong. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcore.network.policy import (
    FixRule,
    Period,
    Policy,
    Quota,
    QuotaUnit,
    Ringing,
    Stage,
    StageKind,
)
from callcore.network.policy_check import MAX_NOTE_CHARS, PolicyFacts, check_policy
from web.routing.field_reader import FieldReader
from web.routing.policy_form import PolicyForm, RuleForm, StageForm
from web.routing.words import problem_words


@dataclass(frozen=True, slots=True)
class Understood:
    """`policy` is what can be shown and tried also with `errors`, which forbid to save; sentences by field name."""

    policy: Policy
    errors: Mapping[str, str]
    warnings: Mapping[str, str]


def understand(form: PolicyForm, facts: PolicyFacts) -> Understood:
    """Of a form without blank rows. What cannot be read stands as its usual value, so that all other fields are checked too."""
    reader = _Reader(facts)
    policy = reader.policy(form)
    errors: dict[str, str] = dict(reader.errors)
    warnings: dict[str, str] = {}
    for problem in check_policy(policy, facts):
        told = warnings if problem.is_warning else errors
        told.setdefault(problem.place, problem_words(problem))
    if len(form.note) > MAX_NOTE_CHARS:
        errors["note"] = f"Не длиннее {MAX_NOTE_CHARS} знаков"
    return Understood(
        policy, errors, {place: text for place, text in warnings.items() if place not in errors}
    )


class _Reader(FieldReader):
    def policy(self, form: PolicyForm) -> Policy:
        usual = Policy()
        numbers = {name: self.number(name, text, getattr(usual, name)) for name, text in form.numbers.items()}
        gate = self.number("min_points", form.min_points, 0) if form.min_points else None
        stages = tuple(self.stage(f"stages.{index}", stage) for index, stage in enumerate(form.stages))
        return Policy(
            stages=stages,
            min_points=gate,
            own_order_first=form.switches["own_order_first"],
            to_neighbours=form.switches["to_neighbours"],
            knows_days=numbers["knows_days"],
            max_outlets=numbers["max_outlets"],
            max_neighbours=numbers["max_neighbours"],
            points_missed=numbers["points_missed"],
            points_declined=numbers["points_declined"],
            points_no_callback=numbers["points_no_callback"],
        )

    def stage(self, at: str, form: StageForm) -> Stage:
        """Only the fields of its kind; the others keep their usual values."""
        stage: dict[str, Any] = {
            "ring_s": self.number(f"{at}.ring_s", form.ring_s, 0) if form.ring_s else 0,
            "ringing": self.choice(f"{at}.ringing", form.ringing, Ringing.IN_ORDER),
        }
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
        return Stage(form.kind, **stage)

    def rule(self, at: str, form: RuleForm) -> FixRule:
        if form.region:
            self.errors[f"{at}.regions"] = f"Региона «{form.region}» нет в списке: выберите из подсказки"
        if form.did:
            self.errors[f"{at}.dids"] = f"Номера «{form.did}» нет в списке: выберите из подсказки"
        dids = tuple(int(did) for did in form.dids if did.isascii() and did.isdigit())
        return FixRule(self.dealer(f"{at}.org_id", form.dealer), form.regions, dids)
