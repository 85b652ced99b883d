"""A new dealer with the link for its head; the public page behind a link."""

from typing import Any

from aiohttp import web

from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.network.invites import LinkView, NewDealer
from callcore.network.links import LinkState
from callcore.network.model import DEALER_ROLES
from callcore.network.outlets import may_edit_network
from callcore.network.passwords import MIN_LENGTH
from callcore.network.sign_in import CodeNeeded
from web.dealers import words
from web.dealers.access import RUN
from web.dealers.people_pages import link_address
from web.dealers.services import SERVICES
from web.dealers.typed import WORDS, errors_of, line, typed, whole
from web.keys import DEPS
from web.rooms import Route, get, post
from web.security.access import PUBLIC
from web.security.origin import client_ip
from web.security.second_step import ask_for_code
from web.security.sessions import cookie_name, session_of, set_session_cookie, viewer_of
from web.ui.templates import ROLE_TITLES, render

MAX_TOKEN_CHARS = 100
MAX_AGENT_CHARS = 200
MAX_PASSWORD_CHARS = 1000


async def new_dealer(request: web.Request) -> web.Response:
    parent = line(request.query.get("parent", ""), 18)
    return await _new_page(request, typed={"parent_id": parent})


async def add_dealer(request: web.Request) -> web.Response:
    values = typed(await request.post(), "name", "email", "region_code", "parent_id")
    new = NewDealer(values["name"], values["email"], values["region_code"], whole(values["parent_id"]))
    try:
        org_id, link = await request.app[SERVICES].invites.add_dealer(viewer_of(request), new)
    except Invalid as error:
        return await _new_page(request, 422, typed=values, errors=errors_of(error))
    return render(
        request,
        "dealers/invited.html",
        org_id=org_id,
        dealer_name=new.name,
        link=link_address(request, link),
        new_link=link,
        dealers=words,
    )


async def _new_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    regions = await services.regions()
    below = await services.tree(viewer, viewer.org_id) if not viewer.is_staff else ()
    own = () if viewer.is_staff else ((viewer.org_id, viewer.org_name),)
    context: dict[str, Any] = {
        "regions": list(regions.items()),
        "parents": [*own, *((row.id, row.name) for row in below)],
        "is_head_office": may_edit_network(viewer),
        "errors": {},
        "dealers": words,
    }
    return render(request, "dealers/new.html", status=status, **context | more)


async def join_form(request: web.Request) -> web.Response:
    return await _join_page(request, await _look(request))


async def join(request: web.Request) -> web.Response:
    """Signed in by the new password at the end: a fresh session, the one before is closed."""
    form, view = await request.post(), await _look(request)
    if view is None or view.state is not LinkState.OPEN:
        return await _join_page(request, view)
    name = line(form.get("full_name", ""))
    passwords = [str(form.get(field, ""))[:MAX_PASSWORD_CHARS] for field in ("password", "again")]
    if passwords[0] != passwords[1]:
        wrong = {"again": WORDS["passwords-differ"]}
        return await _join_page(request, view, 422, full_name=name, errors=wrong)
    ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
    try:
        await request.app[SERVICES].invites.accept(_token(request), name, passwords[0], ip)
    except Invalid as error:
        wrong = errors_of(error)
        if error.code == "password-length":
            wrong = {"password": WORDS["password-length"]}
        return await _join_page(request, view, 422, full_name=name, errors=wrong)
    except NotAllowedNow:
        return await _join_page(request, await _look(request))
    except (Conflict, Forbidden):
        return await _join_page(request, view, 409, full_name=name, is_refused=True)
    return await _enter(request, view, passwords[0], ip)


async def _enter(request: web.Request, view: LinkView, password: str, ip: str) -> web.Response:
    deps = request.app[DEPS]
    agent = request.headers.get("User-Agent", "")[:MAX_AGENT_CHARS]
    signed = await deps.sign_in.sign_in(view.email, password, ip, agent)
    if old := request.cookies.get(cookie_name(secure=deps.secure)):
        await deps.sign_in.sign_out(old)
    target = "/" if view.is_reset or view.role not in DEALER_ROLES else f"/dealers/{view.org_id}/checklist"
    if isinstance(signed, CodeNeeded):
        return ask_for_code(request, signed, target)
    response = web.Response(status=303, headers={"Location": target})
    set_session_cookie(response, signed.token, secure=deps.secure)
    return response


def _token(request: web.Request) -> str:
    return request.match_info["token"][:MAX_TOKEN_CHARS]


async def _look(request: web.Request) -> LinkView | None:
    ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
    try:
        return await request.app[SERVICES].invites.look(_token(request), ip)
    except NotFound:
        return None


async def _join_page(
    request: web.Request, view: LinkView | None, status: int = 200, **more: Any
) -> web.Response:
    if view is None:
        status = 404
    elif view.state is not LinkState.OPEN:
        status = 410
    session = session_of(request)
    context: dict[str, Any] = {
        "view": view,
        "token": _token(request),
        "role": words.ROLE_WORDS.get(view.role, ROLE_TITLES[view.role].lower()) if view else "",
        "signed_as": session.viewer.full_name if session else "",
        "min_length": MIN_LENGTH,
        "full_name": "",
        "is_refused": False,
        "errors": {},
    }
    return render(request, "dealers/join.html", status=status, **context | more)


def routes() -> tuple[Route, ...]:
    """The first two stand before /dealers/{id}."""
    return (
        get("/dealers/new", new_dealer, RUN),
        post("/dealers/new", add_dealer, RUN),
        get("/join/{token}", join_form, PUBLIC),
        post("/join/{token}", join, PUBLIC),
    )
