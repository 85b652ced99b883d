"""Services of the page of points: each opens its own session; rights are checked inside."""

from collections.abc import Collection, Mapping

from callcore.bootstrap.gates import read_gates
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.adjust_points import AdjustPoints
from callcore.network.gates import Gates
from callcore.network.model import Viewer
from callcore.network.points import PointsPage, points_of
from callcore.orders.numbers import order_numbers
from web.dealers.points_pages import PointsServices


class PointsReader:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def services(self) -> PointsServices:
        return PointsServices(
            page=self.page,
            adjust=AdjustPoints(self._database, self._clock).adjust_points,
            order_numbers=self.order_numbers,
            gates=self.gates,
        )

    async def page(self, viewer: Viewer, org_id: int, *, before: int | None, limit: int) -> PointsPage:
        async with self._database.session() as session:
            return await points_of(session, viewer, org_id, before=before, limit=limit)

    async def gates(self) -> Gates:
        async with self._database.session() as session:
            return await read_gates(session)

    async def order_numbers(self, viewer: Viewer, ids: Collection[int]) -> Mapping[int, int]:
        async with self._database.session() as session:
            return await order_numbers(session, viewer, ids)
