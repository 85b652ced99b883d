"""Whom the branch without application and script rings first."""

import pytest

from callcore.asterisk.fallback.static_routes import static_routes
from callcore.network.policy import ActivePolicy, FixRule, Policy, Stage, StageKind
from tests.fakes import network
from tests.fakes.network import SITE_MOSCOW

pytestmark = pytest.mark.unit

BASE = Stage(StageKind.BASE)


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ((BASE,), ["o10", "o11", "o12"]),
        ((Stage(StageKind.RATING, min_points=15), BASE), ["o11", "o12", "o10"]),
        ((Stage(StageKind.FIX, rules=(FixRule(org_id=3),)), BASE), ["o11", "o10", "o12"]),
    ],
)
def test_the_stages_of_the_policy_give_the_order(stages: tuple[Stage, ...], expected: list[str]) -> None:
    orgs = (
        network.org(1, "/1/"),
        *(network.org(org, f"/1/{org}/", points=10 * (org - 1)) for org in (2, 3, 4)),
    )
    outlets = tuple(network.outlet(8 + org, org) for org in (2, 3, 4))
    policy = ActivePolicy(5, 2, "Проба", Policy(stages=stages))
    routes = static_routes(network.snapshot(orgs=orgs, outlets=outlets, policies=(policy,)))
    assert [key for key in routes.by_did[SITE_MOSCOW] if key.startswith("o")] == expected
