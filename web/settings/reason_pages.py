"""Reasons of refusal, of giving back and of failure: three lists that the factory keeps."""

from typing import Any

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.orders.change_settings import may_edit_settings
from callcore.orders.model import Fault, ReasonKind
from callcore.orders.reasons import MAX_TITLE_CHARS, ReasonDraft
from web.security.sessions import viewer_of
from web.settings import words
from web.settings.services import SERVICES
from web.ui.flash import Flash, see_other
from web.ui.templates import render


async def reasons(request: web.Request) -> web.Response:
    return await _page(request, _kind(request.query.get("kind", ReasonKind.DECLINE.value)))


async def save(request: web.Request) -> web.Response:
    """One row of the list, or the row that adds one."""
    sent = await request.post()
    kind, reason_id = _kind(str(sent.get("kind", ""))), _id(str(sent.get("id", "")))
    typed = {"title": _plain(str(sent.get("title", ""))), "fault": str(sent.get("fault", ""))}
    draft = ReasonDraft(
        kind=kind,
        title=typed["title"],
        fault=next((one for one in Fault if one.value == typed["fault"]), Fault.NONE),
        is_active=reason_id is None or sent.get("active") == "1",
        id=reason_id,
    )
    try:
        saved = await request.app[SERVICES].save_reason(viewer_of(request), draft)
    except Invalid:
        error = f"Назовите причину, не длиннее {MAX_TITLE_CHARS} знаков"
    except Conflict:
        error = "Такая причина уже есть в этом списке"
    else:
        return see_other(_address(kind), Flash("success", f"«{saved.title}»: записано"))
    return await _page(request, kind, 422, typed=typed, wrong_id=reason_id, error=error)


async def move(request: web.Request) -> web.Response:
    sent = await request.post()
    kind, reason_id = _kind(str(sent.get("kind", ""))), _id(str(sent.get("id", "")))
    services = request.app[SERVICES]
    ids = [one.id for one in await services.reasons(kind)]
    if reason_id not in ids:
        raise NotFound("reason-not-found")
    order = words.moved(ids, reason_id, up=sent.get("way") == "up")
    await services.order_reasons(viewer_of(request), kind, order)
    return see_other(f"{_address(kind)}#r-{reason_id}", None)


async def _page(request: web.Request, kind: ReasonKind, status: int = 200, **more: Any) -> web.Response:
    context: dict[str, Any] = {
        "tabs": words.tabs("/settings/reasons", viewer_of(request)),
        "kind": kind.value,
        "kinds": [(text, _address(one), None, one is kind) for one, text in words.REASON_KINDS.items()],
        "note": words.REASON_NOTES[kind],
        "rows": await request.app[SERVICES].reasons(kind),
        "faults": [(one.value, text) for one, text in words.FAULTS.items()],
        "settings": words,
        "can_edit": may_edit_settings(viewer_of(request)),
        "typed": {"title": "", "fault": ""},
        "wrong_id": None,
        "error": "",
    }
    return render(request, "settings/reasons.html", status=status, **context | more)


def _address(kind: ReasonKind) -> str:
    return f"/settings/reasons?kind={kind.value}"


def _kind(text: str) -> ReasonKind:
    kind = next((one for one in ReasonKind if one.value == text), None)
    if kind is None:
        raise NotFound("no-such-list")
    return kind


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).strip()[:200]
