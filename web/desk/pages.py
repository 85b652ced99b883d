"""The desk, one card of it, the parts that its script fetches, and the quick comment."""

import json
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from callcore.kernel.errors import Invalid
from callcore.network.model import DEALER_ROLES, Role
from web.calls import words as call_words
from web.calls.press_pages import WHO as CALLERS
from web.desk import words
from web.desk.cards import card_of, head_of, own_cards, side_of
from web.desk.services import SERVICES, DeskServices
from web.keys import DEPS
from web.orders import words as order_words
from web.orders.card_pages import COMMENT_ERRORS
from web.rooms import NavItem, Room, get, post
from web.security.access import permits, roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN, Role.MANUFACTURER, *DEALER_ROLES)
WORDS: Final[dict[str, Any]] = {"desk": words, "words": call_words, "orders": order_words}


def _words(request: web.Request) -> dict[str, Any]:
    return {**WORDS, "can_call": permits(CALLERS, viewer_of(request))}


async def desk(request: web.Request) -> web.Response:
    """Everything that goes on for this person; ?fragment=side gives the phones and the last calls alone."""
    services, viewer, now = request.app[SERVICES], viewer_of(request), request.app[DEPS].clock.now()
    side = await side_of(services, viewer, now)
    if request.query.get("fragment") == "side":
        return render(request, "desk/side.html", side=side, **_words(request))
    cards = await own_cards(services, viewer, now)
    return render(request, "desk/desk.html", cards=cards, side=side, here="/desk", **_words(request))


async def live_cards(request: web.Request) -> web.Response:
    """All cards of now: for the start of a page, and after every reconnection."""
    now = request.app[DEPS].clock.now()
    cards = await own_cards(request.app[SERVICES], viewer_of(request), now)
    return render(request, "desk/cards.html", cards=cards, **_words(request))


async def call(request: web.Request) -> web.Response:
    """A desk with this card on top. ?fragment=card gives the card alone, ?fragment=head what changes of it."""
    services, viewer, now = request.app[SERVICES], viewer_of(request), request.app[DEPS].clock.now()
    call_id, part = request.match_info["call_id"], request.query.get("fragment", "")
    if part == "head":
        head = await head_of(services, viewer, call_id, now)
        return render(request, "desk/head_alone.html", head=head, **_words(request))
    card = await card_of(services, viewer, call_id, now)
    if part or "HX-Request" in request.headers:
        return render(request, "desk/cards.html", cards=(card,), **_words(request))
    others = [one for one in await own_cards(services, viewer, now) if one.head.call.call_id != call_id]
    side = await side_of(services, viewer, now)
    here = f"/desk/calls/{quote(call_id, safe='')}"
    return render(request, "desk/desk.html", cards=(card, *others), side=side, here=here, **_words(request))


async def comment(request: web.Request) -> web.Response:
    """To the order that stood on the card. The desk's script sends it without leaving the page."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    number, form = number_in_path(request, "number"), await request.post()
    is_script = "HX-Request" in request.headers
    address = f"/desk/calls/{quote(request.match_info['call_id'], safe='')}"
    try:
        await services.comment(viewer, number, str(form.get("text", "")), is_public=False)
    except Invalid as wrong:
        told = COMMENT_ERRORS.get(wrong.code, "Такой текст не принят")
        if is_script:
            return web.json_response({"message": "Комментарий не записан", "advice": told}, status=400)
        return see_other(address, Flash("warning", f"Комментарий не записан. {told}"))
    done = f"Комментарий записан в заказ № {number}"
    if is_script:
        trigger = json.dumps({"toast": {"text": done, "tone": "success"}})
        return web.Response(status=204, headers={"HX-Trigger": trigger})
    return see_other(address, Flash("success", done))


def room(services: DeskServices) -> Room:
    return Room(
        "desk",
        (
            get("/desk", desk, WHO),
            get("/desk/calls", live_cards, WHO),
            get("/desk/calls/{call_id}", call, WHO),
            post("/desk/calls/{call_id}/comments/{number}", comment, WHO),
        ),
        nav=(NavItem("Рабочий стол", "/desk", "headset", WHO, "Работа", "g d"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
