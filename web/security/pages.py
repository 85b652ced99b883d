"""Sign in and sign out."""

from aiohttp import web

from callcore.kernel.errors import Forbidden, TooMany
from callcore.network.sign_in import CodeNeeded, SignedIn
from web.deps import WebDeps
from web.errors import Trouble, explain
from web.keys import DEPS
from web.rooms import Room, get, post
from web.security.access import PUBLIC
from web.security.origin import client_ip, safe_next
from web.security.second_step import ask_for_code, forget_note, note_of
from web.security.sessions import clear_session_cookie, cookie_name, session_of, set_session_cookie
from web.ui.templates import render

MAX_EMAIL_CHARS = 254
MAX_PASSWORD_CHARS = 1000
MAX_AGENT_CHARS = 200
MAX_CODE_CHARS = 40


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
        signed = await deps.sign_in.sign_in(email, password, ip, _agent(request))
    except (Forbidden, TooMany) as error:
        return _form(request, target, email=email, trouble=explain(error))
    if isinstance(signed, CodeNeeded):
        return ask_for_code(request, signed, target)
    return await _entered(request, signed, target)


async def code_form(request: web.Request) -> web.Response:
    if not note_of(request):
        return _see_other("/sign-in")
    return _code_page(request, safe_next(request.query.get("next")))


async def code(request: web.Request) -> web.Response:
    """The second step: six digits of the telephone, or a recovery code."""
    deps, form = request.app[DEPS], await request.post()
    target, typed = safe_next(str(form.get("next", ""))), str(form.get("code", ""))[:MAX_CODE_CHARS]
    ip = client_ip(request, behind_proxy=deps.behind_proxy)
    try:
        signed = await deps.sign_in.sign_in_with_code(note_of(request), typed, ip, _agent(request))
    except (Forbidden, TooMany) as error:
        if error.code == "code-late":
            return _form(request, target, trouble=explain(error))
        return _code_page(request, target, explain(error))
    response = await _entered(request, signed, target)
    forget_note(response)
    return response


async def _entered(request: web.Request, signed: SignedIn, target: str) -> web.Response:
    deps = request.app[DEPS]
    await _forget_old(request, deps)
    response = _see_other(target)
    set_session_cookie(response, signed.token, secure=deps.secure)
    return response


def _agent(request: web.Request) -> str:
    return request.headers.get("User-Agent", "")[:MAX_AGENT_CHARS]


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


def _code_page(request: web.Request, target: str, trouble: Trouble | None = None) -> web.Response:
    status = 200 if trouble is None else 429 if trouble.status == 429 else 401
    return render(request, "security/code.html", status=status, next=target, trouble=trouble)


def _see_other(target: str) -> web.Response:
    return web.Response(status=303, headers={"Location": target})


def room() -> Room:
    return Room(
        "security",
        (
            get("/sign-in", sign_in_form, PUBLIC),
            post("/sign-in", sign_in, PUBLIC),
            get("/sign-in/code", code_form, PUBLIC),
            post("/sign-in/code", code, PUBLIC),
            post("/sign-out", sign_out, PUBLIC),
        ),
    )
