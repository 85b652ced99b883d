"""What happens to every request, outermost first: id and log, errors, size, session and access."""

import secrets
import time
from urllib.parse import quote

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from callcore.kernel.errors import DealerlineError, Forbidden, Invalid, NotFound
from callcore.kernel.logs import get_logger
from callcore.network.sign_in import SessionView
from web.errors import Trouble, explain, trouble
from web.keys import ACCESS, BODY_LIMITS, DEPS, REQUEST_ID, STYLE_NONCE
from web.problems import problem
from web.security.access import FOREIGN, PUBLIC, Access, ProgramAccess, permits
from web.security.origin import is_same_origin
from web.security.programs import let_in
from web.security.second_step import ENROL_PATH, is_way_to_enrol
from web.security.sessions import SESSION, cookie_name, require_csrf, session_of
from web.ui.templates import render

_log = get_logger("web")
_MOST_FIELDS = 10_000  # where the usual thousand is too few
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def _route_pattern(request: web.Request) -> str:
    """`/calls/{id}`, not the address itself: an address may hold what a log must not."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "(unknown)"


@web.middleware
async def log_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, bind it to every log line inside, and write one line at its end."""
    request[REQUEST_ID] = secrets.token_hex(8)
    request[STYLE_NONCE] = secrets.token_urlsafe(12)
    started = time.perf_counter()
    status = 499  # what stays when the client leaves before the answer
    with structlog.contextvars.bound_contextvars(request_id=request[REQUEST_ID]):
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            seconds = time.perf_counter() - started
            route = _route_pattern(request)
            session = session_of(request)
            _log.info(
                "http request",
                method=request.method,
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 1),
                user_id=session.viewer.user_id if session else None,
                acting_id=session.viewer.acting_id if session else None,
            )
            request.app[DEPS].observe(request.method, route, status, seconds)
    return response


@web.middleware
async def tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every refusal and failure into a page or JSON that says what to do; never a stack trace."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _answer(request, explain(error))
    except DealerlineError as error:
        told = explain(error)
        _log.info("request refused", code=told.code, status=told.status, reason=error.message)
        return _answer(request, told, error)
    except Exception as error:  # noqa: BLE001 - the border of the web: nothing may pass it
        _log.exception("request failed", route=_route_pattern(request))
        return _answer(request, explain(error))


def _answer(request: web.Request, told: Trouble, error: DealerlineError | None = None) -> web.StreamResponse:
    if request.path.startswith("/api/"):
        return problem(told, request[REQUEST_ID], error)
    response: web.Response
    if told.code == "second-factor-needed" and not _wants_json(request):
        return web.Response(status=303, headers={"Location": ENROL_PATH})
    if told.status == 401 and not _wants_json(request):
        target = quote(request.path_qs if request.method in _SAFE_METHODS else "/")
        return web.Response(status=303, headers={"Location": f"/sign-in?next={target}"})
    if _wants_json(request):
        response = web.json_response(
            {
                "code": told.code,
                "message": told.title,
                "advice": told.advice,
                "request_id": request[REQUEST_ID],
            },
            status=told.status,
        )
        if told.status == 401 and "HX-Request" in request.headers:
            response.headers["HX-Redirect"] = "/sign-in"
    else:
        response = render(
            request, "error.html", status=told.status, trouble=told, request_id=request[REQUEST_ID]
        )
    if told.retry_after_s is not None:
        response.headers["Retry-After"] = str(told.retry_after_s)
    return response


def _wants_json(request: web.Request) -> bool:
    if "HX-Request" in request.headers:
        return True
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept


@web.middleware
async def limit_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse by the declared length before a byte is read; chunked bodies meet the same limit while read. A route that
    takes files has a limit of its own."""
    usual = request.app[DEPS].max_body_bytes
    limit = request.app[BODY_LIMITS].get(request.match_info.route, usual)
    if (request.content_length or 0) > limit:
        return _answer(request, trouble(413))
    if limit == usual:
        return await handler(request)
    larger = request.clone(client_max_size=limit, client_max_fields=_MOST_FIELDS)
    response = await handler(larger)
    if (session := session_of(larger)) is not None:
        request[SESSION] = session  # for the line in the log
    return response


@web.middleware
async def guard_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Load the session, then ask in turn: own site? may this person? is the form ours?"""
    if request.match_info.http_exception is not None:
        await _load_session(request)
        return await handler(request)
    if any("\0" in part for part in request.match_info.values()):
        raise NotFound("no-such-address", "a zero byte, which no database takes")
    access = request.app[ACCESS].get(request.match_info.route)
    if access is None:
        raise Forbidden("access-not-declared", f"{_route_pattern(request)} declares no access")
    if isinstance(access, ProgramAccess):
        await let_in(request, request.app[DEPS].api_door, access.scope)
        return await handler(request)
    if access == FOREIGN:
        return await handler(request)
    unsafe = request.method not in _SAFE_METHODS
    if (unsafe or "Upgrade" in request.headers) and not is_same_origin(request):
        raise Forbidden("cross-site", "the request comes from another site")
    await _load_session(request)
    session = session_of(request)
    if access != PUBLIC:
        _check_person(request, access, session)
    if unsafe:
        await _read_form(request)
    if unsafe and session is not None:
        await require_csrf(request, session)
    return await handler(request)


def _check_person(request: web.Request, access: Access, session: SessionView | None) -> None:
    if session is None:
        raise Forbidden("sign-in-required", "nobody is signed in")
    if not permits(access, session.viewer):
        is_told = session.viewer.is_staff or session.acting_until is not None
        # A stranger is not told that there is such a page.
        raise (Forbidden if is_told else NotFound)(
            "role-not-allowed", f"{_route_pattern(request)} is closed to this role"
        )
    if session.must_enrol and not is_way_to_enrol(request):
        raise Forbidden("second-factor-needed", "this role needs a second factor")


async def _read_form(request: web.Request) -> None:
    """Read here once and kept by the request. Wrong bytes, an unknown charset or a boundary that is not there are the
    sender's mistake, not ours."""
    try:
        await request.post()
    except (ValueError, LookupError) as error:
        raise Invalid("form-unreadable", type(error).__name__) from error


async def _load_session(request: web.Request) -> None:
    deps = request.app[DEPS]
    token = request.cookies.get(cookie_name(secure=deps.secure))
    if not token or request.path.startswith("/static/"):
        return
    if session := await deps.sign_in.viewer(token):
        request[SESSION] = session


async def set_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, also on those that stream and on WebSocket handshakes."""
    nonce = request.get(STYLE_NONCE, "")
    headers = response.headers
    headers["Server"] = "Dealerline"  # versions of what we stand on are nobody's business
    headers.setdefault(  # a letter that is shown brings a stricter one
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; "  # the waveform styles its own shadow tree
        f"img-src 'self' data: {request.app[DEPS].map_tiles.origin}; media-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["X-Frame-Options"] = "DENY"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), payment=(), microphone=(self)"
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Request-Id"] = request.get(REQUEST_ID, "")
    if request.app[DEPS].secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
