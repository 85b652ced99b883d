"""The customer's card: contacts, orders, all calls with their recordings, sources."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from callcore.network.model import DEALER_ROLES, STAFF_ROLES, Viewer
from callcore.orders.views import CustomerCard
from web.calls import words
from web.rooms import Room, get
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.formats import plural
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)


@dataclass(frozen=True, slots=True)
class CustomerServices:
    """What bootstrap gives: `card` raises NotFound for a customer of whom this viewer may not know."""

    card: Callable[[Viewer, int], Awaitable[CustomerCard]]


SERVICES = web.AppKey("customer_services", CustomerServices)


async def customer(request: web.Request) -> web.Response:
    found = await request.app[SERVICES].card(viewer_of(request), number_in_path(request, "id"))
    return render(
        request,
        "customers/card.html",
        words=words,
        customer=found,
        sources=[words.source_words(source) for source in found.sources],
        summary=_summary(found),
    )


def _summary(found: CustomerCard) -> str:
    calls = plural(found.calls_count, "звонок", "звонка", "звонков")
    orders = plural(found.orders_count, "заказ", "заказа", "заказов")
    return " · ".join(part for part in (found.region_name, orders, calls) if part)


def room(services: CustomerServices) -> Room:
    return Room(
        "customers",
        (get("/customers/{id}", customer, WHO),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
