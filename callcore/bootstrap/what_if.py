"""A decision for any numbers, moment and policy: the network as it holds at that moment, nothing is dialled."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.directory import load_directory
from callcore.network.directory_rows import Directory
from callcore.network.model import OrgKind
from callcore.network.policy import ActivePolicy
from callcore.routing.decide import decide
from callcore.routing.known import RoutingSnapshot
from callcore.routing.live import NOTHING_LIVE, Live
from callcore.routing.model import Decision
from callcore.routing.numbering import NumberingPlan
from callcore.routing.snapshot import RoutingOptions, build_snapshot, with_policy
from callcore.routing.sounds import NO_SOUNDS, Sounds


@dataclass(frozen=True, slots=True)
class Question:
    """`at` None is now, with phones that are busy and people who pause; `policy` None is the one in force."""

    did: str
    caller: str
    at: datetime | None = None
    policy: ActivePolicy | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """`snapshot` of one moment and the manufacturer's zone."""

    snapshot: RoutingSnapshot
    tz: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`numbering` gives the plan as it is; `live` what the running application knows of this minute; `sounds` those that
    have been rendered."""

    database: Database
    clock: Clock
    numbering: Callable[[], NumberingPlan]
    options: RoutingOptions = field(default_factory=RoutingOptions)
    live: Callable[[], Live] = lambda: NOTHING_LIVE
    sounds: Callable[[], Sounds] = lambda: NO_SOUNDS

    async def decide(self, question: Question) -> Decision:
        """For another moment than now phones are taken for free; quotas, points and ties are those of now."""
        now = self.clock.now()
        at = question.at or now
        async with self.database.session() as session:
            network = await self.network(session, at)
        live = self.live()
        if question.at is not None:
            live = replace(live, unreachable=frozenset(), talking={})
        snapshot = network.snapshot
        if question.policy is not None:
            snapshot = with_policy(snapshot, question.policy)
        return await asyncio.to_thread(decide, snapshot, question.did, question.caller, at, live)

    async def network(self, session: AsyncSession, at: datetime, *, with_pauses: bool = True) -> Network:
        """Days, shifts and pauses are those that hold at `at` or later."""
        directory = await load_directory(session, at)
        if not with_pauses:
            directory = _without_pauses(directory)
        return await asyncio.to_thread(self._network, directory, at)

    def _network(self, directory: Directory, at: datetime) -> Network:
        snapshot = build_snapshot(
            directory, 0, at, numbering=self.numbering(), options=self.options, sounds=self.sounds()
        )
        root = next((org for org in directory.orgs if org.kind is OrgKind.MANUFACTURER), None)
        return Network(snapshot, root.tz if root else "Europe/Moscow")


def _without_pauses(directory: Directory) -> Directory:
    phones = tuple(
        replace(phone, person=replace(phone.person, pause="", paused_until=None))
        if phone.person is not None
        else phone
        for phone in directory.phones
    )
    return replace(directory, phones=phones)
