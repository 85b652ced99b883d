"""One's own way in: where it is open, the password, who came in lately."""

from typing import Any

from aiohttp import web

from callcore.kernel.errors import Invalid, NotFound, TooMany
from callcore.network.passwords import MIN_LENGTH
from web.account import acting_pages, factor_pages, words
from web.account.services import SERVICES, AccountServices
from web.errors import explain
from web.keys import DEPS
from web.rooms import Room, get, post
from web.security.access import SIGNED_IN
from web.security.origin import client_ip
from web.security.sessions import session_id, viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import plural
from web.ui.templates import render

MAX_PASSWORD_CHARS = 1000


async def account(request: web.Request) -> web.Response:
    return await _page(request)


async def change_password(request: web.Request) -> web.Response:
    form, viewer = await request.post(), viewer_of(request)
    old, new, again = (str(form.get(name, ""))[:MAX_PASSWORD_CHARS] for name in ("old", "password", "again"))
    if new != again:
        return await _page(request, 422, errors={"again": words.ERRORS["passwords-differ"]})
    ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
    try:
        count = await request.app[SERVICES].account.change_password(
            viewer, old, new, current_id=session_id(request), ip=ip
        )
    except Invalid as error:
        field = "old" if error.code == "password-wrong" else "password"
        return await _page(request, 422, errors={field: words.ERRORS[error.code]})
    except TooMany as error:
        return await _page(request, 429, trouble=explain(error))
    ended = f", завершено других сеансов: {count}" if count else ""
    return see_other("/account", Flash("success", f"Пароль сменён{ended}"))


async def end_session(request: web.Request) -> web.Response:
    account = request.app[SERVICES].account
    try:
        await account.end_session(viewer_of(request), request.match_info["session"])
    except NotFound:
        return see_other("/account", Flash("info", "Этот сеанс уже завершён"))
    return see_other("/account", Flash("success", "Сеанс завершён: там придётся войти заново"))


async def end_others(request: web.Request) -> web.Response:
    count = await request.app[SERVICES].account.end_others(viewer_of(request), session_id(request))
    said = f"Завершено: {plural(count, 'сеанс', 'сеанса', 'сеансов')}" if count else "Других сеансов нет"
    return see_other("/account", Flash("success", said))


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    context: dict[str, Any] = {
        "sessions": await services.account.sessions(viewer),
        "entrances": await services.account.entrances(viewer),
        "factor": await services.factor.view(viewer),
        "current": session_id(request),
        "min_length": MIN_LENGTH,
        "words": words,
        "errors": {},
        "trouble": None,
    }
    return render(request, "account/account.html", status=status, **context | more)


def room(services: AccountServices) -> Room:
    return Room(
        "account",
        (
            get("/account", account, SIGNED_IN),
            post("/account/password", change_password, SIGNED_IN),
            post("/account/sessions/end-others", end_others, SIGNED_IN),
            post("/account/sessions/{session}/end", end_session, SIGNED_IN),
            *factor_pages.routes(),
            *acting_pages.routes(),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
