"""Who is in the TOP of a stage «Рейтинг» as things stand. Pure."""

from collections.abc import Iterable

from callcore.network.policy import Stage
from callcore.network.policy_check import DealerFact


def top_of(stage: Stage, gate: int | None, dealers: Iterable[DealerFact]) -> tuple[DealerFact, ...]:
    """The best first; whoever takes nothing, or is below the gate, is not among them."""
    able = [
        one
        for one in dealers
        if one.takes_calls and one.standing >= stage.min_points and (gate is None or one.points >= gate)
    ]
    return tuple(sorted(able, key=lambda one: (-one.standing, one.id))[: stage.best or None])
