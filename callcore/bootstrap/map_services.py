"""Services of the map: rights are checked inside. What changes slowly is kept for a few seconds."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from callcore.calls.counts import RegionCalls, calls_by_region
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from callcore.network.presence import load_presence
from callcore.orders.counts import orders_by_region
from callcore.routing.known import RoutingSnapshot
from callcore.routing.model import Decision
from callcore.routing.region_board import BoardRegion, region_board
from callcore.routing.region_call import decide_region
from web.map.services import MapServices, RegionCounts

BOARD_AGE = timedelta(seconds=10)
COUNTS_AGE = timedelta(seconds=60)
KEPT = 200


class MapReader:
    """Names follow the services. `snapshot` is what calls are decided by now."""

    def __init__(
        self, database: Database, clock: Clock, snapshot: Callable[[], RoutingSnapshot | None], template: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._snapshot = snapshot
        self._template = template
        self._boards: dict[tuple[bool, str], tuple[datetime, tuple[BoardRegion, ...]]] = {}
        self._counts: dict[tuple[bool, str, datetime], tuple[datetime, RegionCounts]] = {}

    def services(self) -> MapServices:
        return MapServices(
            board=self.board, counts=self.counts, decision=self.decision, place_url=self.place_url
        )

    async def board(self, viewer: Viewer) -> tuple[BoardRegion, ...]:
        key, now = (viewer.is_staff, viewer.org_path), self._clock.now()
        kept = self._boards.get(key)
        if kept is None or now - kept[0] > BOARD_AGE:
            async with self._database.session() as session:
                presence = await load_presence(session, viewer, now)
            kept = now, await asyncio.to_thread(region_board, presence, now)
            if len(self._boards) >= KEPT:
                self._boards.clear()
            self._boards[key] = kept
        return kept[1]

    async def counts(self, viewer: Viewer, since: datetime) -> RegionCounts:
        key, now = (viewer.is_staff, viewer.org_path, since), self._clock.now()
        kept = self._counts.get(key)
        if kept is None or now - kept[0] > COUNTS_AGE:
            async with self._database.session() as session:
                calls: Mapping[str, RegionCalls] = await calls_by_region(session, viewer, since)
                orders = await orders_by_region(session, viewer, since)
            kept = now, RegionCounts(calls, orders)
            if len(self._counts) >= KEPT:
                self._counts.clear()
            self._counts[key] = kept
        return kept[1]

    def decision(self, code: str) -> Decision | None:
        snapshot = self._snapshot()
        return decide_region(snapshot, code, self._clock.now()) if snapshot is not None else None

    def place_url(self, lat: float, lon: float) -> str:
        return self._template.format(lat=f"{lat:.6f}", lon=f"{lon:.6f}")
