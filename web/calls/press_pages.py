"""The button «Позвонить клиенту»: what stands before the press, the press itself, and the call as it goes on.

Everything is a page first: a link to the button's own page, a form, a page with the state. With script the same parts live
inside any page: [data-press] boxes fetch and follow them.
"""

import secrets
from typing import Any, Final

from aiohttp import web

from callcore.calls.attempts import AttemptKind
from callcore.kernel.errors import Conflict, DealerlineError, NotAllowedNow, NotFound
from callcore.network.model import DEALER_ROLES, Role
from callcore.orders.views import phone_view
from callcore.outbound.targets import PRESSED, Asked
from web.calls import press_words
from web.calls.press_services import PRESS, PressServices
from web.keys import DEPS
from web.rooms import Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import see_other
from web.ui.templates import render

WHO = roles(Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR, *DEALER_ROLES)
MAX_ID_CHARS: Final = 150


async def offer(request: web.Request) -> web.Response:
    """The button's own page; as a fragment for a box in another page."""
    return await _offer(request, _asked(request.match_info["kind"], request.match_info["target"]))


async def press(request: web.Request) -> web.Response:
    form = await request.post()
    asked = _asked(str(form.get("kind", "")), str(form.get("target", "")))
    key, phone = str(form.get("key", "")), str(form.get("phone", ""))
    try:
        call_id = await request.app[PRESS].press(viewer_of(request), asked, key, phone)
    except Conflict as other:
        return await _follow_other(request, asked, other)
    except NotAllowedNow as refused:
        return await _offer(request, asked, refused)
    return await _go(request, call_id)


async def state(request: web.Request) -> web.Response:
    return await _state(request, request.match_info["call_id"])


async def stop(request: web.Request) -> web.Response:
    call_id = request.match_info["call_id"]
    await request.app[PRESS].stop(viewer_of(request), call_id)
    return await _go(request, call_id)


async def _go(request: web.Request, call_id: str) -> web.Response:
    if _is_box(request):
        return await _state(request, call_id, status=202)
    return see_other(f"/press/{call_id}")


async def _follow_other(request: web.Request, asked: Asked, other: Conflict) -> web.Response:
    """Somebody calls this customer already: whoever may know of that call follows it."""
    call_id = str(other.details.get("call_id", ""))
    try:
        await request.app[PRESS].view(viewer_of(request), call_id)
    except NotFound:
        return await _offer(request, asked, other)
    return await _go(request, call_id)


async def _offer(request: web.Request, asked: Asked, refused: DealerlineError | None = None) -> web.Response:
    """A refused press comes back to the same form, with the phone that was chosen and the reason."""
    found = await request.app[PRESS].offer(viewer_of(request), asked)
    form = await request.post() if refused else {}
    trouble = refused or found.trouble
    words = press_words.refusal_words(trouble.code, trouble.details) if trouble else None
    context: dict[str, Any] = {
        "asked": asked,
        "offer": found,
        "cli": phone_view(found.cli, (found.cli,)),
        "key": secrets.token_urlsafe(16),
        "chosen": str(form.get("phone", found.phones.chosen)),
        "trouble": words,
        "title": press_words.TITLES[asked.kind],
    }
    status = 422 if refused else 200
    part = "calls/press_offer.html" if _is_box(request) else "calls/press.html"
    return render(request, part, status=status, **context)


async def _state(request: web.Request, call_id: str, status: int = 200) -> web.Response:
    view = await request.app[PRESS].view(viewer_of(request), call_id)
    since = view.joined_at
    context: dict[str, Any] = {
        "attempt": view,
        "said": press_words.said_of(view),
        "steps": press_words.steps_of(view),
        "talk_so_far_s": int((request.app[DEPS].clock.now() - since).total_seconds()) if since else 0,
    }
    part = "calls/press_state.html" if _is_box(request) else "calls/press_follow.html"
    return render(request, part, status=status, **context)


def _is_box(request: web.Request) -> bool:
    return "HX-Request" in request.headers


def _asked(kind: str, target: str) -> Asked:
    found = next((one for one in PRESSED if one.value == kind), None)
    if found is None or not target.isprintable() or not 0 < len(target) <= MAX_ID_CHARS:
        raise NotFound("no-such-target")
    return Asked(AttemptKind(found), target)


def room(services: PressServices) -> Room:
    return Room(
        "press",
        (
            post("/press", press, WHO),
            get("/press/{kind}/{target}", offer, WHO),
            get("/press/{call_id}", state, WHO),
            post("/press/{call_id}/stop", stop, WHO),
        ),
        furnish=lambda app: app.__setitem__(PRESS, services),
        scripts=("call_button.js",),
    )
