"""A policy as a form: whatever was typed comes back as it was. Pure.

Names of fields are the places that policy_check names: stages.1.quotas.0.limit. Buttons fill the form and save nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, Self, TypeVar

from callcore.network.policy import Policy, Ringing, Stage, StageKind
from callcore.network.policy_check import MAX_ROWS, PolicyFacts

R = TypeVar("R")
MAX_STAGES: Final = 8
MAX_TEXT: Final = 200
NUMBERS: Final = (
    "max_outlets",
    "max_neighbours",
    "knows_days",
    "points_missed",
    "points_declined",
    "points_no_callback",
)
SWITCHES: Final = ("own_order_first", "to_neighbours")


@dataclass(frozen=True, slots=True)
class RuleForm:
    """`regions` are codes and `dids` ids that were chosen; what is typed to be added stands in `region`, `did`."""

    dealer: str = ""
    regions: tuple[str, ...] = ()
    dids: tuple[str, ...] = ()
    region: str = ""
    did: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.dealer or self.regions or self.dids or self.region or self.did)


@dataclass(frozen=True, slots=True)
class QuotaForm:
    dealer: str = ""
    unit: str = "percent"
    limit: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.dealer or self.limit)


@dataclass(frozen=True, slots=True)
class StageForm:
    kind: StageKind
    ring_s: str = ""
    ringing: str = Ringing.IN_ORDER.value
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

    def without_blanks(self) -> "StageForm":
        return replace(
            self,
            rules=tuple(rule for rule in self.rules if not rule.is_blank),
            quotas=tuple(quota for quota in self.quotas if not quota.is_blank),
        )

    def without_row(self, row: int) -> "StageForm":
        return replace(self, rules=_without(self.rules, row), quotas=_without(self.quotas, row))


class Rows(Protocol):
    """A stage of a form whose rows come and go."""

    def with_row(self) -> Self: ...

    def without_row(self, row: int) -> Self: ...


S = TypeVar("S", bound=Rows)


def rearranged(stages: tuple[S, ...], name: str, rest: str) -> tuple[S, ...]:
    """After up, down, drop, row of a stage, or drop-row of one of its rows; `rest` is 1 or 1.0. Anything else changes
    nothing."""
    places = [int(part) for part in rest.split(".") if part.isascii() and part.isdigit() and len(part) < 4]
    if not places or places[0] >= len(stages):
        return stages
    at, changed = places[0], list(stages)
    if name == "drop":
        del changed[at]
    elif name in ("up", "down"):
        other = at + (-1 if name == "up" else 1)
        if 0 <= other < len(changed):
            changed[at], changed[other] = changed[other], changed[at]
    elif name == "row":
        changed[at] = changed[at].with_row()
    elif name == "drop-row" and len(places) == 2:
        changed[at] = changed[at].without_row(places[1])
    return tuple(changed)


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """`numbers` and `switches` by the names of Policy's fields; `min_points` empty is no gate."""

    stages: tuple[StageForm, ...]
    numbers: Mapping[str, str]
    switches: Mapping[str, bool]
    min_points: str = ""
    note: str = ""
    shown: str = ""

    @property
    def missing(self) -> tuple[StageKind, ...]:
        """Kinds that can still be added."""
        used = {stage.kind for stage in self.stages}
        return tuple(kind for kind in StageKind if kind not in used)

    def without_blanks(self) -> "PolicyForm":
        return replace(self, stages=tuple(stage.without_blanks() for stage in self.stages))

    def pressed(self, button: str) -> "PolicyForm":
        """The form after a button: up.1, down.1, drop.1, add.quota, row.1, drop-row.1.0; anything else changes nothing."""
        name, _, rest = button.partition(".")
        if name == "add":
            kind = next((kind for kind in self.missing if kind.value == rest), None)
            return self._added(kind) if kind else self
        return replace(self, stages=rearranged(self.stages, name, rest))

    def _added(self, kind: StageKind) -> "PolicyForm":
        """A new stage comes to its usual place."""
        usual = list(StageKind)
        later = [at for at, stage in enumerate(self.stages) if usual.index(stage.kind) > usual.index(kind)]
        at = later[0] if later else len(self.stages)
        stage = StageForm(kind).with_row()
        return replace(self, stages=(*self.stages[:at], stage, *self.stages[at:]))


def read_form(form: Any, facts: PolicyFacts) -> PolicyForm:
    """What was typed (a MultiDict); a field that was not sent has its usual value."""
    usual = Policy()
    return PolicyForm(
        stages=tuple(_stages(form, facts)),
        numbers={name: _text(form, name, str(getattr(usual, name))) for name in NUMBERS},
        switches={name: bool(form.get(name)) for name in SWITCHES},
        min_points=_text(form, "min_points"),
        note=_text(form, "note", limit=2 * MAX_TEXT),
        shown=_text(form, "shown"),
    )


def show_policy(policy: Policy, facts: PolicyFacts, version: int) -> PolicyForm:
    return PolicyForm(
        stages=tuple(_shown(stage, facts) for stage in policy.stages),
        numbers={name: str(getattr(policy, name)) for name in NUMBERS},
        switches={name: getattr(policy, name) for name in SWITCHES},
        min_points="" if policy.min_points is None else str(policy.min_points),
        shown=str(version),
    )


def dealer_text(org_id: int, facts: PolicyFacts) -> str:
    """The name, with the id where another dealer has the same one; `understand` reads it back."""
    dealer = facts.dealers.get(org_id)
    if dealer is None:
        return f"№ {org_id}"
    twins = sum(one.name == dealer.name for one in facts.dealers.values())
    return dealer.name if twins == 1 else f"{dealer.name} № {org_id}"


def _shown(stage: Stage, facts: PolicyFacts) -> StageForm:
    rules = tuple(
        RuleForm(dealer_text(rule.org_id, facts), rule.region_codes, tuple(str(did) for did in rule.did_ids))
        for rule in stage.rules
    )
    quotas = tuple(
        QuotaForm(dealer_text(quota.org_id, facts), quota.unit.value, str(quota.limit))
        for quota in stage.quotas
    )
    is_rating = stage.kind is StageKind.RATING
    return StageForm(
        stage.kind,
        str(stage.ring_s or ""),
        stage.ringing.value,
        stage.period.value,
        str(stage.min_points) if is_rating else "",
        str(stage.best or ""),
        rules,
        quotas,
    )


def _stages(form: Any, facts: PolicyFacts) -> Iterator[StageForm]:
    for index in range(MAX_STAGES):
        at = f"stages.{index}"
        kind = next((kind for kind in StageKind if kind.value == form.get(f"{at}.kind")), None)
        if kind is None:
            return
        yield StageForm(
            kind,
            _text(form, f"{at}.ring_s"),
            _text(form, f"{at}.ringing", Ringing.IN_ORDER.value),
            _text(form, f"{at}.period", "month"),
            _text(form, f"{at}.min_points"),
            _text(form, f"{at}.best"),
            tuple(_rules(form, f"{at}.rules", facts)),
            tuple(_quotas(form, f"{at}.quotas")),
        )


def _rules(form: Any, at: str, facts: PolicyFacts) -> Iterator[RuleForm]:
    """A region or number that was typed to be added joins those chosen when it is known."""
    for index in _rows(form, at):
        own = f"{at}.{index}"
        rule = RuleForm(
            _text(form, f"{own}.org_id"),
            _all(form, f"{own}.region"),
            _all(form, f"{own}.did"),
            _text(form, f"{own}.regions"),
            _text(form, f"{own}.dids"),
        )
        region = named(rule.region, facts.regions)
        did = named(rule.did, {str(did_id): name for did_id, name in facts.dids.items()})
        if region is not None:
            rule = replace(rule, regions=_joined(rule.regions, region), region="")
        if did is not None:
            rule = replace(rule, dids=_joined(rule.dids, did), did="")
        yield rule


def _quotas(form: Any, at: str) -> Iterator[QuotaForm]:
    for index in _rows(form, at):
        own = f"{at}.{index}"
        yield QuotaForm(
            _text(form, f"{own}.org_id"), _text(form, f"{own}.unit", "percent"), _text(form, f"{own}.limit")
        )


def named(text: str, names: Mapping[str, str]) -> str | None:
    """The key whose name this is, in any case of letters; a part of one name only will do."""
    wanted = text.casefold()
    if not wanted:
        return None
    exact = [key for key, name in names.items() if name.casefold() == wanted or key.casefold() == wanted]
    near = exact or [key for key, name in names.items() if wanted in name.casefold()]
    return near[0] if len(near) == 1 else None


def _rows(form: Any, at: str) -> Iterator[int]:
    for index in range(MAX_ROWS + 1):
        if f"{at}.{index}.org_id" not in form:
            return
        yield index


def _joined(chosen: tuple[str, ...], more: str) -> tuple[str, ...]:
    return chosen if more in chosen else (*chosen, more)


def _without(rows: tuple[R, ...], at: int) -> tuple[R, ...]:
    return rows[:at] + rows[at + 1 :]


def _all(form: Any, name: str) -> tuple[str, ...]:
    values = form.getall(name, ()) if hasattr(form, "getall") else ()
    return tuple(dict.fromkeys(value[:20] for value in values if isinstance(value, str)))[:100]


def _text(form: Any, name: str, usual: str = "", limit: int = MAX_TEXT) -> str:
    value = form.get(name, usual)
    if not isinstance(value, str):
        return usual
    return "".join(char for char in value if char.isprintable()).strip()[:limit]
