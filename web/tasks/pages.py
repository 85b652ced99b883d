"""The list of tasks by tabs, one task, and what can be done with it. Everything works without script."""

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from callcore.calls.task_model import (
    MAX_COMMENT_CHARS,
    CloseReason,
    TaskCounts,
    TaskFilter,
    TaskKind,
    TaskTab,
    TaskView,
)
from callcore.kernel.errors import Conflict, Invalid
from callcore.network.model import DEALER_ROLES, STAFF_ROLES, Viewer
from web.calls import words as call_words
from web.calls.press_pages import WHO as CALLERS
from web.keys import DEPS
from web.rooms import NavItem, Room, get, post
from web.security.access import permits, roles
from web.security.sessions import viewer_of
from web.tasks import words
from web.tasks.services import SERVICES, TaskServices
from web.ui.clock import typed_moment
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
PAGE_ROWS: Final = 25
_LATE: Final = Flash("warning", "Задачу уже изменил кто-то другой: посмотрите, что с ней стало")


async def tasks(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    tab = request.query.get("tab", "")
    wanted = TaskFilter(
        TaskTab(tab) if tab in set(TaskTab) else TaskTab.OPEN,
        TaskKind(kind) if (kind := request.query.get("kind", "")) in set(TaskKind) else None,
    )
    after = request.query.get("after", "")[:60]
    page = await services.find(viewer, wanted, after=after, limit=PAGE_ROWS)
    is_part = request.query.get("fragment") == "list"
    return render(
        request,
        "tasks/body.html" if is_part else "tasks/list.html",
        **await _frame(services, viewer, wanted, page.items),
        rows=page.items,
        next_url=_address(wanted, after=page.next_cursor) if page.next_cursor else "",
        first_url=_address(wanted) if after else "",
        here=_address(wanted, **({"after": after} if after else {})),
    )


async def _frame(
    services: TaskServices, viewer: Viewer, wanted: TaskFilter, items: tuple[TaskView, ...]
) -> dict[str, Any]:
    counts = await services.counts(viewer)
    numbers = await services.order_numbers(viewer, [row.order_id for row in items if row.order_id])
    return {
        "wanted": wanted,
        "tabs": _tabs(wanted, counts),
        "kinds": _kinds(wanted),
        "order_numbers": numbers,
        "tasks": words,
        "words": call_words,
        "reasons": [(reason.value, text) for reason, text in words.REASONS.items()],
        "delays": list(words.DELAYS.items()),
        "typed": {},
        "errors": {},
        "can_call": permits(CALLERS, viewer),
    }


def _tabs(wanted: TaskFilter, counts: TaskCounts) -> list[tuple[str, str, int | None, bool]]:
    known = {TaskTab.MINE: counts.mine, TaskTab.OPEN: counts.open, TaskTab.OVERDUE: counts.overdue}
    return [
        (text, _address(TaskFilter(tab, wanted.kind)), known.get(tab), tab is wanted.tab)
        for tab, text in words.TABS.items()
    ]


def _kinds(wanted: TaskFilter) -> list[tuple[str, str, bool]]:
    every = ("Все", _address(TaskFilter(wanted.tab)), wanted.kind is None)
    return [every] + [
        (text, _address(TaskFilter(wanted.tab, kind)), kind is wanted.kind)
        for kind, text in words.KINDS.items()
    ]


def _address(wanted: TaskFilter, **more: str) -> str:
    pairs = {
        "tab": "" if wanted.tab is TaskTab.OPEN else wanted.tab.value,
        "kind": wanted.kind.value if wanted.kind else "",
        **more,
    }
    text = urlencode({name: value for name, value in pairs.items() if value})
    return f"/tasks?{text}" if text else "/tasks"


async def task(request: web.Request) -> web.Response:
    return await _page(request, number_in_path(request, "id"))


async def _page(request: web.Request, task_id: int, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    row = await services.view(viewer, task_id)
    context = await _frame(services, viewer, TaskFilter(), (row,))
    context |= {"task": row, "here": f"/tasks/{row.id}"}
    return render(request, "tasks/task.html", status=status, **context | more)


async def badge(request: web.Request) -> web.Response:
    """Numbers for the navigation, fetched by its script."""
    counts = await request.app[SERVICES].counts(viewer_of(request))
    return web.json_response(
        {"count": counts.open, "late": counts.overdue}, headers={"Cache-Control": "no-store"}
    )


# --- what can be done -------------------------------------------------------------------------------------------


async def take(request: web.Request) -> web.Response:
    task_id, form = number_in_path(request, "id"), await request.post()
    seen = str(form.get("owner", ""))
    owner = int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= 18 else None
    try:
        await request.app[SERVICES].take(viewer_of(request), task_id, seen_user_id=owner)
    except Conflict:
        return see_other(f"/tasks/{task_id}", _LATE)
    return see_other(_back(form), Flash("success", "Задача ваша", f"/tasks/{task_id}/release"))


async def release(request: web.Request) -> web.Response:
    task_id = number_in_path(request, "id")
    try:
        await request.app[SERVICES].release(viewer_of(request), task_id)
    except Conflict:
        return see_other(f"/tasks/{task_id}", _LATE)
    return see_other("/tasks", Flash("success", "Задача снова ничья"))


async def close(request: web.Request) -> web.Response:
    task_id, form = number_in_path(request, "id"), await request.post()
    typed = {"reason": str(form.get("reason", "")), "comment": _text(form.get("comment", ""))}
    errors = {}
    if typed["reason"] not in set(CloseReason):
        errors["reason"] = "Выберите, чем кончилось"
    elif typed["reason"] == CloseReason.OTHER and not typed["comment"]:
        errors["comment"] = "Напишите, чем кончилось"
    if len(typed["comment"]) > MAX_COMMENT_CHARS:
        errors["comment"] = f"Сократите до {MAX_COMMENT_CHARS} знаков"
    if errors:
        return await _page(request, task_id, 422, typed=typed, errors=errors)
    reason = CloseReason(typed["reason"])
    try:
        await request.app[SERVICES].close(viewer_of(request), task_id, reason, typed["comment"])
    except Conflict:
        return see_other(f"/tasks/{task_id}", _LATE)
    said = f"Задача закрыта: {words.REASONS[reason].lower()}"
    return see_other(_back(form), Flash("success", said, f"/tasks/{task_id}/reopen"))


async def postpone(request: web.Request) -> web.Response:
    task_id, form, viewer = number_in_path(request, "id"), await request.post(), viewer_of(request)
    typed = {"delay": str(form.get("delay", ""))[:20], "until": typed_moment(form, "until")}
    if typed["until"] and typed["delay"] == "":
        typed["delay"] = "at"
    until = words.delayed_until(typed["delay"], typed["until"], request.app[DEPS].clock.now(), viewer.tz)
    if until is None:
        errors = {"until": "Укажите день и время"} if typed["delay"] == "at" else {"delay": "Выберите срок"}
        return await _page(request, task_id, 422, typed=typed, errors=errors)
    try:
        await request.app[SERVICES].postpone(viewer, task_id, until)
    except Invalid:
        errors = {"until": "Срок в ближайшие два месяца, не в прошлом"}
        return await _page(request, task_id, 422, typed=typed, errors=errors)
    except Conflict:
        return see_other(f"/tasks/{task_id}", _LATE)
    due = words.due_words(until, request.app[DEPS].clock.now(), viewer.tz)
    return see_other(_back(form), Flash("success", f"Задача отложена: {due.text}"))


async def reopen(request: web.Request) -> web.Response:
    task_id = number_in_path(request, "id")
    try:
        await request.app[SERVICES].reopen(viewer_of(request), task_id)
    except Conflict:
        said = "Открыть снова нельзя: задача закрылась разговором, или у клиента уже есть новая"
        return see_other(f"/tasks/{task_id}", Flash("warning", said))
    return see_other(f"/tasks/{task_id}", Flash("success", "Задача снова открыта"))


def _text(raw: Any) -> str:
    kept = (char for char in str(raw) if char == "\n" or char.isprintable())
    return "".join(kept).strip()


def _back(form: Any) -> str:
    """The list, or the task, from which the button was pressed; never another site."""
    back = str(form.get("back", ""))
    is_ours = back == "/tasks" or back.startswith(("/tasks?", "/tasks/"))
    return back if is_ours and len(back) <= 200 and back.isprintable() and "\\" not in back else "/tasks"


def room(services: TaskServices) -> Room:
    return Room(
        "tasks",
        (
            get("/tasks", tasks, WHO),
            get("/tasks/badge", badge, WHO),
            get("/tasks/{id}", task, WHO),
            post("/tasks/{id}/take", take, WHO),
            post("/tasks/{id}/release", release, WHO),
            post("/tasks/{id}/close", close, WHO),
            post("/tasks/{id}/postpone", postpone, WHO),
            post("/tasks/{id}/reopen", reopen, WHO),
        ),
        nav=(NavItem("Задачи", "/tasks", "list-check", WHO, "Работа", "g t", "/tasks/badge"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
        scripts=("badges.js",),
    )
