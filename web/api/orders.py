"""/api/v1/orders: taken in once by their key, one by its number, a list by pages."""

import re
from datetime import datetime
from typing import Final

from aiohttp import web
from pydantic import ValidationError

from callcore.intake.api_orders import MAX_API_PAGE, ApiOrderFilter
from callcore.intake.once import MAX_KEY_CHARS
from callcore.kernel.errors import Invalid
from callcore.network.api_keys import Scope
from callcore.orders.views import OrderCursor
from web.api.schemas import OrderIn, OrderList
from web.api.services import SERVICES
from web.api.shapes import draft_of, order_out, problems_of, taken_out
from web.intake.words import field_words
from web.keys import DEPS
from web.rooms import Route, get, post
from web.security.access import ProgramAccess
from web.security.programs import CALLER
from web.ui.paths import number_in_path

WRITE: Final = ProgramAccess(Scope.ORDERS_WRITE)
READ: Final = ProgramAccess(Scope.ORDERS_READ)
KEY_PATTERN: Final = re.compile(r"[!-~]{1,%d}" % MAX_KEY_CHARS, re.ASCII)  # noqa: UP031 - braces


async def take(request: web.Request) -> web.Response:
    services, caller = request.app[SERVICES], request[CALLER]
    services.admit(caller)
    key = request.headers.get("Idempotency-Key", "").strip()
    if not KEY_PATTERN.fullmatch(key):
        raise Invalid("idempotency-key-needed")
    if request.content_type != "application/json":
        raise Invalid("body-unreadable")
    raw = await request.read()
    try:
        sent = OrderIn.model_validate_json(raw)
    except ValidationError as error:
        raise unreadable(error) from None
    try:
        taken = await services.take(caller, key, raw, draft_of(sent))
    except Invalid as refused:
        raise Invalid(refused.code, fields=field_words(refused.details.get("fields", {}))) from None
    response = _json(taken_out(taken, _origin(request)).model_dump_json(), 201)
    response.headers["Location"] = f"/api/v1/orders/{taken.number}"
    if taken.is_repeat:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def unreadable(error: ValidationError) -> Invalid:
    if any(item["type"] == "json_invalid" for item in error.errors(include_url=False)):
        return Invalid("body-unreadable")
    return Invalid("fields-wrong", fields=problems_of(error))


async def order(request: web.Request) -> web.Response:
    services, caller = request.app[SERVICES], request[CALLER]
    services.admit(caller)
    found = await services.order(caller.viewer, number_in_path(request, "number"))
    return _json(order_out(found, _origin(request)).model_dump_json())


async def orders(request: web.Request) -> web.Response:
    services, caller = request.app[SERVICES], request[CALLER]
    services.admit(caller)
    query = request.query
    wanted = ApiOrderFilter(
        status=_word(query.get("status", "")),
        source=_word(query.get("source", "")),
        created_from=_moment(request, "created_from"),
        created_before=_moment(request, "created_before"),
    )
    after = _cursor(query.get("after", ""))
    page = await services.orders(caller.viewer, wanted, after, _limit(query.get("limit", "")))
    origin = _origin(request)
    told = OrderList(
        items=[order_out(item, origin) for item in page.items],
        next=page.next_cursor.encode() if page.next_cursor else None,
    )
    return _json(told.model_dump_json())


def _json(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="application/json", charset="utf-8")


def _origin(request: web.Request) -> str:
    scheme = "https" if request.app[DEPS].secure else request.scheme
    return f"{scheme}://{request.host}"


def _word(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:64]


def _limit(text: str) -> int:
    if not text:
        return 25
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_API_PAGE:
        raise Invalid("fields-wrong", fields={"limit": f"Число от 1 до {MAX_API_PAGE}"})
    return int(text)


def _cursor(text: str) -> OrderCursor | None:
    try:
        return OrderCursor.parse(text) if text else None
    except Invalid:
        raise Invalid(
            "fields-wrong", fields={"after": "Возьмите его из поля next прошлой страницы"}
        ) from None


def _moment(request: web.Request, name: str) -> datetime | None:
    text = request.query.get(name, "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None and 1900 < at.year < 9000:
            return at
    except ValueError:
        pass
    raise Invalid("fields-wrong", fields={name: "Момент с зоной, например 2026-12-25T18:00:00+03:00"})


ROUTES: Final[tuple[Route, ...]] = (
    post("/api/v1/orders", take, WRITE),
    get("/api/v1/orders", orders, READ),
    get("/api/v1/orders/{number}", order, READ),
)
