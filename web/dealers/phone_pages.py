"""Phones of an outlet: adding, changing, switching off; the password of a SIP phone, once."""

from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow
from callcore.network.change_phones import NumberShared, PhoneFields, PhoneToEdit
from web.dealers import words
from web.dealers.access import RUN
from web.dealers.services import SERVICES
from web.dealers.state_pages import state_in_path
from web.dealers.typed import errors_of, typed, whole
from web.rooms import Route, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

_NAMES: Final = (
    "kind", "label", "number", "extension", "user_id", "lines", "accept_by_key", "position", "is_shared",
)  # fmt: skip
_OTHERS_EDIT: Final = (
    "Пока вы правили телефон, его изменил кто-то другой. Введённое осталось в форме: сравните и сохраните."
)
_NEW: Final = {"kind": "external", "lines": "1", "accept_by_key": "1", "position": "100"}
_EXTENSION_TAKEN: Final = (
    "Пока телефон был выключен, его внутренний номер занял другой: укажите новый и включите."
)
_SHOWN: Final = "Пароль уже был показан. Если он потерян, выдайте новый."


async def new_phone(request: web.Request) -> web.Response:
    person = request.query.get("person", "")
    return await _new_page(request, values=_NEW | {"user_id": person[:18]})


async def add_phone(request: web.Request) -> web.Response:
    values = typed(await request.post(), *_NAMES)
    services, outlet_id = request.app[SERVICES], number_in_path(request, "id")
    try:
        phone_id = await services.change_phones.add(viewer_of(request), outlet_id, _read(values))
    except NumberShared as error:
        return await _new_page(request, 409, values=values, shared=_shared(error))
    except Invalid as error:
        return await _new_page(request, 422, values=values, errors=errors_of(error))
    said = "Телефон добавлен, АТС узнает о нём через несколько секунд"
    return see_other(f"/phones/{phone_id}", Flash("success", said))


async def _new_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    outlet = await services.outlet_to_edit(viewer, number_in_path(request, "id"))
    where = {"org_id": outlet.org_id, "org_name": outlet.org_name, "outlet_id": outlet.id}
    return await _page(request, status, action=f"/outlets/{outlet.id}/phones/new", **where, **more)


async def phone(request: web.Request) -> web.Response:
    return await _edit_page(request, await _phone(request))


async def save_phone(request: web.Request) -> web.Response:
    form, seen = await request.post(), await _phone(request)
    values, stamp = typed(form, *_NAMES), typed(form, "stamp")["stamp"]
    change = request.app[SERVICES].change_phones
    try:
        await change.save(viewer_of(request), seen.id, _read(values), stamp)
    except NumberShared as error:
        return await _edit_page(request, seen, 409, values=values, shared=_shared(error))
    except Invalid as error:
        return await _edit_page(request, seen, 422, values=values, errors=errors_of(error))
    except Conflict:
        return await _edit_page(request, seen, 409, values=values, trouble=_OTHERS_EDIT)
    return see_other(f"/phones/{seen.id}", Flash("success", "Телефон сохранён"))


async def set_active(request: web.Request) -> web.Response:
    phone_id, is_on = number_in_path(request, "id"), state_in_path(request)
    change = request.app[SERVICES].change_phones
    try:
        label, _ = await change.set_active(viewer_of(request), phone_id, is_on=is_on)
    except Conflict:
        return await _edit_page(request, await _phone(request), 409, trouble=_EXTENSION_TAKEN)
    undo = f"/phones/{phone_id}/active/{'off' if is_on else 'on'}"
    said = f"«{label}» {'снова включён' if is_on else 'выключен: сюда не звоним'}"
    return see_other(f"/phones/{phone_id}", Flash("success", said, undo))


async def show_secret(request: web.Request) -> web.Response:
    """In the answer itself: nothing keeps it, and there is no address to come back to."""
    seen = await _phone(request)
    try:
        access = await request.app[SERVICES].change_phones.show_secret(viewer_of(request), seen.id)
    except NotAllowedNow as error:
        trouble = _SHOWN if error.code == "secret-shown" else "Пароль есть только у включённого SIP-телефона."
        return await _edit_page(request, seen, 409, trouble=trouble)
    return await _edit_page(request, await _phone(request), access=access)


async def renew_secret(request: web.Request) -> web.Response:
    """As show_secret, with another password."""
    seen = await _phone(request)
    try:
        access = await request.app[SERVICES].change_phones.renew_secret(viewer_of(request), seen.id)
    except NotAllowedNow:
        trouble = "Пароль есть только у включённого SIP-телефона."
        return await _edit_page(request, seen, 409, trouble=trouble)
    return await _edit_page(request, await _phone(request), access=access)


async def _phone(request: web.Request) -> PhoneToEdit:
    return await request.app[SERVICES].phone_to_edit(viewer_of(request), number_in_path(request, "id"))


async def _edit_page(request: web.Request, seen: PhoneToEdit, status: int = 200, **more: Any) -> web.Response:
    context: dict[str, Any] = {
        "seen": seen,
        "action": f"/phones/{seen.id}",
        "org_id": seen.org_id,
        "org_name": seen.org_name,
        "outlet_id": seen.outlet_id,
        "values": _shown(seen.fields),
    }
    more["values"] = more.get("values", context["values"]) | {"kind": context["values"]["kind"]}
    return await _page(request, status, **context | more)


async def _page(request: web.Request, status: int, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    people = await services.people(viewer, more["org_id"])
    context: dict[str, Any] = {
        "seen": None,
        "access": None,
        "shared": "",
        "trouble": "",
        "errors": {},
        "people": [(one.id, one.full_name) for one in people if one.is_active],
        "dealers": words,
    }
    return render(request, "dealers/phone.html", status=status, **context | more)


def _shared(error: NumberShared) -> str:
    """Who else rings this number, as far as this person may know."""
    names = ", ".join(f"«{name}»" for name in error.use.names)
    if not names:
        return "На этот номер уже звоним у другого дилера."
    return f"На этот номер уже звоним у {names}."


def _shown(fields: PhoneFields) -> dict[str, str]:
    return {
        "kind": "sip" if fields.is_sip else "external",
        "label": fields.label,
        "number": fields.number,
        "extension": fields.extension,
        "user_id": str(fields.user_id or ""),
        "lines": str(fields.lines),
        "accept_by_key": "1" if fields.accept_by_key else "",
        "position": str(fields.position),
    }


def _read(values: dict[str, str]) -> PhoneFields:
    return PhoneFields(
        is_sip=values["kind"] == "sip",
        label=values["label"],
        number=values["number"],
        extension=values["extension"],
        user_id=whole(values["user_id"]),
        lines=whole(values["lines"], 1) or 0,
        accept_by_key=bool(values["accept_by_key"]),
        position=whole(values["position"], 100) or 0,
        is_shared=bool(values["is_shared"]),
    )


def routes() -> tuple[Route, ...]:
    return (
        get("/outlets/{id}/phones/new", new_phone, RUN),
        post("/outlets/{id}/phones/new", add_phone, RUN),
        get("/phones/{id}", phone, RUN),
        post("/phones/{id}", save_phone, RUN),
        post("/phones/{id}/active/{state}", set_active, RUN),
        post("/phones/{id}/secret", show_secret, RUN),
        post("/phones/{id}/secret/renew", renew_secret, RUN),
    )
