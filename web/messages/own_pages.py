"""What one person wants to hear of, and over which channel."""

from typing import Any

from aiohttp import web

from callcore.kernel.errors import Invalid
from callcore.messaging.matrix import Channel
from web.messages import grid, words
from web.messages.pages import CHOOSE
from web.messages.services import SERVICES
from web.rooms import Route, get, post
from web.security.access import SIGNED_IN, permits
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.templates import render

MAX_CHARS = 60


async def own(request: web.Request) -> web.Response:
    return await _page(request)


async def choose_own(request: web.Request) -> web.Response:
    form, viewer, desk = await request.post(), viewer_of(request), request.app[SERVICES].desk
    choices = (await desk.own(viewer)).choices
    groups = grid.own_groups(viewer, choices)
    wanted: dict[tuple[str, Channel], bool | None] = {}
    for (code, _, channel), is_on in grid.changed(form, groups).items():
        event = choices[code].event
        meant = grid.own_recipients(viewer, event)
        usual = any(choices[code].for_recipient(one, channel, viewer.org_id) for one in meant)
        wanted[code, channel] = is_on if is_on != usual else None
    sms = str(form.get("sms", ""))[:MAX_CHARS]
    try:
        await desk.choose_own(viewer, wanted, sms)
    except Invalid as error:
        return await _page(request, 422, typed=sms, ticked=set(form), errors=words.errors_of(error))
    return see_other("/account/notices", Flash("success", "Ваши оповещения сохранены"))


async def _page(
    request: web.Request, status: int = 200, *, ticked: set[str] | None = None, **more: Any
) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    choice = await services.desk.own(viewer)
    groups = grid.own_groups(viewer, choice.choices)
    context: dict[str, Any] = {
        "groups": groups,
        "shown": grid.shown_of(groups),
        "ticked": ticked,
        "channels": words.CHANNELS,
        "typed": choice.sms,
        "errors": {},
        "has_mail": services.has_mail,
        "has_sms": services.has_sms,
        "sets_dealer": permits(CHOOSE, viewer) and not viewer.is_staff,
    }
    return render(request, "messages/own.html", status=status, **context | more)


def routes() -> tuple[Route, ...]:
    return (get("/account/notices", own, SIGNED_IN), post("/account/notices", choose_own, SIGNED_IN))
