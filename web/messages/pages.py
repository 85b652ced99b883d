"""The matrix of messages for the network and for a dealer; quiet hours."""

from typing import Any

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid
from callcore.messaging.matrix import Channel, EventKind, Recipient
from callcore.messaging.message_desk import may_choose_for_dealer
from callcore.messaging.rules import Quiet
from callcore.network.model import Role
from web.messages import grid, words
from web.messages.services import SERVICES
from web.rooms import Route, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.clock import time_of
from web.ui.flash import Flash, see_other
from web.ui.templates import render

EDIT = roles(Role.ADMIN, Role.MANUFACTURER)
CHOOSE = roles(Role.ADMIN, Role.MANUFACTURER, Role.DEALER_OWNER, Role.SUBDEALER)
TABS = (("Оповещения", "/messages"), ("Тексты", "/messages/words"), ("Тихие часы и SMS", "/messages/quiet"))


def tabs_for(request: web.Request, here: str) -> list[tuple[str, str, None, bool]]:
    viewer = viewer_of(request)
    if not viewer.is_staff:
        return []
    tabs = [(title, path, None, path == here) for title, path in TABS]
    if viewer.role is Role.ADMIN:
        tabs.append(("Отправка", "/notices/letters", None, False))
    return tabs


async def matrix(request: web.Request) -> web.Response:
    return await _matrix_page(request)


async def _groups(request: web.Request) -> dict[str, list[grid.Row]]:
    viewer = viewer_of(request)
    choices = await request.app[SERVICES].desk.choices()
    org_id = None if viewer.is_staff else viewer.org_id

    def is_on(event: EventKind, recipient: Recipient, channel: Channel) -> bool:
        return choices[event.code].for_recipient(recipient, channel, org_id)

    return grid.grid(_columns(request), is_on)


def _columns(request: web.Request) -> tuple[Recipient, ...]:
    if may_choose_for_dealer(viewer_of(request)):
        return (Recipient.MANAGER, Recipient.DEALER)
    return tuple(Recipient)


async def choose(request: web.Request) -> web.Response:
    form = await request.post()
    wanted = grid.changed(form, await _groups(request))
    try:
        await request.app[SERVICES].desk.choose(viewer_of(request), wanted)
    except Invalid as error:
        return await _matrix_page(request, 422, trouble=words.errors_of(error)["cells"])
    said = "Оповещения сохранены" if wanted else "Ничего не изменилось"
    return see_other("/messages", Flash("success" if wanted else "info", said))


async def _matrix_page(request: web.Request, status: int = 200, trouble: str = "") -> web.Response:
    services, groups = request.app[SERVICES], await _groups(request)
    return render(
        request,
        "messages/matrix.html",
        status=status,
        groups=groups,
        shown=grid.shown_of(groups),
        columns=[(one, *words.RECIPIENTS[one]) for one in _columns(request)],
        channels=words.CHANNELS,
        tabs=tabs_for(request, "/messages"),
        has_mail=services.has_mail,
        has_sms=services.has_sms,
        trouble=trouble,
    )


async def quiet(request: web.Request) -> web.Response:
    return await _quiet_page(request)


async def set_quiet(request: web.Request) -> web.Response:
    form = await request.post()
    stored = await request.app[SERVICES].desk.settings()
    values = {name: str(form.get(name, ""))[:8].strip() for name in ("since", "until")}
    values["sms_a_day"] = sms = str(form.get("sms_a_day", stored.sms_a_day))[:8].strip()
    shown = str(form.get("version", "0"))
    times, errors = {}, {}
    if not (sms.isascii() and sms.isdigit()):
        errors["sms_a_day"] = words.error_words("sms-a-day-wrong")
    for name in ("since", "until"):
        value = time_of(values[name])
        if value is None:
            errors[name] = words.error_words("time-wrong")
        else:
            times[name] = value
    if errors or not (shown.isascii() and shown.isdigit()):
        return await _quiet_page(request, 422, values=values, errors=errors)
    chosen = Quiet(**times)
    try:
        await request.app[SERVICES].desk.set_messages(viewer_of(request), chosen, int(sms), int(shown))
    except Invalid as error:
        return await _quiet_page(request, 422, values=values, errors=words.errors_of(error))
    except Conflict:
        trouble = "Эти настройки уже изменил кто-то другой: ниже то, что ввели вы. Сохраните ещё раз, если так и нужно."
        return await _quiet_page(request, 409, values=values, trouble=trouble)
    return see_other("/messages/quiet", Flash("success", "Тихие часы и число SMS сохранены"))


async def _quiet_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    settings = await request.app[SERVICES].desk.settings()
    context: dict[str, Any] = {
        "values": {
            "since": f"{settings.quiet.since:%H:%M}",
            "until": f"{settings.quiet.until:%H:%M}",
            "sms_a_day": str(settings.sms_a_day),
        },
        "version": settings.version,
        "errors": {},
        "trouble": "",
        "tabs": tabs_for(request, "/messages/quiet"),
    }
    return render(request, "messages/quiet.html", status=status, **context | more)


def routes() -> tuple[Route, ...]:
    return (
        get("/messages", matrix, CHOOSE),
        post("/messages", choose, CHOOSE),
        get("/messages/quiet", quiet, EDIT),
        post("/messages/quiet", set_quiet, EDIT),
    )
