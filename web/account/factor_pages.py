"""The second factor: setting up by a picture and a code, recovery codes, switching off."""

from typing import Any

import segno
from aiohttp import web
from markupsafe import Markup

from callcore.kernel.errors import Invalid, NotAllowedNow, TooMany
from web.account import words
from web.account.services import SERVICES
from web.errors import explain
from web.keys import DEPS
from web.rooms import Route, get, post
from web.security.access import SIGNED_IN
from web.security.origin import client_ip
from web.security.second_step import ENROL_PATH
from web.security.sessions import session_of, viewer_of
from web.ui.flash import Flash, see_other
from web.ui.templates import render

MAX_CODE_CHARS = 40


async def second_factor(request: web.Request) -> web.Response:
    return await _page(request)


async def begin(request: web.Request) -> web.Response:
    try:
        await request.app[SERVICES].factor.begin(viewer_of(request))
    except NotAllowedNow:
        return see_other(ENROL_PATH, Flash("info", "Второй ключ уже подключён"))
    return see_other(ENROL_PATH)


async def confirm(request: web.Request) -> web.Response:
    """Recovery codes stand in the answer itself: nothing keeps them, and there is no address to come back to."""
    return await _with_code(request, "confirm")


async def renew_codes(request: web.Request) -> web.Response:
    return await _with_code(request, "codes")


async def turn_off(request: web.Request) -> web.Response:
    return await _with_code(request, "off")


async def _with_code(request: web.Request, what: str) -> web.Response:
    factor, viewer = request.app[SERVICES].factor, viewer_of(request)
    code = str((await request.post()).get("code", ""))[:MAX_CODE_CHARS]
    ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
    try:
        if what == "off":
            await factor.turn_off(viewer, code, ip)
            return see_other(
                ENROL_PATH, Flash("success", "Второй ключ отключён: вход снова только по паролю")
            )
        codes = await (factor.confirm if what == "confirm" else factor.renew_codes)(viewer, code, ip)
    except Invalid:
        return await _page(request, 422, errors={what: words.ERRORS["code-wrong"]})
    except TooMany as error:
        return await _page(request, 429, trouble=explain(error))
    except NotAllowedNow as error:
        if error.code == "totp-required":
            said = "Для вашей роли второй ключ обязателен: так решил администратор"
            return see_other(ENROL_PATH, Flash("warning", said))
        return see_other(ENROL_PATH)
    return await _page(request, codes=codes)


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    view = await request.app[SERVICES].factor.view(viewer_of(request))
    session = session_of(request)
    context: dict[str, Any] = {
        "factor": view,
        "picture": picture(view.uri) if view.uri else "",
        "must_enrol": session is not None and session.must_enrol and not view.is_on,
        "codes": (),
        "errors": {},
        "trouble": None,
    }
    return render(request, "account/second_factor.html", status=status, **context | more)


def picture(uri: str) -> Markup:
    """The QR code as SVG without styles, dark on light in any theme."""
    drawn = segno.make(uri, error="m").svg_inline(omitsize=True, border=3, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704 - made here of squares; the address is drawn, not written


def routes() -> tuple[Route, ...]:
    return (
        get(ENROL_PATH, second_factor, SIGNED_IN),
        post(f"{ENROL_PATH}/begin", begin, SIGNED_IN),
        post(f"{ENROL_PATH}/confirm", confirm, SIGNED_IN),
        post(f"{ENROL_PATH}/codes", renew_codes, SIGNED_IN),
        post(f"{ENROL_PATH}/off", turn_off, SIGNED_IN),
    )
