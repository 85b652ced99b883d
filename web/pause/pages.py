"""The pause: its place in the top bar, its own page for browsers without script, other people's pauses for the supervisor."""

from typing import Any

from aiohttp import web

from callcore.kernel.errors import Forbidden, Invalid
from callcore.network.change_pauses import MAX_REASON_CHARS, MINUTES, OTHER, REASONS, may_end_pauses
from web.keys import DEPS
from web.pause.services import SERVICES, PauseServices
from web.rooms import Room, get, post
from web.security.access import SIGNED_IN
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render


async def page(request: web.Request) -> web.Response:
    return await _page(request)


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    people = [one for one in await services.people(viewer) if one.user_id != viewer.user_id]
    return render(
        request,
        "pause/page.html",
        status=status,
        people=people,
        can_end=may_end_pauses(viewer),
        **await _own(request) | more,
    )


async def _own(request: web.Request) -> dict[str, Any]:
    viewer, now = viewer_of(request), request.app[DEPS].clock.now()
    pause = await request.app[SERVICES].own(viewer)
    return {
        "pause": pause,
        "minutes_left": -(-(pause.until - now).total_seconds() // 60) if pause and pause.until else None,
        "minutes_past": (now - pause.started_at).total_seconds() // 60 if pause else 0,
        "has_phone": bool(viewer.phone_ids),
        "reasons": REASONS,
        "other": OTHER,
        "spans": MINUTES,
        "typed": {},
        "errors": {},
    }


async def bar(request: web.Request) -> web.Response:
    """The fragment of the top bar."""
    return render(request, "pause/bar.html", **await _own(request))


async def people(request: web.Request) -> web.Response:
    """The fragment of the desk: who is away now; empty when nobody is."""
    viewer = viewer_of(request)
    found = await request.app[SERVICES].people(viewer)
    return render(request, "pause/people.html", people=found, can_end=may_end_pauses(viewer))


async def begin(request: web.Request) -> web.Response:
    form = await request.post()
    typed = {name: str(form.get(name, "")).strip()[:200] for name in ("reason", "words", "minutes")}
    reason = typed["words"] if typed["reason"] == OTHER and typed["words"] else typed["reason"]
    minutes = typed["minutes"]
    try:
        await request.app[SERVICES].change.begin(
            viewer_of(request), reason, int(minutes) if minutes.isascii() and minutes.isdigit() else None
        )
    except Invalid as error:
        said = {
            "reason": f"Выберите причину или назовите свою, не длиннее {MAX_REASON_CHARS} знаков",
            "minutes": "Выберите значение из списка",
        }
        errors = {name: said[name] for name in error.details["fields"]}
        return await _page(request, 422, typed=typed, errors=errors)
    return await _done(request, "Вы на паузе: звонки вам не идут")


async def end(request: web.Request) -> web.Response:
    await request.app[SERVICES].change.end(viewer_of(request))
    return await _done(request, "Пауза окончена: звонки снова идут вам")


async def end_other(request: web.Request) -> web.Response:
    viewer = viewer_of(request)
    if not may_end_pauses(viewer):
        raise Forbidden("not-supervisor")
    name = await request.app[SERVICES].change.end(viewer, number_in_path(request, "id"))
    return see_other("/pause", Flash("success", f"{name}: пауза окончена"))


async def _done(request: web.Request, said: str) -> web.Response:
    if "HX-Request" in request.headers:
        return await bar(request)
    return see_other("/pause", Flash("success", said))


def room(services: PauseServices) -> Room:
    return Room(
        "pause",
        (
            get("/pause", page, SIGNED_IN),
            get("/pause/bar", bar, SIGNED_IN),
            get("/pause/people", people, SIGNED_IN),
            post("/pause", begin, SIGNED_IN),
            post("/pause/end", end, SIGNED_IN),
            post("/pause/{id}/end", end_other, SIGNED_IN),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
