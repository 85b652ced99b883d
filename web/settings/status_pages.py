"""Statuses of orders: named by the factory, each of a class that rules look at."""

from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.orders.change_settings import may_edit_settings
from callcore.orders.model import OrderClass, OrderResult
from callcore.orders.statuses import MAX_NAME_CHARS, MAX_TERM_H, StageDraft, StatusBook
from web.security.sessions import viewer_of
from web.settings import words
from web.settings.services import SERVICES
from web.ui.flash import Flash, see_other
from web.ui.templates import render

PATH: Final = "/settings/statuses"
WRONG: Final = {
    "name": f"Назовите статус, не длиннее {MAX_NAME_CHARS} знаков",
    "class": "Вид статуса нельзя сменить: на нём стоят заказы",
    "result": "Для завершённого выберите результат: выполнен или не выполнен",
    "term": f"Часов: целое число от 1 до {MAX_TERM_H}, или пусто",
    "active": "Этот статус ставит сама система, убрать его нельзя",
}


async def statuses(request: web.Request) -> web.Response:
    return await _page(request)


async def save(request: web.Request) -> web.Response:
    sent = await request.post()
    typed = {name: _plain(str(sent.get(name, ""))) for name in ("code", "name", "class", "result", "term")}
    book = await request.app[SERVICES].statuses()
    draft, wrong = _draft(typed, book, is_active=not typed["code"] or sent.get("active") == "1")
    if not wrong:
        try:
            saved = await request.app[SERVICES].save_status(viewer_of(request), draft)
        except Invalid as refused:
            wrong = {name: WRONG.get(name, "Не годится") for name in refused.details["fields"]}
        except Conflict:
            wrong = {"name": "Статус с таким названием уже есть"}
        else:
            return see_other(PATH, Flash("success", f"«{saved.name}»: записано"))
    return await _page(request, 422, typed=typed, errors=wrong)


async def move(request: web.Request) -> web.Response:
    sent = await request.post()
    services, code = request.app[SERVICES], str(sent.get("code", ""))
    codes = [one.code for one in (await services.statuses()).stages]
    if code not in codes:
        raise NotFound("status-not-found")
    order = words.moved(codes, code, up=sent.get("way") == "up")
    await services.order_statuses(viewer_of(request), order)
    return see_other(f"{PATH}#s-{code}", None)


def _draft(typed: dict[str, str], book: StatusBook, *, is_active: bool) -> tuple[StageDraft, dict[str, str]]:
    """Class and result of one that exists are not asked: they stay."""
    wrong: dict[str, str] = {}
    before = book.find(typed["code"]) if typed["code"] else None
    kind = before.status_class if before else next((one for one in OrderClass if one == typed["class"]), None)
    if kind is None:
        wrong["class"] = "Выберите вид из списка"
    chosen = next((one for one in OrderResult if one == typed["result"]), OrderResult.RUNNING)
    result = before.result if before else chosen if kind is OrderClass.CLOSED else OrderResult.RUNNING
    term = typed["term"]
    if term and not (term.isascii() and term.isdigit() and len(term) < 9):
        wrong["term"] = WRONG["term"]
    draft = StageDraft(
        code=typed["code"],
        name=typed["name"],
        status_class=kind or OrderClass.OPEN,
        result=result,
        term_h=int(term) if term and "term" not in wrong else None,
        is_active=is_active,
    )
    return draft, wrong


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    book = await request.app[SERVICES].statuses()
    context: dict[str, Any] = {
        "tabs": words.tabs(PATH, viewer_of(request)),
        "rows": book.stages,
        "classes": [(one.value, text) for one, text in words.CLASSES.items()],
        "results": [(one.value, text) for one, text in words.RESULTS.items()],
        "settings": words,
        "can_edit": may_edit_settings(viewer_of(request)),
        "typed": {"code": "", "name": "", "class": "", "result": "", "term": ""},
        "errors": {},
    }
    return render(request, "settings/statuses.html", status=status, **context | more)


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).strip()[:200]
