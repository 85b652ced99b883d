"""One's own order by its link: what is with it, a message, a review, a complaint, an end to advertising."""

import re
import secrets
from typing import Any, Final

from aiohttp import web

from callcore.intake.customer_page import PublicOrder
from callcore.kernel.errors import Invalid, NotFound
from callcore.orders.model import OrderClass, OrderKind, OrderResult
from web.keys import DEPS
from web.orders import words as order_words
from web.public.services import SERVICES
from web.security.origin import client_ip
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

_PUBLIC_ID: Final = re.compile(r"[A-Za-z0-9_-]{20,64}", re.ASCII)
REVIEWS: Final = 5
STEPS: Final = ("Принят", "У дилера", "Согласован", "Выполнен")
_STATES: Final = {
    OrderClass.OPEN: ("Ищем дилера", "info", "Заказ у нас. Подбираем ближайшего дилера, он вам позвонит."),
    OrderClass.WAITING: ("Дилер принял заказ", "info", "Дилер скоро позвонит вам, чтобы всё уточнить."),
    OrderClass.CONTACTED: ("В работе", "ok", "Дилер поговорил с вами и занимается заказом."),
    OrderClass.PAYMENT: ("Ждёт оплаты", "warn", "Осталось оплатить: как это сделать, подскажет дилер."),
}
_RESULTS: Final = {
    OrderResult.DONE: ("Выполнен", "ok", "Заказ выполнен. Спасибо, что выбрали нас!"),
    OrderResult.FAILED: ("Закрыт", "calm", "Заказ закрыт без покупки. Если это ошибка, напишите нам ниже."),
}
_REACHED: Final = {OrderClass.OPEN: 1, OrderClass.WAITING: 2, OrderClass.CONTACTED: 3, OrderClass.PAYMENT: 3}
_TEXT_ERROR: Final = "Напишите, что случилось или о чём спросить: от одного до 4000 знаков"


def state_of(order: PublicOrder) -> tuple[str, str, str]:
    """Title, tone, sentence."""
    if order.status_class is OrderClass.CLOSED:
        return _RESULTS.get(order.result, _RESULTS[OrderResult.FAILED])
    if order.kind is OrderKind.REQUEST and order.status_class is OrderClass.OPEN:
        return "Обращение у нас", "info", "Мы ответим вам в ближайшее время."
    return _STATES[order.status_class]


async def show(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    services.admit_look(_ip(request))
    return await _page(request, await services.order(_public_id(request)))


async def _page(request: web.Request, order: PublicOrder, *, status: int = 200, **more: Any) -> web.Response:
    is_closed = order.status_class is OrderClass.CLOSED
    context = {
        "order": order,
        "state": state_of(order),
        "steps": STEPS,
        "reached": 4 if is_closed else _REACHED[order.status_class],
        "is_failed": is_closed and order.result is not OrderResult.DONE,
        "may_confirm": not is_closed and await request.app[SERVICES].may_confirm(order),
        "reviews": await request.app[SERVICES].reviews(order.dealer_id, None, REVIEWS)
        if order.dealer_id is not None
        else None,
        "survey": await request.app[SERVICES].survey(order) if is_closed else "",
        "key": secrets.token_urlsafe(16),
        "orders": order_words,
        "errors": {},
        "said": "",
        "told": {"kind": "review", "score": "", "text": ""},
    }
    response = render(request, "public/order.html", status=status, **context | more)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response


async def say(request: web.Request) -> web.Response:
    services, public_id, sent = request.app[SERVICES], _public_id(request), await request.post()
    services.admit_word(_ip(request))
    text, key = str(sent.get("text", "")), str(sent.get("key", ""))[:64]
    try:
        await services.say(public_id, text, key or secrets.token_urlsafe(16))
    except Invalid as refused:
        if refused.code != "idempotency-key-reused":
            order = await services.order(public_id)
            return await _page(request, order, status=422, said=text[:4000], errors={"text": _TEXT_ERROR})
        await services.say(
            public_id, text, secrets.token_urlsafe(16)
        )  # another text from a page gone back to
    return see_other(f"/o/{public_id}", Flash("success", "Сообщение отправлено"))


async def confirm(request: web.Request) -> web.Response:
    """The customer's word instead of a key: what the robot could not get."""
    services, public_id = request.app[SERVICES], _public_id(request)
    services.admit_word(_ip(request))
    order = await services.order(public_id)
    if not await services.may_confirm(order) or not await services.confirm(order.id):
        return see_other(f"/o/{public_id}", Flash("info", "Заказ уже подтверждён или завершён"))
    return see_other(f"/o/{public_id}", Flash("success", "Спасибо! Заказ подтверждён"))


async def feedback(request: web.Request) -> web.Response:
    services, public_id, sent = request.app[SERVICES], _public_id(request), await request.post()
    services.admit_word(_ip(request))
    order = await services.order(public_id)
    told = {name: str(sent.get(name, ""))[:4000] for name in ("kind", "score", "text")}
    kind = told["kind"] if told["kind"] in {"review", "complaint"} else "review"
    score = int(told["score"]) if told["score"] in {"1", "2", "3", "4", "5"} else None
    try:
        await services.feedback(order.id, kind, score, told["text"])
    except Invalid:
        return await _page(request, order, status=422, told=told, errors={"feedback": _TEXT_ERROR})
    words = "Жалоба передана производителю: по ней ответят" if kind == "complaint" else "Спасибо за отзыв!"
    return see_other(f"/o/{public_id}", Flash("success", words))


async def stop_ads(request: web.Request) -> web.Response:
    services, public_id = request.app[SERVICES], _public_id(request)
    services.admit_word(_ip(request))
    await services.stop_ads(public_id, _ip(request))
    return see_other(f"/o/{public_id}", Flash("success", "Больше не пришлём рекламы. О заказе сообщим"))


async def file(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    services.admit_look(_ip(request))
    found = await services.file(_public_id(request), number_in_path(request, "file_id"))
    response = web.FileResponse(found.path)
    response.content_type = "application/octet-stream"
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", found.name) or "file"
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response


def _public_id(request: web.Request) -> str:
    text = request.match_info["public_id"]
    if not _PUBLIC_ID.fullmatch(text):
        raise NotFound("no-such-address")
    return text


def _ip(request: web.Request) -> str:
    return client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
