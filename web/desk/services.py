"""What the desk needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from aiohttp import web

from callcore.calls.phone_reach import PhoneState
from callcore.calls.views import CallCard, LiveCallView
from callcore.network.model import Viewer
from callcore.network.queries import PhoneBrief
from callcore.orders.card_views import OrderCard
from web.calls.services import ReadJournal
from web.orders.card_services import CommentOrder
from web.orders.list_services import FindOrders


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskServices:
    """`card`, `order` and `comment` raise NotFound for what this viewer may not know of; `live` are all calls that go on
    and that he may see; `phones` are names of phones by their ids; `phone_states` of those of which the PBX told."""

    live: Callable[[Viewer], Awaitable[tuple[LiveCallView, ...]]]
    card: Callable[[Viewer, str], Awaitable[CallCard]]
    journal: ReadJournal
    order_numbers: Callable[[Viewer, Collection[int]], Awaitable[Mapping[int, int]]]
    find_orders: FindOrders
    order: Callable[[Viewer, int], Awaitable[OrderCard]]
    comment: CommentOrder
    phones: Callable[[Collection[int]], Awaitable[tuple[PhoneBrief, ...]]]
    phone_states: Callable[[], Mapping[int, PhoneState]] = dict


SERVICES = web.AppKey("desk_services", DeskServices)
