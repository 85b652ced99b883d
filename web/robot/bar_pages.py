"""«Не звонить»: numbers that no machine may call."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid
from web.robot import words
from web.robot.services import SERVICES
from web.robot.tabs import tabs
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

PATH = "/robot/do-not-call"
CONSENTS = f"{PATH}?what=consents"


async def listing(request: web.Request) -> web.Response:
    return await (_consents(request) if request.query.get("what") == "consents" else _page(request))


async def _consents(request: web.Request) -> web.Response:
    viewer, query, before = viewer_of(request), request.query.get("q", "")[:30], _place(request)
    page = await request.app[SERVICES].consents(viewer, query, before)
    here = f"{CONSENTS}&{urlencode({'q': query})}"
    context: dict[str, Any] = {
        "tabs": tabs(CONSENTS, viewer),
        "page": page,
        "q": query,
        "sources": words.CONSENT_SOURCES,
        "next_url": f"{here}&before={page.next_before}" if page.next_before else "",
        "first_url": here if before else "",
    }
    return render(request, "robot/consents.html", **context)


def _place(request: web.Request) -> int | None:
    before = request.query.get("before", "")
    return int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None


async def add(request: web.Request) -> web.Response:
    sent = await request.post()
    typed = {name: str(sent.get(name, ""))[:400] for name in ("number", "reason")}
    try:
        await request.app[SERVICES].bar(viewer_of(request), typed["number"], typed["reason"])
    except Invalid as refused:
        wrong = {name: words.BAR_WRONG[code] for name, code in refused.details["fields"].items()}
        return await _page(request, 422, typed=typed, errors=wrong)
    except Conflict:
        return await _page(request, 409, typed=typed, errors={"number": "Этот номер уже в списке"})
    return see_other(PATH, Flash("success", "Номер добавлен: машина на него не позвонит"))


async def lift(request: web.Request) -> web.Response:
    row_id, sent = number_in_path(request, "id"), await request.post()
    reason = str(sent.get("reason", ""))[:400]
    try:
        await request.app[SERVICES].lift(viewer_of(request), row_id, reason)
    except Invalid as refused:
        wrong = words.BAR_WRONG[refused.details["fields"]["reason"]]
        return await _page(request, 422, lifted={"id": row_id, "reason": reason, "error": wrong})
    return see_other(PATH, Flash("success", "Номер снят с запрета"))


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    viewer, query, before = viewer_of(request), request.query.get("q", "")[:30], _place(request)
    page = await request.app[SERVICES].barred(viewer, query, before)
    context: dict[str, Any] = {
        "tabs": tabs(PATH, viewer),
        "page": page,
        "q": query,
        "typed": {"number": "", "reason": ""},
        "errors": {},
        "lifted": {"id": 0, "reason": "", "error": ""},
        "sources": words.SOURCES,
        "next_url": f"{PATH}?{urlencode({'q': query})}&before={page.next_before}" if page.next_before else "",
        "first_url": PATH if before else "",
    }
    return render(request, "robot/do_not_call.html", status=status, **context | more)
