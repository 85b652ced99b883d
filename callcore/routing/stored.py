"""A decision as JSON, for the journal. Pure. What older versions wrote is read too; a code that this version does not know
is a ValueError."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from callcore.network.policy import QuotaUnit
from callcore.routing.live import TieKind
from callcore.routing.model import (
    Considered,
    Decision,
    Empty,
    Explanation,
    Plan,
    QuotaTold,
    Reason,
    RegionSource,
    RouteKind,
    RouteWarning,
    StageTold,
    Step,
    StepStage,
    TieTold,
)
from dialplans.contract import StepKind


def to_json(decision: Decision) -> dict[str, Any]:
    """JSON-ready: only objects, lists, strings, numbers, nulls. Holds no digit of the caller."""
    why = decision.explanation
    return {
        "did_id": decision.did_id,
        "region_code": decision.region_code,
        "source": decision.source,
        "warning": str(decision.warning),
        "whisper_sound": decision.plan.whisper_sound,
        "greeting_sound": decision.plan.greeting_sound,
        "waiting": decision.plan.waiting,
        "language": decision.plan.language,
        "steps": [_step_json(step) for step in decision.plan.steps],
        "snapshot_version": why.snapshot_version,
        "snapshot_made_at": why.snapshot_made_at.isoformat(),
        "at": why.at.isoformat(),
        "did_dialled": why.did_dialled,
        "did_number": why.did_number,
        "did_label": why.did_label,
        "route": str(why.route),
        "route_org": why.route_org,
        "region_name": why.region_name,
        "region_source": str(why.region_source),
        "region_also": list(why.region_also),
        "considered": [_considered_json(item) for item in why.considered],
        "omitted": [[str(reason), count] for reason, count in why.omitted],
        "policy": {"id": why.policy_id, "version": why.policy_version, "name": why.policy_name},
        "stages": [asdict(stage) for stage in why.stages],
        "gate": why.gate,
        "tie": asdict(why.tie) if why.tie is not None else None,
        "live_version": why.live_version,
    }


def from_json(data: dict[str, Any]) -> Decision:
    """The inverse of `to_json`. Raises ValueError for anything that it did not write."""
    try:
        return _from_json(data)
    except (KeyError, TypeError, AttributeError) as exc:
        raise ValueError(f"not an explanation: {exc!r}") from exc


def _from_json(data: dict[str, Any]) -> Decision:
    explanation = Explanation(
        snapshot_version=data["snapshot_version"],
        snapshot_made_at=_instant(data["snapshot_made_at"]),
        at=_instant(data["at"]),
        did_dialled=data["did_dialled"],
        did_number=data["did_number"],
        did_label=data["did_label"],
        route=RouteKind(data["route"]),
        route_org=data["route_org"],
        region_code=data["region_code"],
        region_name=data["region_name"],
        region_source=RegionSource(data["region_source"]),
        region_also=tuple(data["region_also"]),
        considered=tuple(_considered_from(item) for item in data["considered"]),
        omitted=tuple((Reason(reason), count) for reason, count in data["omitted"]),
        **_of_policy(data),
    )
    steps = tuple(_step_from(item) for item in data["steps"])
    return Decision(
        plan=Plan(
            steps,
            data["whisper_sound"],
            data["greeting_sound"],
            data.get("waiting", ""),
            data.get("language", ""),
        ),
        explanation=explanation,
        did_id=data["did_id"],
        region_code=data["region_code"],
        source=data["source"],
        warning=RouteWarning(data["warning"]),
    )


def _of_policy(data: dict[str, Any]) -> dict[str, Any]:
    """Rows of before there were policies have none of it."""
    policy, tie = data.get("policy") or {}, data.get("tie")
    return {
        "policy_id": policy.get("id", 0),
        "policy_version": policy.get("version", 0),
        "policy_name": policy.get("name", ""),
        "stages": tuple(_stage_from(item) for item in data.get("stages", ())),
        "gate": data.get("gate"),
        "tie": TieTold(**{**tie, "kind": TieKind(tie["kind"])}) if tie else None,
        "live_version": data.get("live_version", 0),
    }


def _stage_from(data: dict[str, Any]) -> StageTold:
    quotas = tuple(QuotaTold(**{**quota, "unit": QuotaUnit(quota["unit"])}) for quota in data["quotas"])
    read = {
        "stage": StepStage(data["stage"]),
        "empty": Empty(data["empty"]),
        "org_ids": tuple(data["org_ids"]),
        "org_names": tuple(data["org_names"]),
        "quotas": quotas,
    }
    return StageTold(**{**data, **read})


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "kind": str(step.kind),
        "phone_keys": list(step.phone_keys),
        "ring_s": step.ring_s,
        "outlet_id": step.outlet_id,
        "org_id": step.org_id,
        "label": step.label,
        "stage": str(step.stage),
        "wait_s": step.wait_s,
    }


def _step_from(data: dict[str, Any]) -> Step:
    read = {
        "kind": StepKind(data["kind"]),
        "phone_keys": tuple(data["phone_keys"]),
        "stage": StepStage(data.get("stage", "")),
    }
    return Step(**{**data, **read})


def _considered_json(item: Considered) -> dict[str, Any]:
    return {
        "outlet_id": item.outlet_id,
        "org_id": item.org_id,
        "label": item.label,
        "reason": str(item.reason),
        "data": [list(pair) for pair in item.data],
        "stage": str(item.stage),
    }


def _considered_from(data: dict[str, Any]) -> Considered:
    pairs = tuple((name, value) for name, value in data["data"])
    stage = StepStage(data.get("stage", ""))
    return Considered(**{**data, "reason": Reason(data["reason"]), "data": pairs, "stage": stage})


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"not an instant: {text!r}")
    return instant
