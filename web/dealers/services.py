"""What the room of dealers needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from aiohttp import web

from callcore.calls.views import JournalRow
from callcore.messaging.published import Reviews
from callcore.network.change_dealers import ChangeDealers
from callcore.network.change_network import ChangeNetwork
from callcore.network.change_outlets import ChangeOutlets, OutletToEdit
from callcore.network.change_people import ChangePeople, PersonView
from callcore.network.change_phones import ChangePhones, PhoneToEdit
from callcore.network.checklist import CheckItem
from callcore.network.days import CalendarDay
from callcore.network.dealer_card import DealerToEdit, HistoryRow, TreeRow
from callcore.network.dealer_fields import CardFields
from callcore.network.dealers import DealerCard, DealerFilter, DealerPage
from callcore.network.invites import Invites
from callcore.network.links import OpenLink
from callcore.network.logo_store import LogoStore
from callcore.network.model import Viewer
from callcore.network.outlets import OutletCard
from callcore.orders.views import OrderBrief


class FindDealers(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: DealerFilter, *, after: int | None, limit: int
    ) -> DealerPage: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerServices:
    """What is asked for by an id raises NotFound for what this viewer may not know. `edits` are the calendar's days that
    people wrote, between two dates inclusive. `card_since`, `suspended_because` and `reviews` are for ids that were shown
    already."""

    find: FindDealers
    card: Callable[[Viewer, int], Awaitable[DealerCard]]
    outlet: Callable[[Viewer, int], Awaitable[OutletCard]]
    regions: Callable[[], Awaitable[Mapping[str, str]]]
    order_counts: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, int]]]
    last_calls: Callable[[Viewer, int], Awaitable[Sequence[JournalRow]]]
    edits: Callable[[date, date], Awaitable[Sequence[CalendarDay]]]
    change: ChangeNetwork
    change_dealers: ChangeDealers
    change_outlets: ChangeOutlets
    change_phones: ChangePhones
    change_people: ChangePeople
    invites: Invites
    logos: LogoStore
    to_edit: Callable[[Viewer, int], Awaitable[DealerToEdit]]
    tree: Callable[[Viewer, int], Awaitable[Sequence[TreeRow]]]
    parents: Callable[[Viewer, int], Awaitable[Sequence[tuple[int, str]]]]
    history: Callable[[Viewer, int], Awaitable[Sequence[HistoryRow]]]
    people: Callable[[Viewer, int], Awaitable[Sequence[PersonView]]]
    person: Callable[[Viewer, int], Awaitable[PersonView]]
    outlet_to_edit: Callable[[Viewer, int], Awaitable[OutletToEdit]]
    phone_to_edit: Callable[[Viewer, int], Awaitable[PhoneToEdit]]
    card_since: Callable[[int, int], Awaitable[CardFields | None]]
    suspended_because: Callable[[int], Awaitable[str]]
    reviews: Callable[[int], Awaitable[Reviews]]
    open_orders: Callable[[Viewer, int], Awaitable[Sequence[OrderBrief]]]
    open_links: Callable[[Viewer, int], Awaitable[Sequence[OpenLink]]]
    checklist: Callable[[Viewer, int], Awaitable[tuple[CheckItem, ...]]]


SERVICES = web.AppKey("dealer_services", DealerServices)
