"""Policies of the demo network, with their versions; one of them serves one number."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from callcore.demo.data import EMAIL_DOMAIN
from callcore.demo.network_rows import NetworkRows, Row
from callcore.demo.rows import Rows
from callcore.network.policy import (
    FixRule,
    Period,
    Policy,
    Quota,
    QuotaUnit,
    Ringing,
    Stage,
    StageKind,
    policy_to_json,
)
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow


def policy_tables(network: NetworkRows, now: datetime) -> Rows:
    """To be written before the numbers, whose rows are told here which policy they name. Raises KeyError or ValueError when
    config/demo/policies.toml was spoiled."""
    raw = tomllib.loads(files("config").joinpath("demo", "policies.toml").read_text(encoding="utf-8"))
    authors = {row["email"].removesuffix(f"@{EMAIL_DOMAIN}"): row["id"] for row in network.users}
    dids = {row["number"]: row["id"] for row in network.dids}
    named = {number: at for at, one in enumerate(raw["policy"], start=1) for number in one["dids"]}
    for did in network.dids:
        did["policy_id"] = named.get(did["number"])
    policies: list[Row] = []
    versions: list[Row] = []
    for policy_id, one in enumerate(raw["policy"], start=1):
        policies.append({"id": policy_id, "name": one["name"]})
        for version, body in enumerate(one["version"], start=1):
            versions.append(
                {
                    "id": len(versions) + 1,
                    "policy_id": policy_id,
                    "version": version,
                    "made_at": now - timedelta(days=body.pop("days_ago"), hours=version),
                    "author_id": authors[body.pop("author")],
                    "note": body.pop("note"),
                    "body": policy_to_json(_policy(body, network.org_ids, dids)),
                }
            )
    return [(PolicyRow, policies), (PolicyVersionRow, versions)]


def _policy(body: Mapping[str, Any], orgs: Mapping[str, int], dids: Mapping[str, int]) -> Policy:
    stages = tuple(_stage(stage, orgs, dids) for stage in body["stages"])
    return Policy(**{**body, "stages": stages})


def _stage(body: Mapping[str, Any], orgs: Mapping[str, int], dids: Mapping[str, int]) -> Stage:
    rules = tuple(
        FixRule(
            orgs[rule["dealer"]],
            tuple(rule.get("regions", ())),
            tuple(dids[number] for number in rule.get("dids", ())),
        )
        for rule in body.get("rules", ())
    )
    quotas = tuple(
        Quota(orgs[quota["dealer"]], QuotaUnit(quota.get("unit", "percent")), quota["limit"])
        for quota in body.get("quotas", ())
    )
    return Stage(
        StageKind(body["kind"]),
        ring_s=body.get("ring_s", 0),
        ringing=Ringing(body.get("ringing", "in-order")),
        rules=rules,
        quotas=quotas,
        period=Period(body.get("period", "month")),
        min_points=body.get("min_points", 0),
        best=body.get("best", 0),
    )
