"""The explanation of a real call equals what-if for the same input; a version or a file can be asked instead."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jinja2 import BytecodeCache
from typer.testing import CliRunner

from callcore.asterisk.agi.protocol import AgiRequest
from callcore.asterisk.answering.answer import CallAnswerer
from callcore.asterisk.answering.messages import HEAD, Decided, Network, pack, unpack
from callcore.asterisk.inbound import InboundRouting
from callcore.bootstrap.what_if import Question
from callcore.calls.facts import RouteDecided
from callcore.calls.tables import LegRow
from callcore.cli import route
from callcore.kernel.database import Database
from callcore.network.change_policies import ChangePolicies
from callcore.network.model import Role
from callcore.network.policy import FixRule, Policy, Quota, QuotaUnit, Stage, StageKind, policy_to_json
from callcore.routing.explain import to_json
from callcore.routing.numbering import EMPTY_PLAN
from callcore.routing.snapshot import RoutingOptions
from tests.factories.sales import make_call
from tests.fakes.clock import FakeClock
from tests.integration.web.policy_stage import CALLER, PolicyStage

pytestmark = pytest.mark.integration
BY_THE_WAY = ("snapshot_version", "snapshot_made_at", "live_version")
BASE = Stage(StageKind.BASE)


@pytest.fixture
async def stage(database: Database, clock: FakeClock) -> PolicyStage:
    stage = PolicyStage(database, clock, _NoCache())
    await stage.build()
    return stage


class _NoCache(BytecodeCache):
    """No page is made here."""

    def load_bytecode(self, bucket: Any) -> None: ...

    def dump_bytecode(self, bucket: Any) -> None: ...


def essence(explanation: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in explanation.items() if name not in BY_THE_WAY}


async def real_call(stage: PolicyStage, caller: str) -> RouteDecided:
    """Answered as the process that answers callers does, by a snapshot of the running application."""
    told: list[Decided] = []
    routing = InboundRouting(
        database=stage.database,
        clock=stage.clock,
        numbering=lambda: EMPTY_PLAN,
        options=RoutingOptions(),
    )
    assert await routing.refresh()
    assert stage.did is not None
    assert routing.snapshot is not None
    answerer = CallAnswerer(stage.clock, told.append)
    answerer.learn_network(unpack(pack(Network(routing.snapshot, None))[HEAD.size :]).snapshot)
    asked = AgiRequest("inbound", "call-7", stage.did.number, caller, "", "PJSIP/x", "1.1", ())
    answerer.answer(asked).afterwards()
    return told[0].fact


@pytest.mark.parametrize("caller", [CALLER, "", "не номер"])
@pytest.mark.parametrize("kind", ["built-in", "shares", "rule"])
async def test_a_real_call_and_what_if_say_the_same(stage: PolicyStage, caller: str, kind: str) -> None:
    master = stage.orgs["master"].id
    stages = {
        "built-in": None,
        "shares": Stage(StageKind.QUOTA, quotas=(Quota(master, QuotaUnit.PERCENT, 60),)),
        "rule": Stage(StageKind.FIX, rules=(FixRule(master, ("RU-MOW",)),)),
    }
    first = stages[kind]
    if first is not None:
        change = ChangePolicies(stage.database, stage.clock)
        await change.save(stage.viewer(Role.ADMIN), 0, Policy(stages=(first, BASE)), shown=0)
    fact = await real_call(stage, caller)
    assert stage.did is not None
    at = stage.clock.now()
    asked = Question(stage.did.number, caller, at)
    stage.clock.advance(timedelta(days=3))  # and it stays so when one asks later
    found = to_json(await stage.what_if.decide(asked))
    assert fact.explanation is not None
    assert essence(found) == essence(fact.explanation)
    assert datetime.fromisoformat(found["at"]) == at
    assert found["policy"]["version"] == (0 if first is None else 1)
    tried = [step["org_id"] for step in found["steps"]]
    assert tried[0] == (stage.orgs["vector"].id if first is None else master)


def _config(folder: Path, url: str) -> Path:
    path = folder / "dealerline.toml"
    path.write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")
    return path


async def test_the_commands(stage: PolicyStage, database_url: str, tmp_path: Path) -> None:
    """`route explain` prints what was stored, `route what-if` any moment, version and file."""
    import asyncio

    master = stage.orgs["master"].id
    change, admin = ChangePolicies(stage.database, stage.clock), stage.viewer(Role.ADMIN)
    await change.save(admin, 0, Policy(), shown=0)
    fact = await real_call(stage, CALLER)
    async with stage.database.transaction() as session:
        call = await make_call(session, call_id="call-7", explanation=fact.explanation)
        at = call.started_at
        session.add(
            LegRow(
                call_row_id=call.id, uniqueid="1.2", channel="", role="outlet", phone_id=None, step=1, started_at=at,
                ended_at=at + timedelta(seconds=7), outcome="declined",
            )
        )  # fmt: skip
    await change.save(
        admin, 1, Policy(stages=(Stage(StageKind.FIX, rules=(FixRule(master),)), BASE)), shown=1
    )
    assert stage.did is not None
    config = ["--config", str(_config(tmp_path, database_url)), "--json"]

    async def run(*words: str) -> Any:
        result = await asyncio.to_thread(CliRunner().invoke, route.app, [*words, *config])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            return result.exception
        assert result.exit_code == 0, result.output
        return json.loads(result.output)

    stored = json.loads(json.dumps(fact.explanation))
    told = await run("explain", "call-7")
    assert told.pop("result") == "missed"
    tries = [(one["step"], one["outcome"], one["rang_s"]) for one in told.pop("tries")]
    assert tries == [(1, "declined", 7)], "what came of the order of tries"
    assert told == stored
    said = await asyncio.to_thread(CliRunner().invoke, route.app, ["explain", "call-7", *config[:2]])
    assert "шаг 1, телефон удалён: отклонён, 7 с\nИтог: Пропущен" in said.output
    ask = ["what-if", "--from", "8 (916) 000-00-01", "--to", stage.did.number, "--at", fact.at.isoformat()]
    assert essence(await run(*ask, "--policy", "1")) == essence(stored)
    assert (await run(*ask))["steps"][0]["org_id"] == master
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy_to_json(Policy(min_points=500))), encoding="utf-8")
    assert [step["org_id"] for step in (await run(*ask, "--policy", str(file)))["steps"]] == [
        stage.orgs["vector"].id
    ]
    for wrong, code in (
        ("7", "no-such-version"),
        ("5.1", "no-such-version"),
        ("none.json", "no-such-policy"),
    ):
        assert getattr(await run(*ask, "--policy", wrong), "code", None) == code
    file.write_text('{"stages": 5}', encoding="utf-8")
    assert (await run(*ask, "--policy", str(file))).code == "policy-unreadable"
    assert (await run("explain", "nobody")).code == "call-not-found"
    assert (await run("explain", "past-1")).code == "explanation-not-stored"
