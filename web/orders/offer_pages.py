"""Taking, refusing, giving back and handing over an order; what a dealer has in hand; «Почему этот дилер»."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from callcore.distribution.rights import DISTRIBUTORS, MAX_NOTE_CHARS
from callcore.kernel.errors import Invalid
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from web.keys import DEPS
from web.orders import offer_words
from web.orders.offer_services import SERVICES, OfferServices
from web.rooms import Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

DEALERS: Final = roles(*DEALER_ROLES)
STAFF: Final = roles(*STAFF_ROLES)
ALL: Final = roles(*STAFF_ROLES, *DEALER_ROLES)
HAND: Final = roles(*DISTRIBUTORS, *DEALER_ROLES)  # a dealer's people when they are the department
ERRORS: Final = {
    "reason": "Выберите причину",
    "note": f"Не длиннее {MAX_NOTE_CHARS} знаков",
    "org_id": "Выберите дилера, который работает",
    "manager_id": "Выберите сотрудника этого дилера",
}


async def accept(request: web.Request) -> web.Response:
    number = number_in_path(request, "number")
    done = await request.app[SERVICES].accept(viewer_of(request), number)
    said = "уже у вас" if done.was_mine else "ваш: позвоните клиенту"
    return see_other(f"/orders/{number}", Flash("success", f"Заказ № {number} {said}"))


async def decline(request: web.Request) -> web.Response:
    number, typed = number_in_path(request, "number"), await _typed(request)
    services, viewer = request.app[SERVICES], viewer_of(request)
    try:
        _ = await services.decline(viewer, number, _whole(typed["reason"]), typed["note"])
    except Invalid as wrong:
        return await _form(request, "decline", typed, wrong)
    return see_other("/orders?tab=available", Flash("info", f"Вы отказались от заказа № {number}"))


async def release(request: web.Request) -> web.Response:
    """A dealer's people are back at their list, the head office at the order."""
    number, typed = number_in_path(request, "number"), await _typed(request)
    services, viewer = request.app[SERVICES], viewer_of(request)
    offers = typed["way"] != "hand"
    try:
        _ = await services.release(viewer, number, _whole(typed["reason"]), typed["note"], offers=offers)
    except Invalid as wrong:
        return await _form(request, "release", typed, wrong)
    said = "предложен другим дилерам" if offers else "ждёт распределения вручную"
    place = f"/orders/{number}" if viewer.is_staff else "/orders"
    return see_other(place, Flash("success", f"Заказ № {number} возвращён и {said}"))


async def assign(request: web.Request) -> web.Response:
    number, typed = number_in_path(request, "number"), await _typed(request)
    services, viewer = request.app[SERVICES], viewer_of(request)
    try:
        name = await services.assign(viewer, number, _whole(typed["org_id"]) or 0, None, typed["note"])
    except Invalid as wrong:
        return await _form(request, "assign", typed, wrong)
    return see_other(_back(request, number), Flash("success", f"Заказ № {number} передан: «{name}»"))


async def offer(request: web.Request) -> web.Response:
    number = number_in_path(request, "number")
    _ = await request.app[SERVICES].offer(viewer_of(request), number)
    return see_other(_back(request, number), Flash("success", f"Заказ № {number} предложен дилерам"))


async def why(request: web.Request) -> web.Response:
    found = await request.app[SERVICES].why(viewer_of(request), number_in_path(request, "number"))
    return render(request, "orders/offer/why.html", why=found, told=offer_words.told_of(found))


async def hand(request: web.Request) -> web.Response:
    return await _hand_page(request)


async def move(request: web.Request) -> web.Response:
    org_id, typed = number_in_path(request, "id"), await _typed(request)
    to = None if typed["way"] == "all" else _whole(typed["org_id"]) or 0
    try:
        moved = await request.app[SERVICES].move(viewer_of(request), org_id, to, typed["note"])
    except Invalid as wrong:
        return await _hand_page(request, 422, typed=typed, errors=_errors(wrong))
    return see_other(f"/dealers/{org_id}/orders-in-hand", Flash("success", offer_words.moved(moved)))


async def _hand_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    found = await request.app[SERVICES].in_hand(viewer_of(request), number_in_path(request, "id"))
    choices = [(str(one.id), one.title) for one in found.dealers]
    context: dict[str, Any] = {"hand": found, "choices": choices, "typed": {}, "errors": {}}
    return render(request, "orders/offer/hand.html", status=status, **context | more)


async def _form(request: web.Request, name: str, typed: Mapping[str, str], wrong: Invalid) -> web.Response:
    """The one form again, with what was typed and what is wrong."""
    view = await request.app[SERVICES].view(viewer_of(request), number_in_path(request, "number"))
    return render(
        request,
        "orders/offer/again.html",
        status=422,
        offer=view,
        form=name,
        typed=typed,
        errors=_errors(wrong),
        now=request.app[DEPS].clock.now(),
    )


async def _typed(request: web.Request) -> dict[str, str]:
    form = await request.post()
    return {name: str(form.get(name, "")) for name in ("reason", "note", "org_id", "way")}


def _errors(wrong: Invalid) -> dict[str, str]:
    fields: Mapping[str, str] = wrong.details.get("fields", {})
    return {name: ERRORS.get(name, "Проверьте это поле") for name in fields}


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _back(request: web.Request, number: int) -> str:
    """To the list, with its conditions, when the press was there."""
    came = urlsplit(request.headers.get("Referer", ""))
    if came.netloc == request.host and came.path == "/orders":
        return f"/orders?{came.query}" if came.query else "/orders"
    return f"/orders/{number}"


def room(services: OfferServices) -> Room:
    return Room(
        "offers",
        (
            post("/orders/{number}/accept", accept, DEALERS),
            post("/orders/{number}/decline", decline, DEALERS),
            post("/orders/{number}/release", release, ALL),
            post("/orders/{number}/assign", assign, HAND),
            post("/orders/{number}/offer", offer, HAND),
            get("/orders/{number}/why", why, STAFF),
            get("/dealers/{id}/orders-in-hand", hand, HAND),
            post("/dealers/{id}/orders-in-hand", move, HAND),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
