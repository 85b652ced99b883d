"""Between the password and the code, and before a role that needs a second factor has one."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from callcore.network.sign_in import CODE_WAITS, CodeNeeded
from web.keys import DEPS

ENROL_PATH: Final = "/account/second-factor"
_COOKIE: Final = "sign-in-code"
_PATH: Final = "/sign-in"
_MAX_CHARS: Final = 1000
_OPEN_BEFORE: Final = ("/account", "/static/")


def ask_for_code(request: web.Request, needed: CodeNeeded, target: str) -> web.Response:
    """The note that the password was right waits in a cookie that only the second page gets."""
    response = web.Response(status=303, headers={"Location": f"/sign-in/code?next={quote(target)}"})
    response.set_cookie(
        _COOKIE,
        needed.note,
        max_age=int(CODE_WAITS.total_seconds()),
        httponly=True,
        secure=request.app[DEPS].secure,
        samesite="Strict",
        path=_PATH,
    )
    return response


def note_of(request: web.Request) -> str:
    return request.cookies.get(_COOKIE, "")[:_MAX_CHARS]


def forget_note(response: web.Response) -> None:
    response.del_cookie(_COOKIE, path=_PATH)


def is_way_to_enrol(request: web.Request) -> bool:
    """The account's own pages stay open to who has to set up a second factor first."""
    return request.path.startswith(_OPEN_BEFORE)
