"""The list of dealers, one dealer, its switch «Звонок с сайта»."""

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from callcore.network.acting import may_act
from callcore.network.checklist import is_complete
from callcore.network.dealers import MAX_TEXT_CHARS, DealerFilter
from callcore.network.editing import may_run
from callcore.network.model import OrgState
from callcore.network.outlets import may_edit_hours, may_edit_network
from web.calls import words as call_words
from web.dealers import (
    card_pages,
    check_words,
    holiday_pages,
    invite_pages,
    outlet_card_pages,
    outlet_pages,
    people_pages,
    phone_pages,
    state_pages,
    words,
)
from web.dealers.access import EDIT_HOURS, EDIT_NETWORK, STAFF, WHO
from web.dealers.services import SERVICES, DealerServices
from web.rooms import NavItem, Room, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

PAGE_ROWS: Final = 25
_STATES: Final = {OrgState.ACTIVE: "Работает", OrgState.SUSPENDED: "Приостановлен"}
_SITE_CALLS: Final = {"on": "Звонок с сайта включён", "off": "Звонок с сайта выключен"}
_AUTHORISED: Final = {"on": "Авторизован", "off": "Не авторизован"}
_ORDERS: Final = {"on": "Берёт заказы с сайта", "off": "Не берёт заказы с сайта"}
_SORTS: Final = {"points": "Сначала больше баллов"}
_CHOICES: Final[dict[str, dict[str, str]]] = {
    "state": {state.value: text for state, text in _STATES.items()},
    "calls": _SITE_CALLS,
    "authorised": _AUTHORISED,
    "orders": _ORDERS,
    "sort": _SORTS,
}
_FIELDS: Final = ("q", "region", *_CHOICES)


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
        "choices": {name: list(known.items()) for name, known in _CHOICES.items()},
        "chips": _chips(form, regions),
        "can_edit": may_edit_network(viewer),
        "can_add": may_run(viewer),
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
    items, can_edit = await services.checklist(viewer, card.brief.id), may_edit_network(viewer)
    is_suspended = card.brief.state is OrgState.SUSPENDED
    return render(
        request,
        "dealers/dealer.html",
        card=card,
        dealer=card.brief,
        calls=await services.last_calls(viewer, card.brief.id),
        reviews=await services.reviews(card.brief.id),
        orders_count=counts.get(card.brief.id, 0),
        can_edit=can_edit,
        can_act=may_act(viewer),
        can_run=may_run(viewer) and (viewer.is_staff or not is_suspended),
        is_ready=is_complete(items),
        checks=check_words.lines(items, card.brief.id, is_head_office=can_edit),
        because=await services.suspended_because(card.brief.id) if is_suspended else "",
        tree=await services.tree(viewer, card.brief.id),
        can_edit_hours=may_edit_hours(viewer),
        dealers=words,
        words=call_words,
    )


async def accept_calls(request: web.Request) -> web.Response:
    outlet_id, is_on = number_in_path(request, "id"), state_pages.state_in_path(request)
    name = await request.app[SERVICES].change.accept_calls(viewer_of(request), outlet_id, is_on=is_on)
    said = f"«{name}» {'снова принимает' if is_on else 'больше не принимает'} звонки"
    undo = f"/outlets/{outlet_id}/accepts-calls/{'off' if is_on else 'on'}"
    return see_other(f"/outlets/{outlet_id}", Flash("success", said, undo))


def _understand(form: dict[str, str], regions: Any) -> tuple[DealerFilter, dict[str, str]]:
    errors = {}
    if len(form["q"]) > MAX_TEXT_CHARS:
        errors["q"] = f"Не длиннее {MAX_TEXT_CHARS} знаков"
    for name, known in (("region", regions), *_CHOICES.items()):
        if form[name] and form[name] not in known:
            errors[name] = "Выберите значение из списка"
    wanted = DealerFilter(
        text=form["q"],
        region_code=form["region"],
        state=OrgState(form["state"]) if form["state"] and "state" not in errors else None,
        takes_site_calls=form["calls"] == "on" if form["calls"] else None,
        takes_site_orders=form["orders"] == "on" if form["orders"] else None,
        is_authorised=form["authorised"] == "on" if form["authorised"] else None,
        by_points=form["sort"] == "points",
    )
    return wanted, errors


def _chips(form: dict[str, str], regions: Any) -> list[tuple[str, str]]:
    texts = {
        "q": f"Поиск: {form['q'][:MAX_TEXT_CHARS]}",
        "region": regions.get(form["region"], form["region"]),
    }
    texts |= {name: known.get(form[name], form[name]) for name, known in _CHOICES.items()}
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
            *invite_pages.routes(),
            get("/dealers/{id}", dealer, WHO),
            *card_pages.routes(),
            *state_pages.routes(),
            *people_pages.routes(),
            *outlet_card_pages.routes(),
            *phone_pages.routes(),
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
