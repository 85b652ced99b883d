"""/api/v1/callbacks: a program asks to call its customer back; taken in once by its key."""

from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError

from callcore.intake.once import MAX_KEY_CHARS, Press
from callcore.kernel.errors import Invalid
from callcore.outbound.callbacks.model import CallbackAsk, CallbackSource
from web.api.orders import KEY_PATTERN, WRITE, unreadable
from web.api.schemas import CallbackIn, CallbackTaken
from web.api.services import SERVICES
from web.callbacks.words import ASKED_WRONG
from web.public.callback_pages import DESK
from web.rooms import Route, post
from web.security.programs import CALLER

_NAMES: Final = {"number": "phone"}


async def take(request: web.Request) -> web.Response:
    caller = request[CALLER]
    request.app[SERVICES].admit(caller)
    key = request.headers.get("Idempotency-Key", "").strip()
    if not KEY_PATTERN.fullmatch(key):
        raise Invalid("idempotency-key-needed")
    if request.content_type != "application/json":
        raise Invalid("body-unreadable")
    raw = await request.read()
    try:
        sent = CallbackIn.model_validate_json(raw)
    except ValidationError as error:
        raise unreadable(error) from None
    told = CallbackAsk(
        source=CallbackSource.API,
        site=sent.site,
        number=sent.phone,
        name=sent.name,
        note=sent.note,
        at=sent.at,
        page=sent.page,
        medium=sent.medium,
        campaign=sent.campaign,
    )
    try:
        asked = await request.app[DESK].ask_by_program(
            caller, Press.of(f"api-callback:{caller.key_id}", key, raw), told
        )
    except Invalid as refused:
        fields = dict(refused.details.get("fields", {}))
        raise Invalid(refused.code, fields=_worded(fields)) from None
    body = CallbackTaken(id=asked.public_id, due_at=asked.due_at, is_new=asked.is_new).model_dump_json()
    return web.Response(text=body, status=201, content_type="application/json", charset="utf-8")


def _worded(fields: dict[str, Any]) -> dict[str, str]:
    return {
        _NAMES.get(name, name): ASKED_WRONG.get(str(code), "Проверьте это поле")
        for name, code in fields.items()
    }


def describe(content: Any, refusals: Any) -> dict[str, Any]:
    """The operation for the OpenAPI document."""
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARS, "pattern": "^[!-~]+$"},
    }
    return {
        "operationId": "askCallback",
        "summary": "Заказать обратный звонок",
        "description": "Право orders:write. Одна открытая заявка на номер и сайт: повтор её обновляет. "
        "Только российские номера, платные и короткие не принимаются.",
        "parameters": [key],
        "requestBody": {"required": True, "content": content("CallbackIn")},
        "responses": {
            "201": {"description": "Заявка принята", "content": content("CallbackTaken")},
            **refusals("400", "401", "403", "413", "422", "429", "503"),
        },
    }


ROUTES: Final[tuple[Route, ...]] = (post("/api/v1/callbacks", take, WRITE),)
