"""From the outlets that were chosen to the steps of a plan: who is rung together, in which order, for how long. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from callcore.network.policy import Ringing
from callcore.routing.known import RouteOutlet
from callcore.routing.live import Live
from callcore.routing.model import Step, StepStage
from callcore.routing.ranking import NEVER
from dialplans.contract import MAX_KEYS_PER_STEP, StepKind

_NAMED: Final = 3  # outlets that the label of a common step names


@dataclass(frozen=True, slots=True)
class Ring:
    """Outlets of one stage that are rung together, each with the keys that can ring; mostly one. `ring_s` 0: their own."""

    stage: StepStage
    outlets: tuple[tuple[RouteOutlet, tuple[str, ...]], ...]
    ring_s: int = 0


def rings(
    stage: StepStage, ringing: Ringing, ring_s: int, outlets: Iterable[tuple[RouteOutlet, tuple[str, ...]]]
) -> tuple[Ring, ...]:
    found = tuple(outlets)
    if ringing is Ringing.ALL and len(found) > 1:
        return (Ring(stage, found, ring_s),)
    return tuple(Ring(stage, (one,), ring_s) for one in found)


def steps_of(wanted: Sequence[Ring], live: Live, room: int) -> tuple[Step, ...]:
    """At least one step for each ring, at most `room` together; there are not more rings than room. An outlet that rings
    its phones one after another rings the last of them together when steps run out."""
    steps: list[Step] = []
    for number, ring in enumerate(wanted):
        left = room - len(steps) - (len(wanted) - number - 1)
        steps += _steps(ring, live, left)
    return tuple(steps)


def _steps(ring: Ring, live: Live, room: int) -> tuple[Step, ...]:
    if len(ring.outlets) > 1:
        return (_together(ring),)
    (outlet, keys), *_ = ring.outlets
    groups = [keys] if outlet.ringing is Ringing.ALL or len(keys) == 1 else _in_turn(outlet, keys, live, room)
    ring_s = ring.ring_s or outlet.ring_s
    return tuple(
        Step(StepKind.OUTLET, group, ring_s, outlet.id, outlet.org_id, outlet.label, ring.stage)
        for group in groups
    )


def _in_turn(outlet: RouteOutlet, keys: tuple[str, ...], live: Live, room: int) -> list[tuple[str, ...]]:
    """Phones come in order of their position; phones have no rating of their own."""
    used = live.phone_used_at
    turn = list(keys)
    if outlet.ringing is Ringing.LEAST_RECENT:
        turn.sort(key=lambda key: used.get(key, NEVER))
    return [(key,) for key in turn[: room - 1]] + ([tuple(turn[room - 1 :])] if len(turn) >= room else [])


def _together(ring: Ring) -> Step:
    keys = tuple(key for _, found in ring.outlets for key in found)[:MAX_KEYS_PER_STEP]
    outlets = [outlet for outlet, _ in ring.outlets]
    orgs = {outlet.org_id for outlet in outlets}
    label = ", ".join(outlet.label for outlet in outlets[:_NAMED])
    return Step(
        StepKind.OUTLET,
        keys,
        ring.ring_s or max(outlet.ring_s for outlet in outlets),
        None,
        orgs.pop() if len(orgs) == 1 else None,
        label if len(outlets) <= _NAMED else f"{label} + {len(outlets) - _NAMED}",
        ring.stage,
    )
