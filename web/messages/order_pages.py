"""Messages to a customer: what became of those of one order, a new one to the customer of an order or to a customer."""

import secrets
from typing import Any

from aiohttp import web

from callcore.kernel.errors import Invalid, NotAllowedNow
from callcore.messaging.matrix import Channel
from callcore.messaging.ready_words import LetterPaper, ReadyWords
from callcore.messaging.rules import MAX_SMS_CHARS
from callcore.messaging.write_customer import Written
from callcore.network.model import DEALER_ROLES, Role
from web.messages import words
from web.messages.services import SERVICES
from web.rooms import Route, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

WRITE = roles(Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR, *DEALER_ROLES)
MAX_CHARS = 5000
REFUSALS = {
    "no-ad-consent": "Клиент не давал согласия на рекламу: предложение отправить нельзя. Сообщение по заказу можно.",
    "dealer-suspended": "Дилер приостановлен: писать клиентам пока нельзя.",
    "sms-quota": "Сегодня вы отправили все SMS, разрешённые дилеру на день. Напишите письмо или дождитесь завтра.",
}


async def deliveries(request: web.Request) -> web.Response:
    """A fragment for the card of the order; a page of its own for whoever comes without script."""
    number = number_in_path(request, "number")
    rows = await request.app[SERVICES].desk.deliveries(viewer_of(request), number)
    name = "messages/deliveries.html" if "HX-Request" in request.headers else "messages/deliveries_page.html"
    return render(
        request,
        name,
        rows=rows,
        number=number,
        states=words.STATES,
        channels=words.CHANNELS,
        reason=words.reason_words,
    )


async def write_form(request: web.Request) -> web.Response:
    return await _write_page(request)


async def write(request: web.Request) -> web.Response:
    form, services = await request.post(), request.app[SERVICES]
    typed = {
        name: str(form.get(name, ""))[:MAX_CHARS].replace("\r\n", "\n") for name in ("text", "subject", "key")
    }
    channel = Channel.EMAIL if form.get("channel") == Channel.EMAIL.value else Channel.SMS
    ready = _chosen(await _paper(request), str(form.get("words", "")))
    is_ad = bool(form.get("is_ad")) or (
        ready is not None and ready.is_ad
    )  # whoever began with an offer sends one
    typed |= {"channel": channel.value, "is_ad": "1" if is_ad else "", "words": ready.code if ready else ""}
    written = Written(channel, typed["text"], is_ad, typed["key"][:64], typed["subject"])
    viewer = viewer_of(request)
    try:
        if "number" in request.match_info:
            number = number_in_path(request, "number")
            await services.desk.write_customer(viewer, number, written)
            home = f"/orders/{number}/deliveries"
        else:
            customer_id = number_in_path(request, "id")
            await services.desk.write_to(viewer, customer_id, written)
            home = f"/customers/{customer_id}"
    except Invalid as error:
        return await _write_page(request, 422, typed=typed, errors=words.errors_of(error))
    except NotAllowedNow as error:
        return await _write_page(request, 409, typed=typed, trouble=REFUSALS.get(error.code, error.code))
    return see_other(home, Flash("success", "Сообщение поставлено в отправку"))


async def _paper(request: web.Request) -> LetterPaper:
    """Raises NotFound for whom he may not write to."""
    desk, viewer = request.app[SERVICES].desk, viewer_of(request)
    if "number" in request.match_info:
        return await desk.letter_paper(viewer, number=number_in_path(request, "number"))
    return await desk.letter_paper(viewer, customer_id=number_in_path(request, "id"))


def _chosen(paper: LetterPaper, code: str) -> ReadyWords | None:
    return next((one for one in paper.ready if one.code == code), None)


async def _write_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    services, paper = request.app[SERVICES], await _paper(request)
    wanted = more.get("typed", {}).get("words", request.query.get("words", ""))
    ready = _chosen(paper, wanted)
    context: dict[str, Any] = {
        "paper": paper,
        "home": request.path,
        "is_order": "number" in request.match_info,
        "chosen": ready,
        "typed": {
            "text": ready.text if ready else "",
            "subject": "",
            "channel": Channel.SMS.value,
            "is_ad": "1" if ready is not None and ready.is_ad else "",
            "key": secrets.token_urlsafe(12),
        },
        "errors": {},
        "trouble": "",
        "max_sms": MAX_SMS_CHARS,
        "has_mail": services.has_mail,
        "has_sms": services.has_sms,
    }
    return render(request, "messages/write.html", status=status, **context | more)


def routes() -> tuple[Route, ...]:
    return (
        get("/orders/{number}/deliveries", deliveries, WRITE),
        get("/orders/{number}/write", write_form, WRITE),
        post("/orders/{number}/write", write, WRITE),
        get("/customers/{id}/write", write_form, WRITE),
        post("/customers/{id}/write", write, WRITE),
    )
