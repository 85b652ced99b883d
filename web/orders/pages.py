"""The list of orders, one order, its comments and its print."""

from typing import Any, Final

from aiohttp import web

from callcore.calls.views import JournalChoices
from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from callcore.orders.model import KIND_NAMES, MAX_COMMENT_CHARS, RESULT_NAMES, OrderClass, OrderResult
from callcore.orders.views import OrderCard
from web.calls import words as call_words
from web.keys import DEPS
from web.orders import timeline, words
from web.orders.filters import OrderForm, chips, read_form, understand
from web.orders.services import SERVICES, OrderServices
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
PAGE_ROWS: Final = 25
MORE_FIELDS: Final = ("kind", "result", "region", "source", "overdue")
PARTS: Final = {"timeline": "orders/timeline.html", "preview": "orders/preview.html"}
COMMENT_ERRORS: Final = {
    "comment-empty": "Напишите хоть слово",
    "comment-too-long": f"Слишком длинно: не больше {MAX_COMMENT_CHARS} знаков",
}


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


async def order(request: web.Request) -> web.Response:
    """The whole card, or with ?fragment= one part of it."""
    part = request.query.get("fragment", "")
    if part and part not in PARTS:
        raise NotFound("no-such-fragment")
    card = await request.app[SERVICES].card(viewer_of(request), number_in_path(request, "number"))
    return render(request, PARTS.get(part, "orders/order.html"), **_card_context(card, request))


async def print_order(request: web.Request) -> web.Response:
    card = await request.app[SERVICES].card(viewer_of(request), number_in_path(request, "number"))
    return render(request, "orders/print.html", **_card_context(card, request))


def _card_context(card: OrderCard, request: web.Request) -> dict[str, Any]:
    show = request.query.get("show", "")
    show = show if show in timeline.FILTERS else ""
    now, tz = request.app[DEPS].clock.now(), viewer_of(request).tz
    return {
        "orders": words,
        "words": call_words,
        "card": card,
        "order": card.order,
        "mark": words.status_mark(card.order),
        "deadline": words.deadline_mark(card.order, now, tz),
        "lines_kopecks": sum(line.total_kopecks for line in card.lines),
        "shown": timeline.shown(card.timeline, show),
        "show": show,
        "show_tabs": timeline.tabs(card.timeline),
        "call_ids": timeline.call_ids(card.timeline),
        "comment": "",
        "comment_error": "",
        "is_public": False,
    }


async def comment(request: web.Request) -> web.Response:
    """A wrong text comes back in the same form, so that nothing typed is lost."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    number = number_in_path(request, "number")
    form = await request.post()
    text, is_public = str(form.get("text", "")), form.get("audience") == "customer"
    try:
        await services.comment(viewer, number, text, is_public=is_public)
    except Invalid as wrong:
        context = _card_context(await services.card(viewer, number), request)
        error = COMMENT_ERRORS.get(wrong.code, "Такой текст не принят")
        context |= {"comment": text, "comment_error": error, "is_public": is_public}
        return render(request, "orders/order.html", status=422, **context)
    return see_other(f"/orders/{number}#timeline", Flash("success", "Комментарий записан"))


def room(services: OrderServices) -> Room:
    return Room(
        "orders",
        (
            get("/orders", orders, WHO),
            get("/orders/{number}", order, WHO),
            get("/orders/{number}/print", print_order, WHO),
            post("/orders/{number}/comments", comment, WHO),
        ),
        nav=(NavItem("Заказы", "/orders", "clipboard-list", WHO, "Работа", "g o"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
