"""Who is rung when by a policy, as bars of a drawing. Pure; an estimate: whoever declines hands on sooner."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from callcore.network.policy import Policy, Ringing, Stage, StageKind
from callcore.network.policy_check import PolicyFacts
from callcore.network.top import top_of
from web.routing.words import RINGING, STAGES

USUAL_RING_S: Final = 20
OPERATORS_S: Final = 30
DUTY_S: Final = 25
_MOST_STEPS: Final = 3  # of one stage in the drawing; the sentence says that there may be more


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds from the beginning of ringing; `steps` are tries one after another."""

    title: str
    note: str
    kind: str
    from_s: int
    to_s: int
    steps: int


@dataclass(frozen=True, slots=True)
class Timeline:
    stretches: tuple[Stretch, ...]
    total_s: int


def timeline(policy: Policy, facts: PolicyFacts) -> Timeline:
    """Fix, quota and rating are drawn as if each had somebody to ring."""
    at, stretches = 0, []
    for title, note, kind, steps, ring_s in _rows(policy, facts):
        stretches.append(Stretch(title, note, kind, at, at + steps * ring_s, steps))
        at += steps * ring_s
    return Timeline(tuple(stretches), at)


def top_now(stage: Stage, policy: Policy, facts: PolicyFacts) -> tuple[int, ...]:
    """Ids of the dealers of the TOP as points stand, most first; whoever takes no calls is not among them."""
    return tuple(one.id for one in top_of(stage, policy.min_points, facts.dealers.values()))


def _rows(policy: Policy, facts: PolicyFacts) -> Iterator[tuple[str, str, str, int, int]]:
    for stage in policy.stages:
        steps = _steps(stage, policy, facts)
        yield STAGES[stage.kind], _note(stage), stage.kind.value, steps, stage.ring_s or USUAL_RING_S
    if policy.to_neighbours and policy.max_neighbours:
        steps = min(policy.max_neighbours, 2)
        yield (
            "Соседние регионы",
            f"до {policy.max_neighbours} точек по очереди",
            "neighbour",
            steps,
            USUAL_RING_S,
        )
    yield "Операторы", "в их рабочие часы", "operators", 1, OPERATORS_S
    yield "Дежурный", "потом голосовая почта", "duty", 1, DUTY_S


def _steps(stage: Stage, policy: Policy, facts: PolicyFacts) -> int:
    if stage.ringing is Ringing.ALL or stage.kind in (StageKind.FIX, StageKind.QUOTA):
        return 1
    count = len(top_now(stage, policy, facts)) if stage.kind is StageKind.RATING else policy.max_outlets
    return max(1, min(count, _MOST_STEPS))


def _note(stage: Stage) -> str:
    match stage.kind:
        case StageKind.FIX:
            return "дилер из правила"
        case StageKind.QUOTA:
            return "один дилер, кому недодали больше всех"
        case StageKind.RATING | StageKind.BASE:
            who = "ТОП" if stage.kind is StageKind.RATING else "дилеры региона"
            return f"{who}, {RINGING[stage.ringing]}"
