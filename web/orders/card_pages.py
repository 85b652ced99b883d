"""One order, its comments and its print."""

from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from callcore.orders.card_views import OrderCard
from callcore.orders.model import MAX_COMMENT_CHARS
from web.calls import words as call_words
from web.keys import DEPS
from web.orders import timeline, words
from web.orders.card_services import SERVICES, CardServices
from web.rooms import Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
PARTS: Final = {"timeline": "orders/timeline.html", "preview": "orders/preview.html"}
COMMENT_ERRORS: Final = {
    "comment-empty": "Напишите хоть слово",
    "comment-too-long": f"Слишком длинно: не больше {MAX_COMMENT_CHARS} знаков",
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


def room(services: CardServices) -> Room:
    return Room(
        "order_card",
        (
            get("/orders/{number}", order, WHO),
            get("/orders/{number}/print", print_order, WHO),
            post("/orders/{number}/comments", comment, WHO),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
