"""The demo's policies are sound for the demo's network."""

from datetime import UTC, datetime

import pytest

from callcore.demo.data import load_demo_data
from callcore.demo.network_rows import network_rows
from callcore.demo.policies import policy_tables
from callcore.network.policy import StageKind, policy_from_json
from callcore.network.policy_check import DealerFact, PolicyFacts, check_policy

pytestmark = pytest.mark.unit


def test_policies_of_the_demo_have_no_flaw() -> None:
    data, now = load_demo_data(), datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
    network = network_rows(data, now, "!")
    (_, policies), (_, versions) = policy_tables(network, now)
    facts = PolicyFacts(
        {org["id"]: DealerFact(org["id"], org["name"], org["points"]) for org in network.orgs[1:]},
        {region["code"]: region["name"] for region in network.regions},
        {did["id"]: did["label"] for did in network.dids},
    )
    bodies = [policy_from_json(version["body"]) for version in versions]
    assert [check_policy(body, facts) for body in bodies] == [()] * len(bodies)
    assert {stage.kind for body in bodies[:2] for stage in body.stages} == set(StageKind)
    assert [(version["policy_id"], version["version"]) for version in versions] == [(1, 1), (1, 2), (2, 1)]
    assert [policy["id"] for policy in policies] == [1, 2]
    assert [did["label"] for did in network.dids if did["policy_id"] == 2] == ["Сайт, Санкт-Петербург"]
