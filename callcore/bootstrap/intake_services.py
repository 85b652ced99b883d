"""Services of the ways in of orders: the public API, pages for customers, the operator's form, tables from files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from callcore.calls.rights import orgs_below
from callcore.intake.api_orders import ApiOrder, ApiOrderFilter, ApiOrderPage, api_order, api_orders
from callcore.intake.draft import Draft
from callcore.intake.once import Press
from callcore.intake.operator import Asked, Known, known_for, take_by_operator
from callcore.intake.site_form import Goods, find_goods, region_names
from callcore.intake.take_in import Sender
from callcore.intake.take_once import Taken, take_once
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Invalid
from callcore.kernel.rate import RateLimit
from callcore.network.api_keys import ApiCaller, ApiKeys
from callcore.network.model import Viewer
from callcore.orders.views import OrderCursor
from web.api.services import ApiServices
from web.intake.services import IntakeServices

API_PER_MINUTE: Final = 6000.0  # a key; a shop of a big network sends a few an hour
API_BURST: Final = 300
RegionsOf = Callable[[str], Sequence[str]]


class IntakeDesk:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock, regions_of: RegionsOf) -> None:
        self._database = database
        self._clock = clock
        self._regions_of = regions_of
        self._limit = RateLimit(per_minute=API_PER_MINUTE, burst=API_BURST)
        self.keys = ApiKeys(database, clock)

    def api(self) -> ApiServices:
        return ApiServices(
            take=self.take_by_program,
            order=self.api_order,
            orders=self.api_orders,
            admit=lambda caller: self._limit.admit(str(caller.key_id), self._clock.now()),
            keys=self.keys,
        )

    async def take_by_program(self, caller: ApiCaller, key: str, request: bytes, draft: Draft) -> Taken:
        """A dealer's program brings orders of his own site, or of one below him."""
        if caller.is_dealer:
            draft = await self._own_site(caller, draft)
        sender = Sender(source="api", program=caller.name)
        return await self.take(Press.of(f"api:{caller.key_id}", key, request), draft, sender)

    async def _own_site(self, caller: ApiCaller, draft: Draft) -> Draft:
        site = draft.site_org_id or caller.viewer.org_id
        async with self._database.session() as session:
            if site not in await orgs_below(session, caller.viewer.org_path):
                raise Invalid("fields-wrong", fields={"site": "not-listed"})
        return replace(draft, site_org_id=site)

    async def take(self, press: Press, draft: Draft, sender: Sender) -> Taken:
        now = self._clock.now()
        return await self._database.transact(
            lambda session: take_once(session, press, draft, sender, now=now, regions_of=self._regions_of)
        )

    def form(self) -> IntakeServices:
        return IntakeServices(
            known=self.known, take=self.take_by_operator, goods=self.goods, regions=self.regions
        )

    async def known(self, viewer: Viewer, asked: Asked) -> Known:
        async with self._database.session() as session:
            return await known_for(session, viewer, asked, self._clock.now())

    async def take_by_operator(self, viewer: Viewer, press: Press, draft: Draft, asked: Asked) -> Taken:
        async with self._database.transaction() as session:
            return await take_by_operator(
                session,
                viewer,
                press,
                draft,
                asked,
                now=self._clock.now(),
                regions_of=self._regions_of,
            )

    async def goods(self, text: str) -> Sequence[Goods]:
        async with self._database.session() as session:
            return await find_goods(session, text)

    async def regions(self) -> Mapping[str, str]:
        async with self._database.session() as session:
            return await region_names(session)

    async def api_order(self, viewer: Viewer, number: int) -> ApiOrder:
        async with self._database.session() as session:
            return await api_order(session, viewer, number, self._clock.now())

    async def api_orders(
        self, viewer: Viewer, wanted: ApiOrderFilter, after: OrderCursor | None, limit: int
    ) -> ApiOrderPage:
        async with self._database.session() as session:
            return await api_orders(session, viewer, wanted, after=after, limit=limit, now=self._clock.now())
