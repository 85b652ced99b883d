"""Routing decisions outside the running application: the stored one of a call, and any other out of the same database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from callcore.bootstrap.live_state import read_live
from callcore.bootstrap.numbering_file import NumberingFile
from callcore.bootstrap.routing_options import routing_options
from callcore.bootstrap.what_if import Question, WhatIf
from callcore.calls.past_calls import Tried, stored_explanation, stored_tries
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable, Invalid, NotFound
from callcore.network.policies import load_policies
from callcore.network.policy import BUILT_IN, ActivePolicy
from callcore.network.policy_check import check_policy, errors_of
from callcore.network.policy_file import read_policy
from callcore.network.policy_versions import policy_facts, policy_of_version
from callcore.routing.explain import from_json
from callcore.routing.model import Decision
from config.settings import Settings


async def decide_now(
    settings: Settings, did: str, caller: str, at: datetime | None = None, policy: str = ""
) -> Decision:
    """`policy` is a version of the policy of all numbers («3»), of another one («2.3»: id, version), or a file with a
    policy as JSON; empty for what is in force. Raises DatabaseUnavailable when the network cannot be read, NotFound for
    a version or a file that is not there, Invalid("policy-wrong", problems=) or Invalid("policy-unreadable")."""
    async with _database(settings) as database:
        chosen = await _policy(database, policy)
        options = routing_options(settings)
        clock, numbering = SystemClock(), NumberingFile(settings.numbering.dir)
        live = await read_live(database, clock)
        what_if = WhatIf(database, clock, numbering.current, options, live=lambda: live)
        return await what_if.decide(Question(did, caller, at, chosen))


@dataclass(frozen=True, slots=True)
class Explained:
    """The stored decision, and what came of it: `result` CallResult, `tries` in order."""

    decision: Decision
    result: str
    tries: tuple[Tried, ...]


async def explain_call(settings: Settings, call_id: str) -> Explained:
    """What was stored with a call. Raises NotFound for no such call, one without a decision, and one whose
    decision is of a version that cannot be read."""
    async with _database(settings) as database, database.session() as session:
        stored = await stored_explanation(session, call_id)
        result, tries = await stored_tries(session, call_id)
    try:
        return Explained(from_json(stored), result, tries)
    except ValueError as error:
        raise NotFound("explanation-unreadable", "Решение записано версией, которую эта не читает") from error


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database.url.get_secret_value())
    try:
        yield database
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(
            "network-unread", "База не отвечает или схема не создана: ./dealerline check"
        ) from error
    finally:
        await database.close()


async def _policy(database: Database, text: str) -> ActivePolicy | None:
    if not text:
        return None
    async with database.session() as session:
        common = (await load_policies(session))[0]
        policy_id, dot, version = text.rpartition(".")
        if version.isascii() and version.isdigit() and (not dot or policy_id.isdigit()):
            return await policy_of_version(session, int(policy_id) if dot else common.id, int(version))
        policy = read_policy(text)
        problems = errors_of(check_policy(policy, await policy_facts(session)))
    if problems:
        raise Invalid("policy-wrong", "; ".join(f"{one.place}: {one.flaw}" for one in problems))
    return ActivePolicy(common.id, BUILT_IN.version, text, policy)
