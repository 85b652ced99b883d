"""The list of orders."""

from typing import Any, Final

from aiohttp import web

from callcore.calls.views import JournalChoices
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from callcore.orders.model import KIND_NAMES, RESULT_NAMES, OrderClass, OrderResult
from web.calls import words as call_words
from web.keys import DEPS
from web.orders import words
from web.orders.filters import OrderForm, chips, read_form, understand
from web.orders.list_services import SERVICES, ListServices
from web.rooms import NavItem, Room, get
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
PAGE_ROWS: Final = 25
MORE_FIELDS: Final = ("kind", "result", "region", "source", "overdue")


async def orders(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    form = read_form(request.query)
    choices = await services.choices(viewer)
    cursor = request.query.get("after", "")
    asked = understand(form, cursor, now=request.app[DEPS].clock.now(), tz=viewer.tz)
    context = _list_context(form, choices) | {"errors": asked.errors, "is_paged": bool(cursor)}
    if asked.errors:
        return render(request, "orders/list.html", status=400, rows=(), **context)
    page = await services.find(viewer, asked.wanted, after=asked.after, limit=PAGE_ROWS)
    context["first_url"] = form.address() if cursor else ""
    if page.next_cursor:
        context["next_url"] = form.address(after=page.next_cursor.encode())
    return render(request, "orders/list.html", rows=page.items, **context)


def _list_context(form: OrderForm, choices: JournalChoices) -> dict[str, Any]:
    """All but the rows, which need valid conditions."""
    return {
        "orders": words,
        "form": form,
        "words": call_words,
        "tabs": [(text, form.on_tab(tab), None, form.tab == tab) for tab, text in words.TABS],
        "chips": chips(form, orgs=choices.orgs, regions=choices.regions),
        "orgs": sorted(choices.orgs.items(), key=lambda item: item[1]),
        "regions": sorted(choices.regions.items(), key=lambda item: item[1]),
        "sources": [(source, call_words.source_words(source)) for source in choices.sources],
        "kinds": [(kind.value, text) for kind, text in KIND_NAMES.items()],
        "results": [
            (result.value, RESULT_NAMES[result]) for result in (OrderResult.DONE, OrderResult.FAILED)
        ],
        "has_results": form.tab in ("", OrderClass.CLOSED),
        "is_more": any(getattr(form, name) for name in MORE_FIELDS),
        "first_url": "",
        "next_url": "",
    }


def room(services: ListServices) -> Room:
    return Room(
        "orders",
        (get("/orders", orders, WHO),),
        nav=(NavItem("Заказы", "/orders", "clipboard-list", WHO, "Работа", "g o"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
