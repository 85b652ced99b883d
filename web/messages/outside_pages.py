"""What comes from outside without signing in: news of Twilio, answers by SMS, the way out of advertising; and what the demonstration
caught."""

from typing import Final

from aiohttp import web

from callcore.kernel.errors import NotFound
from callcore.messaging.sms.http_sender import HTTP_HEARD_PATH
from callcore.messaging.sms.twilio_sender import HEARD_PATH, HOOK_PATH
from callcore.network.model import Role
from web.keys import DEPS
from web.messages import words
from web.messages.services import SERVICES
from web.rooms import Route, get, post
from web.security.access import PUBLIC, roles
from web.security.origin import client_ip
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

STAFF = roles(Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR)
MAX_TOKEN_CHARS: Final = 100
_LETTER_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def twilio_status(request: web.Request) -> web.Response:
    """204 when it is stored; 404 for a message that we do not know; 403 for a forged one."""
    told = request.app[SERVICES].twilio
    if told is None:
        raise NotFound("no-such-address")
    form = {name: str(value) for name, value in (await request.post()).items()}
    if not await told(form, request.headers.get("X-Twilio-Signature", "")):
        raise NotFound("message-not-found")
    return web.Response(status=204)


async def twilio_heard(request: web.Request) -> web.Response:
    """204: nothing is answered by itself, a person does."""
    heard = request.app[SERVICES].twilio_heard
    if heard is None:
        raise NotFound("no-such-address")
    form = {name: str(value) for name, value in (await request.post()).items()}
    await heard(form, request.headers.get("X-Twilio-Signature", ""))
    return web.Response(status=204)


async def http_heard(request: web.Request) -> web.Response:
    """204 also for what is repeated and for strangers: nothing is to be sent again; 403 without our secret."""
    heard = request.app[SERVICES].http_heard
    if heard is None:
        raise NotFound("no-such-address")
    form = {name: str(value) for name, value in (await request.post()).items()}
    await heard(form, request.query.get("secret", ""))
    return web.Response(status=204)


async def stop_form(request: web.Request) -> web.Response:
    view = await request.app[SERVICES].desk.stop_view(_token(request))
    return render(request, "messages/stop.html", is_on=view.is_on, token=_token(request))


async def stop(request: web.Request) -> web.Response:
    """Also pressed by mail programs, without a page (RFC 8058)."""
    ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
    await request.app[SERVICES].desk.stop_ads(_token(request), ip)
    return see_other(f"/u/{_token(request)}")


def _token(request: web.Request) -> str:
    return request.match_info["token"][:MAX_TOKEN_CHARS]


async def caught(request: web.Request) -> web.Response:
    catcher = request.app[SERVICES].catcher
    if catcher is None:
        raise NotFound("not-a-demonstration")
    return render(request, "messages/caught.html", rows=catcher.newest(), channels=words.CHANNELS)


async def forget(request: web.Request) -> web.Response:
    catcher = request.app[SERVICES].catcher
    if catcher is None:
        raise NotFound("not-a-demonstration")
    catcher.forget()
    return see_other("/demo/messages", Flash("success", "Список очищен"))


async def letter(request: web.Request) -> web.Response:
    """A letter as a mail program shows it; it may run nothing and load nothing."""
    catcher = request.app[SERVICES].catcher
    found = catcher.find(number_in_path(request, "number")) if catcher is not None else None
    if found is None or not found.html:
        raise NotFound("letter-not-found")
    headers = {"Content-Security-Policy": _LETTER_POLICY}
    return web.Response(text=found.html, content_type="text/html", headers=headers)


def routes(*, hears_twilio: bool, hears_http: bool, catches: bool) -> tuple[Route, ...]:
    """What is not set up has no address."""
    hooks = (post(HOOK_PATH, twilio_status, PUBLIC), post(HEARD_PATH, twilio_heard, PUBLIC))
    demo = (
        get("/demo/messages", caught, STAFF),
        post("/demo/messages/forget", forget, STAFF),
        get("/demo/messages/{number}/letter", letter, STAFF),
    )
    return (
        get("/u/{token}", stop_form, PUBLIC),
        post("/u/{token}", stop, PUBLIC),
        *(hooks if hears_twilio else ()),
        *((post(HTTP_HEARD_PATH, http_heard, PUBLIC),) if hears_http else ()),
        *(demo if catches else ()),
    )
