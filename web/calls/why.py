"""«Кого пробовали и почему»: the stored decision as rows for a person. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcore.routing.explain import STAGE_WORDS, considered_text, from_json, stage_text, to_text
from callcore.routing.model import Considered, Decision, Reason


@dataclass(frozen=True, slots=True)
class Candidate:
    """One considered outlet (or the operators): `is_in` went into the plan, at `stage`."""

    who: str
    why: str
    is_in: bool
    stage: str = ""


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage of the policy: whom it named, or why nobody."""

    name: str
    text: str
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Why:
    """`lead` are sentences on the dialled number, the region and the policy; `foot` names the snapshot of the network.
    `stages` are empty for decisions of before there were policies."""

    lead: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    omitted: tuple[str, ...]
    foot: str
    stages: tuple[StageLine, ...] = ()


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
    told = decision.explanation.stages
    heads = lines[: lines.index("Этапы:" if told else "Кого рассмотрели:")]
    omitted = [line.strip() for line in lines if line.startswith("  и ещё ")]
    return Why(
        lead=tuple(heads),
        candidates=tuple(_candidate(item) for item in considered),
        omitted=tuple(omitted),
        foot=lines[-1],
        stages=tuple(
            StageLine(STAGE_WORDS[stage.stage], stage_text(stage), not stage.org_ids) for stage in told
        ),
    )


def _candidate(item: Considered) -> Candidate:
    text = considered_text(item)
    who, _, why = text[2:].partition(" — ")
    return Candidate(who, why, item.reason is Reason.TAKEN, STAGE_WORDS[item.stage])
