"""Messages to the customer of one order: what became of them, a new one, the question after closing by one press."""

import secrets
from typing import Any

from aiohttp import web

from callcore.kernel.errors import Invalid, NotAllowedNow
from callcore.messaging.matrix import Channel
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
    form, number = await request.post(), number_in_path(request, "number")
    typed = {
        name: str(form.get(name, ""))[:MAX_CHARS].replace("\r\n", "\n") for name in ("text", "subject", "key")
    }
    channel = Channel.EMAIL if form.get("channel") == Channel.EMAIL.value else Channel.SMS
    typed |= {"channel": channel.value, "is_ad": "1" if form.get("is_ad") else ""}
    written = Written(channel, typed["text"], bool(typed["is_ad"]), typed["key"][:64], typed["subject"])
    try:
        await request.app[SERVICES].desk.write_customer(viewer_of(request), number, written)
    except Invalid as error:
        return await _write_page(request, 422, typed=typed, errors=words.errors_of(error))
    except NotAllowedNow as error:
        return await _write_page(request, 409, typed=typed, trouble=REFUSALS.get(error.code, error.code))
    return see_other(f"/orders/{number}/deliveries", Flash("success", "Сообщение поставлено в отправку"))


async def _write_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    number, services = number_in_path(request, "number"), request.app[SERVICES]
    _ = await services.desk.deliveries(viewer_of(request), number)  # may he see the order at all?
    context: dict[str, Any] = {
        "number": number,
        "typed": {
            "text": "",
            "subject": "",
            "channel": Channel.SMS.value,
            "is_ad": "",
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
    )
