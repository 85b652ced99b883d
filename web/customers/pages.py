"""The customer's card: contacts, orders, all calls with their recordings, sources."""

from typing import Final

from aiohttp import web

from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from callcore.orders.views import CustomerCard, OrderBrief, OrderFilter
from web.calls import words
from web.customers.services import SERVICES, CustomerServices
from web.rooms import NavItem, Room, get
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.formats import plural
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
LOOKED_AT: Final = 50  # orders in which the list looks for customers
MAX_TEXT_CHARS: Final = 80


async def customers(request: web.Request) -> web.Response:
    """Whoever ordered or called last, or whose name or number is asked for: found by their orders and requests."""
    text = "".join(char for char in request.query.get("q", "") if char.isprintable()).strip()[:MAX_TEXT_CHARS]
    found = await request.app[SERVICES].orders(viewer_of(request), OrderFilter(text=text), LOOKED_AT)
    latest: dict[int, OrderBrief] = {}
    for order in found.items:
        latest.setdefault(order.customer_id, order)
    return render(
        request, "customers/list.html", q=text, rows=latest.values(), is_more=found.next_cursor is not None
    )


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
    orders = plural(found.orders_count, "обращение", "обращения", "обращений")
    return " · ".join(part for part in (found.region_name, orders, calls) if part)


def room(services: CustomerServices) -> Room:
    return Room(
        "customers",
        (get("/customers", customers, WHO), get("/customers/{id}", customer, WHO)),
        nav=(NavItem("Клиенты", "/customers", "users", WHO, "Работа", "g k"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
