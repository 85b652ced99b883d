"""What people write of a customer: fields, contacts, consents."""

from typing import Any, Final

from aiohttp import web

from callcore.customers.consents import ConsentKind
from callcore.customers.edit_customer import ContactTaken, CustomerFields
from callcore.customers.reading import MAX_NOTE_CHARS
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow, NotFound
from callcore.kernel.phones import format_phone
from callcore.orders.customer_reach import CHANGERS, CONSENT_WRITERS
from callcore.orders.customer_view import CustomerView
from web.customers import words
from web.customers.card_page import card_page
from web.customers.services import SERVICES
from web.dealers.typed import text as several_lines
from web.dealers.typed import typed as one_line
from web.keys import DEPS
from web.rooms import Route, get, post
from web.security.access import roles
from web.security.origin import client_ip
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

CHANGE: Final = roles(*CHANGERS)
CONSENT: Final = roles(*CONSENT_WRITERS)
_NAMES: Final = ("name", "kind", "inn", "region_code", "tags")
_OTHERS_EDIT: Final = "Пока вы правили, карточку изменил кто-то другой. Введённое осталось в форме: сравните справа и сохраните."


async def edit_form(request: web.Request) -> web.Response:
    found = await _found(request)
    return await _edit_page(request, found, _shown(found))


async def save(request: web.Request) -> web.Response:
    form, found = await request.post(), await _found(request)
    values = one_line(form, *_NAMES, "version") | {
        "note": several_lines(form.get("note", ""), MAX_NOTE_CHARS)
    }
    version = values.pop("version")
    shown = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    try:
        await request.app[SERVICES].change.save(viewer_of(request), found.id, CustomerFields(**values), shown)
    except Invalid as error:
        return await _edit_page(request, found, values, 422, errors=words.errors_of(error))
    except Conflict:
        return await _edit_page(request, found, values, 409, stored=_shown(found), trouble=_OTHERS_EDIT)
    return see_other(f"/customers/{found.id}", Flash("success", "Карточка клиента сохранена"))


async def _edit_page(
    request: web.Request, found: CustomerView, values: dict[str, str], status: int = 200, **more: Any
) -> web.Response:
    if not found.rights.may_change:
        raise NotFound("customer-forgotten")
    context: dict[str, Any] = {
        "customer": found,
        "values": values,
        "stored": {},
        "fields": words.FIELDS,
        "kinds": words.KINDS,
        "regions": list((await request.app[SERVICES].regions()).items()),
        "errors": {},
        "trouble": "",
    }
    return render(request, "customers/edit.html", status=status, **context | more)


def _shown(found: CustomerView) -> dict[str, str]:
    return {
        "name": found.name,
        "kind": found.kind,
        "inn": found.inn,
        "region_code": found.region_code,
        "note": found.note,
        "tags": ", ".join(found.tags),
    }


async def add_contact(request: web.Request) -> web.Response:
    values, customer_id = one_line(await request.post(), "contact"), number_in_path(request, "id")
    try:
        await request.app[SERVICES].change.add_contact(viewer_of(request), customer_id, values["contact"])
    except Invalid as error:
        return await _card(request, 422, typed=values, errors=words.errors_of(error))
    except ContactTaken as error:
        said = "Этот контакт уже у другого клиента. Если это один человек, объедините карточки"
        return await _card(request, 409, typed=values, errors={"contact": said}, taken_by=error.customer_id)
    except NotAllowedNow:
        return await _card(
            request, 409, typed=values, errors={"contact": "Контактов слишком много: удалите лишние"}
        )
    return see_other(f"/customers/{customer_id}", Flash("success", "Контакт добавлен"))


async def remove_contact(request: web.Request) -> web.Response:
    customer_id, contact_id = number_in_path(request, "id"), number_in_path(request, "contact")
    value = await request.app[SERVICES].change.remove_contact(viewer_of(request), customer_id, contact_id)
    said = format_phone(value) if value.startswith("+") else value
    return see_other(f"/customers/{customer_id}", Flash("success", f"Контакт удалён: {said}"))


async def make_main(request: web.Request) -> web.Response:
    customer_id, contact_id = number_in_path(request, "id"), number_in_path(request, "contact")
    await request.app[SERVICES].change.make_main(viewer_of(request), customer_id, contact_id)
    return see_other(f"/customers/{customer_id}", Flash("success", "Основной контакт выбран"))


async def set_consent(request: web.Request) -> web.Response:
    customer_id, what, state = number_in_path(request, "id"), *_consent_in_path(request)
    ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
    await request.app[SERVICES].change.set_consent(
        viewer_of(request), customer_id, what, is_given=state == "on", ip=ip
    )
    said = "согласие записано" if state == "on" else "отказ записан"
    undo = f"/customers/{customer_id}/consents/{what.value}/{'off' if state == 'on' else 'on'}"
    return see_other(f"/customers/{customer_id}", Flash("success", f"{words.CONSENTS[what]}: {said}", undo))


def _consent_in_path(request: web.Request) -> tuple[ConsentKind, str]:
    kind = next((one for one in ConsentKind if one.value == request.match_info["kind"]), None)
    state = request.match_info["state"]
    if kind is None or state not in ("on", "off"):
        raise NotFound("no-such-address")
    return kind, state


async def _found(request: web.Request) -> CustomerView:
    return await request.app[SERVICES].view(viewer_of(request), number_in_path(request, "id"))


async def _card(request: web.Request, status: int, **more: Any) -> web.Response:
    return await card_page(request, number_in_path(request, "id"), status, **more)


def routes() -> tuple[Route, ...]:
    return (
        get("/customers/{id}/edit", edit_form, CHANGE),
        post("/customers/{id}/edit", save, CHANGE),
        post("/customers/{id}/contacts", add_contact, CHANGE),
        post("/customers/{id}/contacts/{contact}/main", make_main, CHANGE),
        post("/customers/{id}/contacts/{contact}/remove", remove_contact, CHANGE),
        post("/customers/{id}/consents/{kind}/{state}", set_consent, CONSENT),
    )
