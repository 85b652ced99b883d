"""The session of a request: its cookie, its person, its token against forged forms."""

import hmac
from typing import Protocol

from aiohttp import web

from callcore.kernel.errors import Forbidden
from callcore.network.model import Viewer
from callcore.network.sign_in import CodeNeeded, SessionView, SignedIn

SESSION = web.RequestKey("session", SessionView)
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class SignInService(Protocol):
    """What the web needs of callcore.network.sign_in.SignIn."""

    async def sign_in(self, email: str, password: str, ip: str, user_agent: str) -> SignedIn | CodeNeeded: ...

    async def sign_in_with_code(self, note: str, code: str, ip: str, user_agent: str) -> SignedIn: ...

    async def viewer(self, token: str) -> SessionView | None: ...

    async def sign_out(self, token: str) -> None: ...


def cookie_name(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this very host, which browsers allow over HTTPS only."""
    return "__Host-dealerline" if secure else "dealerline"


def set_session_cookie(response: web.Response, token: str, *, secure: bool) -> None:
    response.set_cookie(
        cookie_name(secure=secure), token, httponly=True, secure=secure, samesite="Lax", path="/"
    )


def clear_session_cookie(response: web.Response, *, secure: bool) -> None:
    response.del_cookie(cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="Lax")


def session_of(request: web.Request) -> SessionView | None:
    return request.get(SESSION)


def viewer_of(request: web.Request) -> Viewer:
    """The signed-in person; only for handlers whose access is not `public`."""
    session = session_of(request)
    if session is None:
        raise Forbidden("sign-in-required", "this page needs a signed-in person")
    return session.viewer


def session_id(request: web.Request) -> str:
    """Names the session of this request; only for handlers whose access is not `public`."""
    session = session_of(request)
    return session.id if session is not None else ""


async def require_csrf(request: web.Request, session: SessionView) -> None:
    """The token in the header or in the form must be the session's own."""
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.content_type in _FORMS:
        field = (await request.post()).get(CSRF_FIELD, "")
        given = field if isinstance(field, str) else ""
    if not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise Forbidden("csrf", "the form's token is missing or stale")
