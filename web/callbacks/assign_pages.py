"""«Поручить»: a request is told to another person, outlet, dealer, or to the operators, with a reason. Works without script:
the search is a button of the same form, so that nothing typed is lost."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from callcore.calls.task_model import MAX_COMMENT_CHARS
from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.outbound.callbacks.model import CallbackState
from web.callbacks import words
from web.callbacks.services import SERVICES
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

_WRONG: Final = {
    "to": "Выберите, кому поручить: не тому, у кого заявка сейчас",
    "reason": f"Напишите, почему: от 3 до {MAX_COMMENT_CHARS} знаков. Причину увидит тот, кому вы поручаете",
}


async def form(request: web.Request) -> web.Response:
    found = await request.app[SERVICES].view(viewer_of(request), number_in_path(request, "id"))
    if not found.is_open or found.state == CallbackState.CALLING:
        return see_other(f"/callbacks/{found.id}", words.LATE)
    return await _page(request, {"owner": found.owner})


async def save(request: web.Request) -> web.Response:
    callback_id, sent = number_in_path(request, "id"), await request.post()
    typed = {
        name: _line(sent.get(name, ""), MAX_COMMENT_CHARS + 1) for name in ("q", "to", "reason", "owner")
    }
    if "find" in sent:
        return await _page(request, typed)
    services, viewer = request.app[SERVICES], viewer_of(request)
    try:
        to = await services.assign(
            viewer, callback_id, typed["to"], typed["reason"], seen_owner=typed["owner"]
        )
    except Invalid as refused:
        errors = {name: _WRONG[name] for name in refused.details["fields"]}
        return await _page(request, typed, errors=errors, status=422)
    except Conflict:
        return see_other(f"/callbacks/{callback_id}", words.LATE)
    return see_other(await _next(request, callback_id), Flash("success", f"Поручено: {to.name}"))


async def _next(request: web.Request, callback_id: int) -> str:
    """With the operators a dealer's request is no longer his to see."""
    try:
        await request.app[SERVICES].view(viewer_of(request), callback_id)
    except NotFound:
        return "/callbacks"
    return f"/callbacks/{callback_id}"


async def _page(
    request: web.Request,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    viewer, services = viewer_of(request), request.app[SERVICES]
    row = await services.view(viewer, number_in_path(request, "id"))
    found = await services.assignees(viewer, typed.get("q", ""))
    context: dict[str, Any] = {
        "row": row,
        "typed": typed,
        "errors": errors or {},
        "found": [one for one in found if one.value != row.owner],
        "kinds": words.ASSIGNEES,
    }
    return render(request, "callbacks/assign.html", status=status, **context)


def _line(raw: Any, most: int) -> str:
    return "".join(char for char in str(raw) if char.isprintable()).strip()[:most]
