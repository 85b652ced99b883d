"""What the room of customers needs from below; bootstrap fills it. Both check the viewer's rights themselves."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from callcore.network.model import Viewer
from callcore.orders.views import CustomerCard, OrderFilter, OrderPage


@dataclass(frozen=True, slots=True)
class CustomerServices:
    """`card` raises NotFound for a customer of whom this viewer may not know; `orders` gives the newest so many."""

    card: Callable[[Viewer, int], Awaitable[CustomerCard]]
    orders: Callable[[Viewer, OrderFilter, int], Awaitable[OrderPage]]


SERVICES = web.AppKey("customer_services", CustomerServices)
