"""An outlet's card as a form: place, ringing, capacity; adding and taking away."""

from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid
from callcore.network.change_outlets import OutletFields, OutletToEdit
from callcore.network.policy import Ringing
from web.dealers import words
from web.dealers.access import RUN
from web.dealers.services import SERVICES
from web.dealers.typed import WORDS, degrees, errors_of, typed, whole
from web.rooms import Route, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

_NAMES: Final = (
    "name", "city", "address", "region_code", "tz", "lat", "lon", "position", "ring_s", "max_calls", "ringing",
)  # fmt: skip
_OTHERS_EDIT: Final = "Пока вы правили точку, её изменил кто-то другой. Введённое осталось в форме: сравните и сохраните ещё раз."
_IN_USE: Final = (
    "Точку нельзя удалить: у неё есть телефоны, звонки или заказы. Выключите «Принимает звонки» и телефоны: "
    "история останется, а звонки сюда не пойдут."
)
_NEW: Final = {"position": "100", "ring_s": "20", "ringing": Ringing.ALL.value}


async def new_outlet(request: web.Request) -> web.Response:
    card = await request.app[SERVICES].to_edit(viewer_of(request), number_in_path(request, "id"))
    return await _new_page(request, values=_NEW | {"region_code": card.fields.region_code})


async def add_outlet(request: web.Request) -> web.Response:
    values = typed(await request.post(), *_NAMES)
    services, org_id = request.app[SERVICES], number_in_path(request, "id")
    try:
        outlet_id = await services.change_outlets.add(viewer_of(request), org_id, _read(values))
    except Invalid as error:
        return await _new_page(request, 422, values=values, errors=errors_of(error))
    return see_other(f"/outlets/{outlet_id}", Flash("success", "Точка добавлена. Теперь задайте часы работы"))


async def _new_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    card = await request.app[SERVICES].to_edit(viewer_of(request), number_in_path(request, "id"))
    org = {"org_id": card.id, "org_name": card.fields.name}
    return await _page(request, status, action=f"/dealers/{card.id}/outlets/new", **org, **more)


async def edit_outlet(request: web.Request) -> web.Response:
    return await _edit_page(request, await _outlet(request))


async def save_outlet(request: web.Request) -> web.Response:
    form, outlet = await request.post(), await _outlet(request)
    values, stamp = typed(form, *_NAMES), typed(form, "stamp")["stamp"]
    change = request.app[SERVICES].change_outlets
    try:
        await change.save(viewer_of(request), outlet.id, _read(values), stamp)
    except Invalid as error:
        return await _edit_page(request, outlet, 422, values=values, errors=errors_of(error), stamp=stamp)
    except Conflict:
        return await _edit_page(request, outlet, 409, values=values, trouble=_OTHERS_EDIT)
    return see_other(f"/outlets/{outlet.id}", Flash("success", "Точка сохранена"))


async def remove_outlet(request: web.Request) -> web.Response:
    outlet, values = await _outlet(request), typed(await request.post(), "reason")
    change = request.app[SERVICES].change_outlets
    try:
        org_id = await change.remove(viewer_of(request), outlet.id, values["reason"])
    except Invalid:
        wrong = {"reason": WORDS["reason-length"]}
        return await _edit_page(request, outlet, 422, errors=wrong, reason=values["reason"])
    except Conflict:
        return await _edit_page(request, outlet, 409, trouble=_IN_USE, reason=values["reason"])
    return see_other(f"/dealers/{org_id}", Flash("success", f"Точка «{outlet.fields.name}» удалена"))


async def _outlet(request: web.Request) -> OutletToEdit:
    return await request.app[SERVICES].outlet_to_edit(viewer_of(request), number_in_path(request, "id"))


async def _edit_page(
    request: web.Request, outlet: OutletToEdit, status: int = 200, **more: Any
) -> web.Response:
    context: dict[str, Any] = {
        "outlet": outlet,
        "action": f"/outlets/{outlet.id}/edit",
        "org_id": outlet.org_id,
        "org_name": outlet.org_name,
        "values": _shown(outlet.fields),
        "stamp": outlet.stamp,
    }
    return await _page(request, status, **context | more)


async def _page(request: web.Request, status: int, **more: Any) -> web.Response:
    regions = await request.app[SERVICES].regions()
    context: dict[str, Any] = {
        "outlet": None,
        "stamp": "",
        "trouble": "",
        "reason": "",
        "errors": {},
        "regions": list(regions.items()),
        "zones": list(words.ZONES.items()),
        "ringing": [(one.value, text) for one, text in words.RINGING_WORDS.items()],
        "dealers": words,
    }
    return render(request, "dealers/outlet_edit.html", status=status, **context | more)


def _shown(fields: OutletFields) -> dict[str, str]:
    values = {name: getattr(fields, name) for name in _NAMES}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _read(values: dict[str, str]) -> OutletFields:
    ringing = next((one for one in Ringing if one.value == values["ringing"]), Ringing.ALL)
    return OutletFields(
        name=values["name"],
        city=values["city"],
        address=values["address"],
        region_code=values["region_code"],
        tz=values["tz"],
        lat=degrees(values["lat"]),
        lon=degrees(values["lon"]),
        position=whole(values["position"], 100) or 0,
        ring_s=whole(values["ring_s"], 20) or 0,
        max_calls=whole(values["max_calls"]),
        ringing=ringing,
    )


def routes() -> tuple[Route, ...]:
    return (
        get("/dealers/{id}/outlets/new", new_outlet, RUN),
        post("/dealers/{id}/outlets/new", add_outlet, RUN),
        get("/outlets/{id}/edit", edit_outlet, RUN),
        post("/outlets/{id}/edit", save_outlet, RUN),
        post("/outlets/{id}/remove", remove_outlet, RUN),
    )
