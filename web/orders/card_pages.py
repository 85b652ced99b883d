"""One order: its page, its parts, its print, and what is written to it."""

from typing import Final

from aiohttp import web

from callcore.kernel.errors import Invalid, NotFound
from callcore.orders.model import MAX_COMMENT_CHARS
from web.orders import card_file_pages, card_life_pages, card_line_pages, card_term_pages
from web.orders.card_access import WHO
from web.orders.card_context import card_context, card_page
from web.orders.card_forms import FormState
from web.orders.card_services import SERVICES, CardServices
from web.rooms import Room, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

PARTS: Final = {"timeline": "orders/timeline.html", "preview": "orders/preview.html"}
COMMENT_ERRORS: Final = {
    "comment-empty": "Напишите хоть слово",
    "comment-too-long": f"Слишком длинно: не больше {MAX_COMMENT_CHARS} знаков",
}


async def order(request: web.Request) -> web.Response:
    """The whole card, or with ?fragment= one part of it."""
    part = request.query.get("fragment", "")
    if not part:
        return await card_page(request)
    if part not in PARTS:
        raise NotFound("no-such-fragment")
    return await _part(request, PARTS[part])


async def print_order(request: web.Request) -> web.Response:
    return await _part(request, "orders/print.html")


async def _part(request: web.Request, template: str) -> web.Response:
    viewer = viewer_of(request)
    card = await request.app[SERVICES].card(viewer, number_in_path(request, "number"))
    return render(request, template, **card_context(request, viewer, card))


async def comment(request: web.Request) -> web.Response:
    """A wrong text comes back in the same form, so that nothing typed is lost."""
    number = number_in_path(request, "number")
    form = await request.post()
    text, audience = str(form.get("text", "")), str(form.get("audience", ""))
    try:
        await request.app[SERVICES].work.comment(
            viewer_of(request), number, text, is_public=audience == "customer"
        )
    except Invalid as wrong:
        words = COMMENT_ERRORS.get(wrong.code, "Такой текст не принят")
        state = FormState("comment", {"text": text, "audience": audience}, {"text": words})
        return await card_page(request, status=422, state=state)
    return see_other(f"/orders/{number}#timeline", Flash("success", "Комментарий записан"))


def room(services: CardServices) -> Room:
    return Room(
        "order_card",
        (
            get("/orders/{number}", order, WHO),
            get("/orders/{number}/print", print_order, WHO),
            post("/orders/{number}/comments", comment, WHO),
            *card_life_pages.ROUTES,
            *card_term_pages.ROUTES,
            *card_line_pages.ROUTES,
            *card_file_pages.routes(services.max_file_bytes),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
