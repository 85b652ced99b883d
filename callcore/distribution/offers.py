"""The verbs of distribution as services: each opens its own transaction.

On SQLite, which has one writer, those who press «Принять» at once stand in line here: the file's own lock is not fair, and
whoever is unlucky would wait for seconds. What is taken already is refused before the line.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.accept_order import Accepted, accept_order, glance
from callcore.distribution.assign_order import assign_order
from callcore.distribution.decline_order import decline_order
from callcore.distribution.move_orders import Moved, move_orders
from callcore.distribution.offer_again import offer_again
from callcore.distribution.release_order import release_order
from callcore.distribution.views import InHand, OfferView, in_hand, offer_by_number
from callcore.distribution.why import WhyOrder, why_order
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from callcore.orders.reasons import ensure_reasons


class Offers:
    """Raises as the use cases do."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._line = asyncio.Lock()

    async def accept(self, viewer: Viewer, number: int) -> Accepted:
        now = self._clock.now()
        _ = await self._database.read(lambda connection: glance(connection, viewer, number, now))
        return await self._database.transact(
            lambda session: accept_order(session, viewer, number, now=self._clock.now())
        )

    async def decline(self, viewer: Viewer, number: int, reason_id: int | None, note: str) -> int:
        async with self._writing() as session:
            return await decline_order(session, viewer, number, reason_id, note, now=self._clock.now())

    async def release(
        self, viewer: Viewer, number: int, reason_id: int | None, note: str, *, offers: bool
    ) -> int:
        async with self._writing() as session:
            return await release_order(
                session, viewer, number, reason_id, note, now=self._clock.now(), offers=offers
            )

    async def assign(
        self, viewer: Viewer, number: int, org_id: int, manager_id: int | None, note: str
    ) -> str:
        async with self._writing() as session:
            return await assign_order(
                session, viewer, number, org_id, manager_id, note, now=self._clock.now()
            )

    async def offer(self, viewer: Viewer, number: int) -> int:
        async with self._writing() as session:
            return await offer_again(session, viewer, number, now=self._clock.now())

    async def move(self, viewer: Viewer, from_org_id: int, to_org_id: int | None, note: str) -> Moved:
        async with self._writing() as session:
            return await move_orders(session, viewer, from_org_id, to_org_id, note, now=self._clock.now())

    async def view(self, viewer: Viewer, number: int) -> OfferView:
        async with self._database.session() as session:
            return await offer_by_number(session, viewer, number, self._clock.now())

    async def why(self, viewer: Viewer, number: int) -> WhyOrder:
        async with self._database.session() as session:
            return await why_order(session, viewer, number)

    async def in_hand(self, viewer: Viewer, org_id: int) -> InHand:
        async with self._database.session() as session:
            return await in_hand(session, viewer, org_id)

    async def ensure_reasons(self) -> None:
        async with self._database.transaction() as session:
            await ensure_reasons(session)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncSession]:
        if not self._database.is_sqlite:
            async with self._database.transaction() as session:
                yield session
            return
        async with self._line, self._database.transaction() as session:
            yield session
