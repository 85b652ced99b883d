"""Handing on a talk: whom to, at once or after asking; while somebody is asked, joining and going back."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from aiohttp import web

from callcore.calls.handing import TransferKind
from callcore.kernel.errors import DealerlineError, Invalid, NotAllowedNow, NotFound, PbxUnavailable
from callcore.network.model import Viewer
from web.security.sessions import viewer_of
from web.transfers import words
from web.transfers.services import SERVICES
from web.ui.flash import Flash, see_other
from web.ui.templates import render


async def offer(request: web.Request) -> web.Response:
    return await _page(request)


async def hand_on(request: web.Request) -> web.Response:
    """A refusal comes back to the same form, with what was chosen."""
    form = await request.post()
    number = str(form.get("number", "")).strip()[:40]
    to = f"number:{number}" if number else str(form.get("to", ""))[:40]
    kind = TransferKind.ATTENDED if form.get("kind") == TransferKind.ATTENDED else TransferKind.BLIND
    try:
        await request.app[SERVICES].hand_on(viewer_of(request), request.match_info["call_id"], to, kind)
    except (Invalid, NotAllowedNow, PbxUnavailable) as refused:
        return await _page(request, refused, to=str(form.get("to", "")), number=number, kind=kind)
    except NotFound as missing:
        if missing.code != "target-not-found":
            raise
        return await _page(request, missing, number=number, kind=kind)
    is_asked = kind is TransferKind.ATTENDED
    told = (
        "Спрашиваем: клиент слышит музыку. Соедините их или вернитесь к клиенту" if is_asked else "Переводим"
    )
    return see_other(_desk(request), Flash("success", told))


async def join(request: web.Request) -> web.Response:
    return await _do(request, request.app[SERVICES].join, "Соединили: разговор продолжается без вас")


async def go_back(request: web.Request) -> web.Response:
    return await _do(request, request.app[SERVICES].go_back, "Вы снова говорите с клиентом")


async def _do(
    request: web.Request, what: Callable[[Viewer, str], Awaitable[None]], done: str
) -> web.Response:
    try:
        await what(viewer_of(request), request.match_info["call_id"])
    except (NotAllowedNow, PbxUnavailable) as refused:
        return see_other(_desk(request), Flash("warning", _told(refused)))
    return see_other(_desk(request), Flash("success", done))


async def _page(
    request: web.Request,
    refused: DealerlineError | None = None,
    *,
    to: str = "",
    number: str = "",
    kind: TransferKind = TransferKind.BLIND,
) -> web.Response:
    call_id, search = request.match_info["call_id"], request.query.get("q", "")[:80]
    try:
        found = await request.app[SERVICES].offer(viewer_of(request), call_id, search)
    except NotAllowedNow as gone:
        return see_other(_desk(request), Flash("warning", _told(gone)))
    return render(
        request,
        "transfers/hand.html",
        status=422 if refused else 200,
        offer=found,
        call_id=call_id,
        address=f"{_desk(request)}/transfer",
        desk=_desk(request),
        search=search,
        to=to,
        number=number,
        kind=kind.value,
        trouble=_told(refused) if refused else "",
        words=words,
    )


def _told(refused: DealerlineError) -> str:
    if isinstance(refused, PbxUnavailable):
        return words.NO_PBX
    return words.ERRORS.get(refused.code, "Перевести не удалось")


def _desk(request: web.Request) -> str:
    return f"/desk/calls/{quote(request.match_info['call_id'], safe='')}"
