"""Services of the room of dealers: each opens its own session; rights are checked inside."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.asterisk.secrets import PbxSecrets
from callcore.calls.model import CallResult
from callcore.calls.queries import journal
from callcore.calls.views import JournalFilter, JournalRow
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.messaging.published import Reviews, published_reviews
from callcore.network import change_people, dealer_card
from callcore.network.change_dealers import ChangeDealers
from callcore.network.change_network import ChangeNetwork
from callcore.network.change_outlets import ChangeOutlets, outlet_to_edit
from callcore.network.change_people import ChangePeople
from callcore.network.change_phones import ChangePhones, SipAccess, phone_to_edit
from callcore.network.checklist import CheckItem, checklist, waits_for_dealer
from callcore.network.coming_days import calendar_edits
from callcore.network.days import CalendarDay
from callcore.network.dealer_fields import CardFields
from callcore.network.dealers import DealerFilter, DealerPage, find_dealers, region_names
from callcore.network.dealers import dealer_card as card_of
from callcore.network.editing import HEADS
from callcore.network.invites import Invites
from callcore.network.links import OpenLink, open_links
from callcore.network.logo_store import LogoStore
from callcore.network.model import Viewer
from callcore.network.outlets import OutletCard, outlet_card
from callcore.network.readiness import readiness_of
from callcore.orders.counts import orders_by_org
from callcore.orders.model import OrderClass
from callcore.orders.outlet_use import is_outlet_used
from callcore.orders.queries import list_orders
from callcore.orders.views import OrderBrief, OrderFilter
from config.settings import Settings
from dialplans import contract
from web.dealers.services import DealerServices

_T = TypeVar("_T")
Query = Callable[[AsyncSession, Viewer, int], Awaitable[_T]]

LAST_CALLS = 5
OPEN_ORDERS = 50
REVIEWS_ON_CARD = 5


@dataclass(frozen=True, slots=True)
class DealerOptions:
    """`outside_prefixes`: where phones may be. `sip_server` is host:port for telephones."""

    logos_dir: Path
    secrets_file: Path
    outside_prefixes: tuple[str, ...] = ("+7",)
    sip_server: str = ""


def dealer_options(settings: Settings) -> DealerOptions:
    pbx = settings.pbx
    host = pbx.external_host or pbx.bind_host
    return DealerOptions(
        settings.dealers.logos_dir,
        pbx.secrets_file,
        settings.dealers.outside_prefixes,
        f"{host}:{pbx.sip_port}",
    )


class DealerReader:
    """Names follow the services; nothing is cached."""

    def __init__(self, database: Database, clock: Clock, options: DealerOptions) -> None:
        self._database = database
        self._clock = clock
        self._options = options

    def services(self) -> DealerServices:
        database, clock, options = self._database, self._clock, self._options
        return DealerServices(
            find=self.find,
            card=partial(self._read, card_of),
            outlet=self.outlet,
            regions=self.regions,
            order_counts=self.order_counts,
            last_calls=self.last_calls,
            edits=self.edits,
            change=ChangeNetwork(database, clock),
            change_dealers=ChangeDealers(database, clock),
            change_outlets=ChangeOutlets(database, clock, is_outlet_used),
            change_phones=ChangePhones(
                database, clock, options.outside_prefixes, self._sip_access, self._renewed_access
            ),
            change_people=ChangePeople(database, clock),
            invites=Invites(database, clock),
            logos=LogoStore(options.logos_dir),
            to_edit=partial(self._read, dealer_card.dealer_to_edit),
            tree=partial(self._read, dealer_card.tree_below),
            parents=partial(self._read, dealer_card.possible_parents),
            history=partial(self._read, dealer_card.dealer_history),
            people=partial(self._read, change_people.people_of),
            person=partial(self._read, change_people.person),
            outlet_to_edit=partial(self._read, outlet_to_edit),
            phone_to_edit=partial(self._read, phone_to_edit),
            card_since=self.card_since,
            suspended_because=self.suspended_because,
            reviews=self.reviews,
            open_orders=self.open_orders,
            open_links=self.open_links,
            checklist=self.checklist,
        )

    async def _read(self, query: Query[_T], viewer: Viewer, entity_id: int) -> _T:
        async with self._database.session() as session:
            return await query(session, viewer, entity_id)

    async def reviews(self, org_id: int) -> Reviews:
        async with self._database.session() as session:
            return await published_reviews(session, org_id, limit=REVIEWS_ON_CARD)

    async def find(
        self, viewer: Viewer, wanted: DealerFilter, *, after: int | None, limit: int
    ) -> DealerPage:
        async with self._database.session() as session:
            return await find_dealers(session, viewer, wanted, after=after, limit=limit)

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

    async def card_since(self, org_id: int, version: int) -> CardFields | None:
        async with self._database.session() as session:
            return await dealer_card.card_since(session, org_id, version)

    async def suspended_because(self, org_id: int) -> str:
        async with self._database.session() as session:
            return await dealer_card.suspended_because(session, org_id)

    async def open_orders(self, viewer: Viewer, org_id: int) -> Sequence[OrderBrief]:
        """Those that are not closed, at most OPEN_ORDERS, newest first."""
        found: list[OrderBrief] = []
        async with self._database.session() as session:
            for one in (OrderClass.OPEN, OrderClass.WAITING, OrderClass.CONTACTED, OrderClass.PAYMENT):
                wanted = OrderFilter(org_id=org_id, status_class=one)
                found += (await list_orders(session, viewer, wanted, limit=OPEN_ORDERS)).items
        return sorted(found, key=lambda order: order.created_at, reverse=True)[:OPEN_ORDERS]

    async def open_links(self, viewer: Viewer, org_id: int) -> Sequence[OpenLink]:
        async with self._database.session() as session:
            return await open_links(session, viewer, org_id, self._clock.now())

    async def checklist(self, viewer: Viewer, org_id: int) -> tuple[CheckItem, ...]:
        talked = JournalFilter(org_id=org_id, result=CallResult.ANSWERED)
        async with self._database.session() as session:
            page = await journal(session, viewer, talked, after="", before="", limit=1)
            return checklist(await readiness_of(session, viewer, org_id, has_talked=bool(page.items)))

    async def first_page(self, viewer: Viewer) -> str:
        """Where a dealer's head begins while something is left for him to do; empty: as everybody."""
        if viewer.role not in HEADS:
            return ""
        async with self._database.session() as session:
            known = await readiness_of(session, viewer, viewer.org_id)
        has_work = known.is_active and waits_for_dealer(checklist(known))
        return f"/dealers/{viewer.org_id}/checklist" if has_work else ""

    def _sip_access(self, phone_id: int) -> SipAccess:
        key = contract.PHONE_KEY.format(id=phone_id)
        name = f"phone:{key}"
        secret = PbxSecrets(self._options.secrets_file).get(name)[name]
        return SipAccess(self._options.sip_server, key, secret)

    def _renewed_access(self, phone_id: int) -> SipAccess:
        key = contract.PHONE_KEY.format(id=phone_id)
        secret = PbxSecrets(self._options.secrets_file).renew(f"phone:{key}")
        return SipAccess(self._options.sip_server, key, secret)
