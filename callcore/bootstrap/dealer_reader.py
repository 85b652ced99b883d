"""Services of the room of dealers: each opens its own session; rights are checked inside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from callcore.calls.queries import journal
from callcore.calls.views import JournalFilter, JournalRow
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.change_network import ChangeNetwork
from callcore.network.coming_days import calendar_edits
from callcore.network.days import CalendarDay
from callcore.network.dealers import (
    DealerCard,
    DealerFilter,
    DealerPage,
    dealer_card,
    find_dealers,
    region_names,
)
from callcore.network.model import Viewer
from callcore.network.outlets import OutletCard, outlet_card
from callcore.orders.counts import orders_by_org
from web.dealers.services import DealerServices

LAST_CALLS = 5


class DealerReader:
    """Names follow the services; nothing is cached."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def services(self) -> DealerServices:
        return DealerServices(
            find=self.find,
            card=self.card,
            outlet=self.outlet,
            regions=self.regions,
            order_counts=self.order_counts,
            last_calls=self.last_calls,
            edits=self.edits,
            change=ChangeNetwork(self._database, self._clock),
        )

    async def find(
        self, viewer: Viewer, wanted: DealerFilter, *, after: int | None, limit: int
    ) -> DealerPage:
        async with self._database.session() as session:
            return await find_dealers(session, viewer, wanted, after=after, limit=limit)

    async def card(self, viewer: Viewer, org_id: int) -> DealerCard:
        async with self._database.session() as session:
            return await dealer_card(session, viewer, org_id)

    async def outlet(self, viewer: Viewer, outlet_id: int) -> OutletCard:
        async with self._database.session() as session:
            return await outlet_card(session, viewer, outlet_id, self._clock.now())

    async def regions(self) -> Mapping[str, str]:
        async with self._database.session() as session:
            return await region_names(session)

    async def order_counts(self, viewer: Viewer, org_ids: Collection[int]) -> Mapping[int, int]:
        async with self._database.session() as session:
            return await orders_by_org(session, viewer, org_ids)

    async def last_calls(self, viewer: Viewer, org_id: int) -> Sequence[JournalRow]:
        async with self._database.session() as session:
            page = await journal(
                session, viewer, JournalFilter(org_id=org_id), after="", before="", limit=LAST_CALLS
            )
            return page.items

    async def edits(self, first: date, last: date) -> Sequence[CalendarDay]:
        async with self._database.session() as session:
            return await calendar_edits(session, first, last)
