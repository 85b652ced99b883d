"""What the list of orders needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.calls.views import JournalChoices
from callcore.network.model import Viewer
from callcore.orders.views import OrderCursor, OrderFilter, OrderPage


class FindOrders(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: OrderFilter, *, after: OrderCursor | None, limit: int
    ) -> OrderPage: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListServices:
    """`choices` are those of the journal."""

    find: FindOrders
    choices: Callable[[Viewer], Awaitable[JournalChoices]]


SERVICES = web.AppKey("order_list_services", ListServices)
