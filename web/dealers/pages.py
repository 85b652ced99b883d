"""The list of dealers, one dealer, its switch «Звонок с сайта»."""

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from callcore.kernel.errors import NotFound
from callcore.network.dealers import MAX_TEXT_CHARS, DealerFilter
from callcore.network.model import DEALER_ROLES, STAFF_ROLES, OrgState
from callcore.network.outlets import EDITORS, may_edit_hours, may_edit_network
from web.calls import words as call_words
from web.dealers import holiday_pages, outlet_pages, words
from web.dealers.services import SERVICES, DealerServices
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
STAFF = roles(*STAFF_ROLES)
EDIT_HOURS = roles(*EDITORS, *DEALER_ROLES)
EDIT_NETWORK = roles(*EDITORS)
PAGE_ROWS: Final = 25
_STATES: Final = {OrgState.ACTIVE: "Работает", OrgState.SUSPENDED: "Приостановлен"}
_SITE_CALLS: Final = {"on": "Звонок с сайта включён", "off": "Звонок с сайта выключен"}
_FIELDS: Final = ("q", "region", "state", "calls")


async def dealers(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    form = {name: _plain(request.query.get(name, "")) for name in _FIELDS}
    regions = await services.regions()
    wanted, errors = _understand(form, regions)
    after = request.query.get("after", "")
    if after and not (after.isascii() and after.isdigit() and len(after) <= 18):
        errors["after"] = "Такой страницы списка нет: откройте его с начала"
    context: dict[str, Any] = {
        "form": form,
        "errors": errors,
        "regions": list(regions.items()),
        "states": list(_STATES.items()),
        "site_calls": list(_SITE_CALLS.items()),
        "chips": _chips(form, regions),
        "dealers": words,
        "rows": (),
        "first_url": "",
        "next_url": "",
    }
    if errors:
        return render(request, "dealers/list.html", status=400, **context)
    page = await services.find(viewer, wanted, after=int(after) if after else None, limit=PAGE_ROWS)
    counts = await services.order_counts(viewer, [row.id for row in page.items])
    context |= {"rows": page.items, "counts": counts, "first_url": _address(form) if after else ""}
    if page.next_after is not None:
        context["next_url"] = _address(form, after=str(page.next_after))
    return render(request, "dealers/list.html", **context)


async def dealer(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    card = await services.card(viewer, number_in_path(request, "id"))
    counts = await services.order_counts(viewer, [card.brief.id])
    return render(
        request,
        "dealers/dealer.html",
        card=card,
        dealer=card.brief,
        calls=await services.last_calls(viewer, card.brief.id),
        orders_count=counts.get(card.brief.id, 0),
        can_edit=may_edit_network(viewer),
        can_edit_hours=may_edit_hours(viewer),
        dealers=words,
        words=call_words,
    )


async def site_calls(request: web.Request) -> web.Response:
    org_id, is_on = number_in_path(request, "id"), _state(request)
    name = await request.app[SERVICES].change.take_site_calls(viewer_of(request), org_id, is_on=is_on)
    said = f"«{name}»: звонок с сайта {'включён' if is_on else 'выключен'}"
    undo = f"/dealers/{org_id}/site-calls/{'off' if is_on else 'on'}"
    return see_other(f"/dealers/{org_id}", Flash("success", said, undo))


def _state(request: web.Request) -> bool:
    """«on» or «off» at the end of the address, so that a press twice does no harm."""
    state = request.match_info["state"]
    if state not in ("on", "off"):
        raise NotFound("no-such-address")
    return state == "on"


async def accept_calls(request: web.Request) -> web.Response:
    outlet_id, is_on = number_in_path(request, "id"), _state(request)
    name = await request.app[SERVICES].change.accept_calls(viewer_of(request), outlet_id, is_on=is_on)
    said = f"«{name}» {'снова принимает' if is_on else 'больше не принимает'} звонки"
    undo = f"/outlets/{outlet_id}/accepts-calls/{'off' if is_on else 'on'}"
    return see_other(f"/outlets/{outlet_id}", Flash("success", said, undo))


def _understand(form: dict[str, str], regions: Any) -> tuple[DealerFilter, dict[str, str]]:
    errors = {}
    if len(form["q"]) > MAX_TEXT_CHARS:
        errors["q"] = f"Не длиннее {MAX_TEXT_CHARS} знаков"
    for name, known in (("region", regions), ("state", _STATES), ("calls", _SITE_CALLS)):
        if form[name] and form[name] not in known:
            errors[name] = "Выберите значение из списка"
    wanted = DealerFilter(
        text=form["q"],
        region_code=form["region"],
        state=OrgState(form["state"]) if form["state"] and "state" not in errors else None,
        takes_site_calls=form["calls"] == "on" if form["calls"] else None,
    )
    return wanted, errors


def _chips(form: dict[str, str], regions: Any) -> list[tuple[str, str]]:
    texts = {
        "q": f"Поиск: {form['q'][:MAX_TEXT_CHARS]}",
        "region": regions.get(form["region"], form["region"]),
        "state": next((text for state, text in _STATES.items() if state == form["state"]), form["state"]),
        "calls": _SITE_CALLS.get(form["calls"], form["calls"]),
    }
    return [(text, _address(form | {name: ""})) for name, text in texts.items() if form[name]]


def _address(form: dict[str, str], **more: str) -> str:
    text = urlencode({name: value for name, value in (form | more).items() if value})
    return f"/dealers?{text}" if text else "/dealers"


def _plain(raw: str) -> str:
    return "".join(char for char in raw if char.isprintable()).strip()[:200]


def room(services: DealerServices) -> Room:
    return Room(
        "dealers",
        (
            get("/dealers", dealers, WHO),
            get("/dealers/{id}", dealer, WHO),
            post("/dealers/{id}/site-calls/{state}", site_calls, EDIT_NETWORK),
            get("/outlets/{id}", outlet_pages.outlet, WHO),
            post("/outlets/{id}/accepts-calls/{state}", accept_calls, EDIT_HOURS),
            post("/outlets/{id}/hours", outlet_pages.save_hours, EDIT_HOURS),
            post("/outlets/{id}/summary", outlet_pages.preview, EDIT_HOURS),
            post("/outlets/{id}/exceptions", outlet_pages.add_exception, EDIT_HOURS),
            post("/outlets/{id}/exceptions/remove", outlet_pages.remove_exception, EDIT_HOURS),
            post("/outlets/{id}/override", outlet_pages.set_override, EDIT_HOURS),
            post("/outlets/{id}/override/remove", outlet_pages.remove_override, EDIT_HOURS),
            get("/holidays", holiday_pages.holidays, STAFF),
            post("/holidays", holiday_pages.add_day, EDIT_NETWORK),
            post("/holidays/remove", holiday_pages.remove_day, EDIT_NETWORK),
        ),
        nav=(
            NavItem("Дилеры", "/dealers", "building-store", WHO, "Сеть", "g n"),
            NavItem("Праздники", "/holidays", "calendar-event", STAFF, "Сеть"),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
