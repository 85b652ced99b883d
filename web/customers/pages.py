"""Customers: the list and the card with contacts, orders, calls and recordings, messages, consents, tasks."""

from typing import Final

from aiohttp import web

from callcore.kernel.errors import NotFound
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from callcore.orders.customer_reach import MERGERS
from web.customers import claim_pages, edit_pages, merge_pages
from web.customers.card_page import card_page
from web.customers.services import SERVICES, CustomerServices
from web.rooms import NavItem, Room, get
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO: Final = roles(*STAFF_ROLES, *DEALER_ROLES)
MAX_TEXT_CHARS: Final = 80


async def customers(request: web.Request) -> web.Response:
    """Newest first; found by name, number, INN, or the number of an order."""
    viewer = viewer_of(request)
    text = "".join(char for char in request.query.get("q", "") if char.isprintable()).strip()[:MAX_TEXT_CHARS]
    after = request.query.get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    page = await request.app[SERVICES].find(viewer, text, after=place)
    return render(
        request,
        "customers/list.html",
        q=text,
        page=page,
        is_first=place is None,
        may_merge=viewer.role in MERGERS,
        is_dealer=viewer.role in DEALER_ROLES,
    )


async def customer(request: web.Request) -> web.StreamResponse:
    """One who was merged into another is found there."""
    services, viewer, customer_id = request.app[SERVICES], viewer_of(request), number_in_path(request, "id")
    try:
        return await card_page(request, customer_id)
    except NotFound:
        kept = await services.lives_on_as(viewer, customer_id)
        if kept is None:
            raise
        return web.Response(status=303, headers={"Location": f"/customers/{kept}"})


def room(services: CustomerServices) -> Room:
    """Addresses in words stand before /customers/{id}."""
    return Room(
        "customers",
        (
            get("/customers", customers, WHO),
            *claim_pages.routes(),
            *merge_pages.routes(),
            get("/customers/{id}", customer, WHO),
            *edit_pages.routes(),
        ),
        nav=(NavItem("Клиенты", "/customers", "users", WHO, "Работа", "g k"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
