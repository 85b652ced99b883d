"""/api/v1/reviews: what customers said and the factory shows, for the pages of any site. No key: everybody may read it."""

import re
from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Invalid
from callcore.messaging.published import MAX_REVIEWS, Review
from web.api.schemas import DealerOut, ReviewList, ReviewOut
from web.keys import DEPS
from web.public.services import SERVICES
from web.rooms import Route, get
from web.security.access import FOREIGN
from web.security.origin import client_ip

FEW: Final = 10
MAX_ID: Final = 2**53
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",  # nothing here depends on who asks
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=60",
}


async def listing(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    services.admit_look(client_ip(request, behind_proxy=request.app[DEPS].behind_proxy))
    dealer, after = (_whole(request, name, MAX_ID) for name in ("dealer", "after"))
    limit = _whole(request, "limit", MAX_REVIEWS)
    found = await services.reviews(dealer, after, limit or FEW)
    told = ReviewList(
        items=[_out(one) for one in found.items],
        count=found.count,
        mean=round(found.mean, 2) if found.mean is not None else None,
        next=found.next_after,
    )
    return web.Response(
        text=told.model_dump_json(), content_type="application/json", charset="utf-8", headers=_HEADERS
    )


def _out(one: Review) -> ReviewOut:
    dealer = DealerOut(id=one.org_id, name=one.org_name) if one.org_id is not None else None
    return ReviewOut(id=one.id, dealer=dealer, name=one.name, score=one.score, text=one.text, day=one.day)


def _whole(request: web.Request, name: str, most: int) -> int | None:
    text = request.query.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,16}", text) or not 1 <= int(text) <= most:
        raise Invalid("fields-wrong", fields={name: f"Целое число от 1 до {most}"})
    return int(text)


def describe(content: Any, refusals: Any, query: Any) -> dict[str, Any]:
    """The operation for the OpenAPI document."""
    number = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
    few = {"type": "integer", "minimum": 1, "maximum": MAX_REVIEWS, "default": FEW}
    return {
        "operationId": "listReviews",
        "summary": "Отзывы покупателей, новые первыми",
        "description": "Ключ не нужен, можно спрашивать со страницы любого сайта; ответ хранится минуту. "
        "Только отзывы, для которых выбрано «Показывать».",
        "security": [],
        "parameters": [
            query("dealer", number, "Только об этом дилере"),
            query("after", number, "Поле next прошлой страницы"),
            query("limit", few),
        ],
        "responses": {
            "200": {"description": "Страница отзывов", "content": content("ReviewList")},
            **refusals("400", "422", "429", "503"),
        },
    }


ROUTES: Final[tuple[Route, ...]] = (get("/api/v1/reviews", listing, FOREIGN),)
