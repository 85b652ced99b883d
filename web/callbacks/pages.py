"""«Обратные звонки»: who waits, who is being called, who was not reached; what a person does with one; the room."""

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from callcore.calls.task_model import MAX_COMMENT_CHARS, CloseReason
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from callcore.outbound.callbacks.callback_queries import CallbackFilter, CallbackTab, CallbackView
from callcore.outbound.callbacks.model import CallbackSource
from callcore.outbound.callbacks.sites import KEEPERS
from web.callbacks import assign_pages, site_pages, words
from web.callbacks.services import SERVICES, CallbackServices
from web.callbacks.tabs import room_tabs
from web.keys import DEPS
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.tasks.words import DELAYS, delayed_until
from web.ui.clock import typed_moment
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
KEEP = roles(*KEEPERS)
TABS: Final = {
    CallbackTab.WAITING: "Ждут",
    CallbackTab.CALLING: "Звоним",
    CallbackTab.UNREACHED: "Не дозвонились",
    CallbackTab.CLOSED: "Закрыты",
}
EMPTY: Final = {
    CallbackTab.WAITING: ("Никто не ждёт звонка", "Заявки приходят с сайтов, из программ и из очереди."),
    CallbackTab.CALLING: (
        "Сейчас никому не звоним",
        "Звонок начнётся сам, когда подойдёт время и освободится телефон.",
    ),
    CallbackTab.UNREACHED: ("Дозвонились до всех", "Сюда попадают те, кто не ответил после всех попыток."),
    CallbackTab.CLOSED: ("Закрытых пока нет", "Заявка закрывается сама, когда с клиентом поговорили."),
}


async def listing(request: web.Request) -> web.Response:
    viewer, wanted = viewer_of(request), _wanted(request)
    page = await request.app[SERVICES].page(viewer, wanted)
    is_part = request.query.get("fragment") == "list"
    return render(
        request,
        "callbacks/body.html" if is_part else "callbacks/list.html",
        **_frame(request),
        rows=page.items,
        tabs=[
            (text, _address(wanted, tab=tab), page.counts.get(tab), tab is wanted.tab)
            for tab, text in TABS.items()
        ],
        sites=list(page.sites.items()),
        sources=[(one.value, text) for one, text in words.SOURCES.items()],
        wanted=wanted,
        room_tabs=room_tabs("/callbacks", viewer),
        has_filter=bool(wanted.source or wanted.site or wanted.is_mine),
        empty=EMPTY[wanted.tab],
        here=_address(wanted),
        next_url=_address(wanted, before=page.next_before) if page.next_before else "",
        first_url=_address(wanted) if wanted.before else "",
    )


def _wanted(request: web.Request) -> CallbackFilter:
    asked = request.query
    tab, source, before = asked.get("tab", ""), asked.get("source", ""), asked.get("before", "")
    return CallbackFilter(
        tab=CallbackTab(tab) if tab in set(CallbackTab) else CallbackTab.WAITING,
        source=CallbackSource(source) if source in set(CallbackSource) else None,
        site=asked.get("site", "")[:64],
        is_mine=asked.get("mine") == "1",
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )


def _address(wanted: CallbackFilter, tab: CallbackTab | None = None, before: int | None = None) -> str:
    chosen = tab or wanted.tab
    pairs = {
        "tab": "" if chosen is CallbackTab.WAITING else chosen.value,
        "source": wanted.source.value if wanted.source else "",
        "site": wanted.site,
        "mine": "1" if wanted.is_mine else "",
        "before": before or "",
    }
    text = urlencode({name: value for name, value in pairs.items() if value})
    return f"/callbacks?{text}" if text else "/callbacks"


def _frame(request: web.Request) -> dict[str, Any]:
    return {
        "cb": words,
        "now": request.app[DEPS].clock.now(),
        "reasons": [(one.value, text) for one, text in words.CLOSINGS.items()],
        "delays": list(DELAYS.items()),
        "typed": {},
        "errors": {},
        "trouble": "",
    }


async def one(request: web.Request) -> web.Response:
    return await _page(request, number_in_path(request, "id"))


async def _page(request: web.Request, callback_id: int, status: int = 200, **more: Any) -> web.Response:
    found: CallbackView = await request.app[SERVICES].view(viewer_of(request), callback_id)
    context = _frame(request) | {"row": found, "here": f"/callbacks/{found.id}"} | more
    return render(request, "callbacks/callback.html", status=status, **context)


# --- what a person does ---------------------------------------------------------------------------------------------


async def call_now(request: web.Request) -> web.Response:
    callback_id, form = number_in_path(request, "id"), await request.post()
    try:
        tries = _whole(form.get("tries", ""))
        await request.app[SERVICES].call_now(viewer_of(request), callback_id, seen_tries=tries)
    except Conflict:
        return see_other(f"/callbacks/{callback_id}", words.LATE)
    except NotAllowedNow as refused:
        if refused.code != "customer-sleeps":
            raise
        told = refused.details
        text = f"У клиента сейчас {told['there']}: звонить можно с {told['since']} до {told['until']} по его времени"
        return await _page(request, callback_id, 422, trouble=text)
    return see_other(
        _back(form),
        Flash("success", "Звоним: сначала зазвонит ваш телефон или телефон свободного сотрудника"),
    )


async def take(request: web.Request) -> web.Response:
    callback_id, form = number_in_path(request, "id"), await request.post()
    try:
        owner = str(form.get("owner", ""))
        await request.app[SERVICES].take(viewer_of(request), callback_id, seen_owner=owner)
    except Conflict:
        return see_other(f"/callbacks/{callback_id}", words.LATE)
    return see_other(
        _back(form), Flash("success", "Заявка ваша: когда подойдёт время, первым зазвонит ваш телефон")
    )


async def close(request: web.Request) -> web.Response:
    callback_id, form = number_in_path(request, "id"), await request.post()
    typed = {"reason": str(form.get("reason", "")), "comment": _text(form.get("comment", ""))}
    errors = {}
    if typed["reason"] not in set(CloseReason):
        errors["reason"] = "Выберите, чем кончилось"
    elif typed["reason"] == CloseReason.OTHER and not typed["comment"]:
        errors["comment"] = "Напишите, чем кончилось"
    if len(typed["comment"]) > MAX_COMMENT_CHARS:
        errors["comment"] = f"Сократите до {MAX_COMMENT_CHARS} знаков"
    if errors:
        return await _page(request, callback_id, 422, typed=typed, errors=errors)
    reason = CloseReason(typed["reason"])
    try:
        await request.app[SERVICES].close(viewer_of(request), callback_id, reason, typed["comment"])
    except Conflict:
        return see_other(f"/callbacks/{callback_id}", words.LATE)
    return see_other(_back(form), Flash("success", f"Закрыто: {words.CLOSINGS[reason].lower()}"))


async def postpone(request: web.Request) -> web.Response:
    callback_id, form, viewer = number_in_path(request, "id"), await request.post(), viewer_of(request)
    typed = {"delay": str(form.get("delay", ""))[:20], "until": typed_moment(form, "until")}
    if typed["until"] and typed["delay"] == "":
        typed["delay"] = "at"
    until = delayed_until(typed["delay"], typed["until"], request.app[DEPS].clock.now(), viewer.tz)
    if until is None:
        errors = {"until": "Укажите день и время"} if typed["delay"] == "at" else {"delay": "Выберите срок"}
        return await _page(request, callback_id, 422, typed=typed, errors=errors)
    try:
        await request.app[SERVICES].postpone(viewer, callback_id, until)
    except Invalid:
        errors = {"until": "Срок в ближайшие две недели, не в прошлом"}
        return await _page(request, callback_id, 422, typed=typed, errors=errors)
    except Conflict:
        return see_other(f"/callbacks/{callback_id}", words.LATE)
    return see_other(_back(form), Flash("success", "Отложено; ночью клиенту не позвоним"))


def _whole(raw: Any) -> int:
    """-1 for what is none: no page of ours."""
    text = str(raw)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _text(raw: Any) -> str:
    return "".join(char for char in str(raw) if char == "\n" or char.isprintable()).strip()


def _back(form: Any) -> str:
    """The list from which the button was pressed; never another site."""
    back = str(form.get("back", ""))
    is_ours = back == "/callbacks" or back.startswith(("/callbacks?", "/callbacks/"))
    return back if is_ours and len(back) <= 300 and back.isprintable() and "\\" not in back else "/callbacks"


def room(services: CallbackServices) -> Room:
    return Room(
        "callbacks",
        (
            get("/callbacks", listing, WHO),
            get("/callbacks/sites", site_pages.listing, KEEP),
            get("/callbacks/sites/new", site_pages.new, site_pages.EDIT),
            post("/callbacks/sites", site_pages.make, site_pages.EDIT),
            get("/callbacks/sites/{id}", site_pages.show, KEEP),
            post("/callbacks/sites/{id}", site_pages.save, site_pages.EDIT),
            get("/callbacks/{id}", one, WHO),
            post("/callbacks/{id}/call", call_now, WHO),
            post("/callbacks/{id}/take", take, WHO),
            get("/callbacks/{id}/assign", assign_pages.form, WHO),
            post("/callbacks/{id}/assign", assign_pages.save, WHO),
            post("/callbacks/{id}/close", close, WHO),
            post("/callbacks/{id}/postpone", postpone, WHO),
        ),
        nav=(NavItem("Обратные звонки", "/callbacks", "phone-call", WHO, "Работа", "g b"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
