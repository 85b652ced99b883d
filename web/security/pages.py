"""Sign in and sign out."""

from aiohttp import web

from callcore.kernel.errors import Forbidden, TooMany
from web.deps import WebDeps
from web.errors import Trouble, explain
from web.keys import DEPS
from web.rooms import Room, get, post
from web.security.access import PUBLIC
from web.security.origin import client_ip, safe_next
from web.security.sessions import clear_session_cookie, cookie_name, session_of, set_session_cookie
from web.ui.templates import render

MAX_EMAIL_CHARS = 254
MAX_PASSWORD_CHARS = 1000
MAX_AGENT_CHARS = 200


async def sign_in_form(request: web.Request) -> web.Response:
    target = safe_next(request.query.get("next"))
    if session_of(request) is not None:
        return _see_other(target)
    return _form(request, target)


async def sign_in(request: web.Request) -> web.Response:
    """A fresh token at each sign-in, so that a planted one is worth nothing."""
    deps = request.app[DEPS]
    form = await request.post()
    email = str(form.get("email", "")).strip()[:MAX_EMAIL_CHARS]
    password = str(form.get("password", ""))[:MAX_PASSWORD_CHARS]
    target = safe_next(str(form.get("next", "")))
    ip = client_ip(request, behind_proxy=deps.behind_proxy)
    try:
        signed = await deps.sign_in.sign_in(
            email, password, ip, request.headers.get("User-Agent", "")[:MAX_AGENT_CHARS]
        )
    except (Forbidden, TooMany) as error:
        return _form(request, target, email=email, trouble=explain(error))
    await _forget_old(request, deps)
    response = _see_other(target)
    set_session_cookie(response, signed.token, secure=deps.secure)
    return response


async def sign_out(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    await _forget_old(request, deps)
    response = _see_other("/sign-in")
    clear_session_cookie(response, secure=deps.secure)
    return response


async def _forget_old(request: web.Request, deps: WebDeps) -> None:
    if token := request.cookies.get(cookie_name(secure=deps.secure)):
        await deps.sign_in.sign_out(token)


def _form(request: web.Request, target: str, email: str = "", trouble: Trouble | None = None) -> web.Response:
    deps = request.app[DEPS]
    status = 200
    if trouble is not None:
        status = 429 if trouble.status == 429 else 401
    response = render(
        request,
        "security/sign_in.html",
        status=status,
        next=target,
        email=email,
        trouble=trouble,
        demo_logins=deps.demo_logins if deps.demo else (),
    )
    if trouble is not None and trouble.retry_after_s is not None:
        response.headers["Retry-After"] = str(trouble.retry_after_s)
    return response


def _see_other(target: str) -> web.Response:
    return web.Response(status=303, headers={"Location": target})


def room() -> Room:
    return Room(
        "security",
        (
            get("/sign-in", sign_in_form, PUBLIC),
            post("/sign-in", sign_in, PUBLIC),
            post("/sign-out", sign_out, PUBLIC),
        ),
    )
