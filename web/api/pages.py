"""The room of the API: its routes, its description for programs and for people, the page of keys."""

import json
from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Invalid
from callcore.network.api_keys import KEEPERS, NewKey, Scope
from web.api import callbacks, orders, reviews
from web.api.description import description
from web.api.services import SERVICES, ApiServices
from web.rooms import NavItem, Room, get, post
from web.security.access import PUBLIC, roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import MAX_ID_DIGITS, number_in_path
from web.ui.templates import render

KEEP = roles(*KEEPERS)
VERSION: Final = "1"
SCOPES: Final = {
    Scope.ORDERS_WRITE: "Передавать заказы",
    Scope.ORDERS_READ: "Читать заказы",
}
_ERRORS: Final = {
    "name": "Назовите ключ: две буквы или больше, например «Сайт на Тильде»",
    "scopes": "Отметьте хотя бы одно право",
    "org": "Выберите организацию из списка",
}


async def document(_request: web.Request) -> web.Response:
    text = json.dumps(description(VERSION), ensure_ascii=False)
    return web.Response(text=text, content_type="application/json", charset="utf-8")


async def docs(request: web.Request) -> web.Response:
    told = description(VERSION)
    operations = [
        (method.upper(), path, operation)
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    ]
    models = told["components"]["schemas"]
    return render(request, "api/docs.html", told=told, operations=operations, models=models, type_words=_type)


def _type(schema: dict[str, Any]) -> str:
    """«string», «LineIn[]», «number | null»."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"{_type(schema['items'])}[]"
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    return str(schema.get("format") or schema.get("type", "любое"))


async def keys(request: web.Request) -> web.Response:
    return await _keys_page(request, {})


async def _keys_page(
    request: web.Request,
    form: dict[str, Any],
    *,
    errors: dict[str, str] | None = None,
    made: NewKey | None = None,
    status: int = 200,
) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    shown = {"name": "", "scopes": ["orders:write"], "org": str(viewer.org_id)} | form
    return render(
        request,
        "api/keys.html",
        status=status,
        keys=await services.keys.list(viewer),
        owners=await services.keys.owners(viewer),
        scopes=SCOPES,
        form=shown,
        errors=errors or {},
        made=made,
        origin=f"{request.scheme}://{request.host}",
    )


async def make(request: web.Request) -> web.Response:
    """The secret is on this answer and nowhere else, so it is shown at once instead of leading on."""
    sent = await request.post()
    name, org = str(sent.get("name", ""))[:200], str(sent.get("org", ""))
    chosen = [str(one) for one in sent.getall("scopes", [])]
    form = {"name": name, "scopes": chosen, "org": org}
    scopes = tuple(one for one in Scope if one.value in chosen)
    is_id = org.isascii() and org.isdigit() and len(org) <= MAX_ID_DIGITS
    try:
        made = await request.app[SERVICES].keys.make(
            viewer_of(request), name, scopes, (int(org) if is_id else -1) if org else None
        )
    except Invalid as refused:
        errors = {field: _ERRORS[field] for field in refused.details["fields"]}
        return await _keys_page(request, form, errors=errors, status=422)
    return await _keys_page(request, {}, made=made)


async def revoke(request: web.Request) -> web.Response:
    name = await request.app[SERVICES].keys.revoke(viewer_of(request), number_in_path(request, "id"))
    return see_other(
        "/api-keys", Flash("success", f"Ключ «{name}» отозван: программа с ним больше не войдёт")
    )


def room(services: ApiServices) -> Room:
    return Room(
        "api",
        (
            *orders.ROUTES,
            *callbacks.ROUTES,
            *reviews.ROUTES,
            get("/api/openapi.json", document, PUBLIC),
            get("/api/docs", docs, PUBLIC),
            get("/api-keys", keys, KEEP),
            post("/api-keys", make, KEEP),
            post("/api-keys/{id}/revoke", revoke, KEEP),
        ),
        nav=(NavItem("Ключи API", "/api-keys", "access-point", KEEP, "Настройки"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
