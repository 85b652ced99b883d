"""The overview: one session for all of its figures; rights are checked inside."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.bootstrap.gates import read_gates
from callcore.calls.day_queries import day_calls, day_rungs, day_tasks, odd_calls
from callcore.calls.silent_duty import silent_phones
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.duty_plan import Span
from callcore.network.gates import Gates
from callcore.network.model import Viewer
from callcore.network.on_duty import duty_board
from callcore.orders.counts import order_counts
from callcore.orders.dealer_day import DealerDay, dealer_day
from web.deps import HealthCheck
from web.overview.services import Day, OverviewServices


class OverviewReader:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        checks: Callable[[], Awaitable[tuple[HealthCheck, ...]]],
        snapshot_at: Callable[[], datetime | None],
        coming_gaps: Callable[[AsyncSession, datetime], Awaitable[tuple[Span, ...]]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._checks = checks
        self._snapshot_at = snapshot_at
        self._coming_gaps = coming_gaps

    def services(self) -> OverviewServices:
        return OverviewServices(day=self.day, dealer_day=self.dealer_day, gates=self.gates)

    async def day(self, viewer: Viewer, since: datetime) -> Day:
        now = self._clock.now()
        async with self._database.session() as session:
            return Day(
                calls=await day_calls(session, viewer, since),
                rungs=await day_rungs(session, viewer),
                odd=await odd_calls(session, viewer, since),
                tasks=await day_tasks(session, viewer, now),
                orders=await order_counts(session, viewer, now),
                duty=await duty_board(session, now),
                gaps=await self._coming_gaps(session, now),
                checks=await self._checks(),
                snapshot_at=self._snapshot_at(),
                silent=await silent_phones(session, now),
            )

    async def gates(self) -> Gates:
        async with self._database.session() as session:
            return await read_gates(session)

    async def dealer_day(self, viewer: Viewer) -> DealerDay:
        async with self._database.session() as session:
            return await dealer_day(session, viewer, self._clock.now())
