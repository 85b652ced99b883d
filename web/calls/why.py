"""«Кого пробовали и почему»: the stored decision as rows for a person. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcore.routing.explain import considered_text, from_json, to_text
from callcore.routing.model import Considered, Decision, Reason


@dataclass(frozen=True, slots=True)
class Candidate:
    """One considered outlet (or the operators): `is_in` went into the plan."""

    who: str
    why: str
    is_in: bool


@dataclass(frozen=True, slots=True)
class Why:
    """`lead` are sentences on the dialled number and the region; `foot` names the snapshot of the network."""

    lead: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    omitted: tuple[str, ...]
    foot: str


def why_of(explanation: Mapping[str, Any] | None) -> Why | None:
    """None when nothing was stored, or what was stored is of a version that we cannot read."""
    if not explanation:
        return None
    try:
        decision = from_json(dict(explanation))
    except ValueError:
        return None
    return _rows(decision)


def _rows(decision: Decision) -> Why:
    """The sentences are those of `to_text`: the same words here, in the console and in the log."""
    lines = to_text(decision).split("\n")
    considered = decision.explanation.considered
    heads = lines[: lines.index("Кого рассмотрели:")]
    omitted = [line.strip() for line in lines if line.startswith("  и ещё ")]
    return Why(
        lead=tuple(heads),
        candidates=tuple(_candidate(item) for item in considered),
        omitted=tuple(omitted),
        foot=lines[-1],
    )


def _candidate(item: Considered) -> Candidate:
    text = considered_text(item)
    who, _, why = text[2:].partition(" — ")
    return Candidate(who, why, item.reason is Reason.TAKEN)
