"""Services of the room of policies: each opens its own session; rights are checked inside."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from callcore.bootstrap.what_if import Question, WhatIf
from callcore.calls.past_calls import CameIn, newest_inbound
from callcore.kernel.errors import Forbidden
from callcore.network.change_policies import ChangePolicies
from callcore.network.model import Viewer
from callcore.network.policies import load_policies
from callcore.network.policy import ActivePolicy, Policy
from callcore.network.policy_versions import (
    POLICY_READERS,
    PolicyBook,
    VersionName,
    policy_book,
    policy_of_version,
    version_names,
)
from callcore.network.quota_period import periods_of
from callcore.routing.live import QuotaCount
from callcore.routing.model import Decision
from callcore.routing.rehearse import PastCall, Rehearsal, Side, rehearse
from callcore.routing.snapshot import with_policy
from web.routing.services import Asked, PolicyServices

TRIED_CALLS = 200


class PolicyReader:
    """Names follow the services; nothing is cached."""

    def __init__(self, what_if: WhatIf) -> None:
        self._what_if = what_if
        self._database = what_if.database

    def services(self) -> PolicyServices:
        return PolicyServices(
            book=self.book,
            quotas=self.quotas,
            rehearse=self.rehearse,
            what_if=self.what_if,
            version_names=self.version_names,
            change=ChangePolicies(self._database, self._what_if.clock),
        )

    async def book(self, viewer: Viewer, policy_id: int | None) -> PolicyBook:
        async with self._database.session() as session:
            return await policy_book(session, viewer, policy_id)

    async def quotas(self, policy_id: int) -> QuotaCount:
        counts: Mapping[int, QuotaCount] = self._what_if.live().quotas
        return counts.get(policy_id, QuotaCount())

    async def rehearse(self, viewer: Viewer, shown: ActivePolicy, changed: Policy) -> Rehearsal:
        _check_reader(viewer)
        async with self._database.session() as session:
            came = await newest_inbound(session, TRIED_CALLS)
            policies = await load_policies(session)
            since = min((call.at for call in came), default=self._what_if.clock.now())
            network = await self._what_if.network(session, since, with_pauses=False)
        office = network.snapshot.head_office.org_id
        calls = [_past(call, office) for call in came]
        tried = replace(shown, version=shown.version + 1, policy=changed)
        others = [one for one in policies if one.id != tried.id]
        before = Side(network.snapshot, periods_of(policies), network.tz)
        after = Side(with_policy(network.snapshot, tried), periods_of([*others, tried]), network.tz)
        return await asyncio.to_thread(rehearse, before, after, calls)

    async def what_if(self, viewer: Viewer, asked: Asked) -> Decision:
        """Raises NotFound for a version that is not stored."""
        _check_reader(viewer)
        policy = None
        if asked.version is not None:
            async with self._database.session() as session:
                policy = await policy_of_version(session, *asked.version)
        return await self._what_if.decide(Question(asked.did, asked.caller, asked.at, policy))

    async def version_names(self, viewer: Viewer) -> tuple[VersionName, ...]:
        _check_reader(viewer)
        async with self._database.session() as session:
            return await version_names(session)


def _past(call: CameIn, office: int | None) -> PastCall:
    """The head office is nobody among dealers."""
    org_id = None if call.org_id == office else call.org_id
    return PastCall(call.call_id, call.at, call.did_number, call.caller_number, org_id, call.was_answered)


def _check_reader(viewer: Viewer) -> None:
    if viewer.role not in POLICY_READERS:
        raise Forbidden("not-reader")
