"""From the form to a policy, with a sentence by each field that is wrong. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

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
from web.routing.policy_form import PolicyForm, RuleForm, StageForm
from web.routing.words import problem_words

E = TypeVar("E", bound=StrEnum)
_MAX_DIGITS: Final = 9
_MAX_NAMED: Final = 4


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


class _Reader:
    def __init__(self, facts: PolicyFacts) -> None:
        self.errors: dict[str, str] = {}
        self._facts = facts
        self._by_name: dict[str, list[int]] = {}
        for dealer in facts.dealers.values():
            self._by_name.setdefault(dealer.name.casefold(), []).append(dealer.id)

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

    def dealer(self, place: str, text: str) -> int:
        """0 for nobody."""
        if not text:
            return 0
        found = self._named(text.casefold())
        number = text.rpartition("№")[2].strip()
        if not found and number.isascii() and number.isdigit() and len(number) <= _MAX_DIGITS:
            return int(number)
        if len(found) == 1:
            return found[0]
        if not found:
            self.errors[place] = f"Дилера «{text}» нет: выберите из подсказки"
        else:
            names = ", ".join(f"«{self._facts.dealers[one].name} № {one}»" for one in found[:_MAX_NAMED])
            self.errors[place] = f"Подходят несколько: {names}. Впишите одного"
        return 0

    def _named(self, wanted: str) -> list[int]:
        """Of exactly this name, else with it as a part."""
        return self._by_name.get(wanted) or [
            one for known, ids in self._by_name.items() if wanted in known for one in ids
        ]

    def number(self, place: str, text: str, usual: int) -> int:
        digits = text.replace("\N{NO-BREAK SPACE}", "").replace(" ", "").replace("\N{MINUS SIGN}", "-")
        body = digits.removeprefix("-").removeprefix("+")
        if not text:
            self.errors[place] = "Укажите число"
        elif not (body.isascii() and body.isdigit()):
            self.errors[place] = "Нужно целое число"
        elif len(body) > _MAX_DIGITS:
            self.errors[place] = "Слишком большое число"
        else:
            return int(digits)
        return usual

    def choice(self, place: str, text: str, usual: E) -> E:
        found = next((one for one in type(usual) if one.value == text), None)
        if found is None:
            self.errors[place] = "Выберите значение из списка"
        return found or usual
