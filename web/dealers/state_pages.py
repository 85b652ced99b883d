"""What the head office does with a dealer: options, suspending, the place in the tree, history; and the checklist."""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from callcore.kernel.errors import Invalid, NotFound
from callcore.network.change_dealers import DealerFlag
from callcore.network.checklist import is_complete
from callcore.network.model import OrgState
from callcore.network.outlets import may_edit_network
from web.dealers import check_words, history_words, words
from web.dealers.access import EDIT_NETWORK, WHO
from web.dealers.services import SERVICES
from web.dealers.typed import errors_of, typed, whole
from web.rooms import Route, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

_SAID = {
    DealerFlag.AUTHORISED: ("авторизован", "больше не авторизован"),
    DealerFlag.ORDERS: ("заказы с сайта включены", "заказы с сайта выключены"),
    DealerFlag.CALLS: ("звонок с сайта включён", "звонок с сайта выключен"),
}


async def set_flag(request: web.Request) -> web.Response:
    """Goes back to the page of the switch: the list, with its conditions, or the card."""
    org_id, is_on = number_in_path(request, "id"), state_in_path(request)
    flag = DealerFlag(request.path.split("/")[3])
    change = request.app[SERVICES].change_dealers
    name = await change.set_flag(viewer_of(request), org_id, flag, is_on=is_on)
    undo = f"/dealers/{org_id}/{flag.value}/{'off' if is_on else 'on'}"
    said = f"«{name}»: {_SAID[flag][0 if is_on else 1]}"
    return see_other(_back(request, org_id), Flash("success", said, undo))


def state_in_path(request: web.Request) -> bool:
    """«on» or «off» at the end of the address, so that a press twice does no harm."""
    state = request.match_info["state"]
    if state not in ("on", "off"):
        raise NotFound("no-such-address")
    return state == "on"


def _back(request: web.Request, org_id: int) -> str:
    came = urlsplit(request.headers.get("Referer", ""))
    if came.netloc == request.host and came.path == "/dealers":
        return f"/dealers?{came.query}" if came.query else "/dealers"
    return f"/dealers/{org_id}"


async def suspend_form(request: web.Request) -> web.Response:
    return await _suspend_page(request)


async def suspend(request: web.Request) -> web.Response:
    values = typed(await request.post(), "reason")
    org_id, services = number_in_path(request, "id"), request.app[SERVICES]
    try:
        name = await services.change_dealers.set_state(
            viewer_of(request), org_id, OrgState.SUSPENDED, values["reason"]
        )
    except Invalid as error:
        return await _suspend_page(request, 422, typed=values, errors=errors_of(error))
    said = f"«{name}» приостановлен: новые звонки к нему не идут"
    # what he has in hand is decided next
    left = await services.open_orders(viewer_of(request), org_id)
    return see_other(
        f"/dealers/{org_id}/orders-in-hand" if left else f"/dealers/{org_id}", Flash("success", said)
    )


async def resume(request: web.Request) -> web.Response:
    org_id = number_in_path(request, "id")
    change = request.app[SERVICES].change_dealers
    name = await change.set_state(viewer_of(request), org_id, OrgState.ACTIVE, "")
    return see_other(f"/dealers/{org_id}", Flash("success", f"«{name}» снова работает"))


async def _suspend_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    card = await services.to_edit(viewer, number_in_path(request, "id"))
    context: dict[str, Any] = {
        "card": card,
        "orders": await services.open_orders(viewer, card.id),
        "below": await services.tree(viewer, card.id),
        "typed": {},
        "errors": {},
        "dealers": words,
    }
    return render(request, "dealers/suspend.html", status=status, **context | more)


async def parent_form(request: web.Request) -> web.Response:
    return await _parent_page(request)


async def move(request: web.Request) -> web.Response:
    raw = typed(await request.post(), "parent")["parent"]
    org_id, services = number_in_path(request, "id"), request.app[SERVICES]
    try:
        await services.change_dealers.move(viewer_of(request), org_id, whole(raw))
    except Invalid as error:
        return await _parent_page(request, 422, chosen=raw, errors=errors_of(error))
    return see_other(f"/dealers/{org_id}", Flash("success", "Место в сети изменено, вместе со всеми ниже"))


async def _parent_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    card = await services.to_edit(viewer, number_in_path(request, "id"))
    above = card.chain[-1][0] if card.chain else ""
    context: dict[str, Any] = {
        "card": card,
        "parents": await services.parents(viewer, card.id),
        "below": await services.tree(viewer, card.id),
        "chosen": above,
        "errors": {},
        "dealers": words,
    }
    return render(request, "dealers/parent.html", status=status, **context | more)


async def history(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    card = await services.to_edit(viewer, number_in_path(request, "id"))
    rows = await services.history(viewer, card.id)
    regions = await services.regions()
    lines = [history_words.line_of(row, regions) for row in rows]
    return render(request, "dealers/history.html", card=card, lines=lines, dealers=words)


async def checklist(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    card = await services.to_edit(viewer, number_in_path(request, "id"))
    items = await services.checklist(viewer, card.id)
    return render(
        request,
        "dealers/checklist.html",
        card=card,
        is_done=is_complete(items),
        checks=check_words.lines(items, card.id, is_head_office=may_edit_network(viewer)),
        dealers=words,
    )


def routes() -> tuple[Route, ...]:
    flags = (post(f"/dealers/{{id}}/{flag.value}/{{state}}", set_flag, EDIT_NETWORK) for flag in DealerFlag)
    return (
        *flags,
        get("/dealers/{id}/suspend", suspend_form, EDIT_NETWORK),
        post("/dealers/{id}/suspend", suspend, EDIT_NETWORK),
        post("/dealers/{id}/resume", resume, EDIT_NETWORK),
        get("/dealers/{id}/parent", parent_form, EDIT_NETWORK),
        post("/dealers/{id}/parent", move, EDIT_NETWORK),
        get("/dealers/{id}/history", history, EDIT_NETWORK),
        get("/dealers/{id}/checklist", checklist, WHO),
    )
