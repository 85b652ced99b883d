"""«Войти как дилер»: in whose place and why; the way back."""

from typing import Any

from aiohttp import web

from callcore.kernel.errors import Invalid, NotFound
from callcore.network.acting import ACTORS
from web.account import words
from web.account.services import SERVICES
from web.keys import DEPS
from web.rooms import Route, get, post
from web.security.access import SIGNED_IN, roles
from web.security.origin import client_ip
from web.security.sessions import session_id, viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(*ACTORS)
MAX_CHARS = 400


async def form(request: web.Request) -> web.Response:
    person = request.query.get("person", "")
    return await _page(request, typed={"person": person, "reason": ""})


async def start(request: web.Request) -> web.Response:
    typed = {name: _line((await request.post()).get(name, "")) for name in ("person", "reason")}
    person = typed["person"]
    chosen = int(person) if person.isascii() and person.isdigit() and len(person) < 19 else 0
    org_id, viewer, acting = number_in_path(request, "id"), viewer_of(request), request.app[SERVICES].acting
    people = {one.user_id for one in await acting.choices(viewer, org_id)}
    if chosen not in people:
        return await _page(request, 422, typed=typed, errors={"person": words.ERRORS["person"]})
    ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
    try:
        who = await acting.start(viewer, session_id(request), chosen, typed["reason"], ip)
    except Invalid:
        return await _page(request, 422, typed=typed, errors={"reason": words.ERRORS["reason-length"]})
    except NotFound:
        return await _page(request, 422, typed=typed, errors={"person": words.ERRORS["person"]})
    return see_other("/", Flash("info", f"Вы вошли как {who.full_name}, {who.org_name}"))


async def end(request: web.Request) -> web.Response:
    viewer = viewer_of(request)
    ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
    await request.app[SERVICES].acting.end(viewer, session_id(request), ip)
    if viewer.acting_id is None:
        return see_other("/")
    return see_other(f"/dealers/{viewer.org_id}", Flash("success", "Вы снова действуете от своего имени"))


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    org_id = number_in_path(request, "id")
    people = await request.app[SERVICES].acting.choices(viewer_of(request), org_id)
    context: dict[str, Any] = {"org_id": org_id, "people": people, "errors": {}}
    return render(request, "account/act.html", status=status, **context | more)


def _line(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value if char.isprintable()).strip()[:MAX_CHARS]


def routes() -> tuple[Route, ...]:
    return (
        get("/dealers/{id}/act", form, WHO),
        post("/dealers/{id}/act", start, WHO),
        post("/acting/end", end, SIGNED_IN),
    )
