"""One customer out of two, side by side, and back; forgetting on request."""

from typing import Any, Final

from aiohttp import web

from callcore.customers.merging import Choice
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow, NotFound
from callcore.orders.change_customer import Merge
from callcore.orders.customer_reach import FORGETTERS, MERGERS
from callcore.orders.customer_view import CustomerView
from callcore.orders.forget_customer import CONFIRMATION
from web.customers import words
from web.customers.services import SERVICES
from web.dealers.typed import typed as one_line
from web.rooms import Route, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

MERGE: Final = roles(*MERGERS)
FORGET: Final = roles(*FORGETTERS)
_CHANGED: Final = "Пока вы сравнивали, одна из карточек изменилась: посмотрите ещё раз и нажмите снова"
_RUNS: Final = {
    "recordings-held": "Запись разговора с ним запрещено удалять. Снимите запрет на её странице или оставьте записи.",
    "order-running": "У клиента есть незавершённый заказ: дилеру нужен адрес. Сначала закройте заказ.",
    "call-running": "Клиент сейчас на линии. Дождитесь конца разговора.",
}


async def duplicates(request: web.Request) -> web.Response:
    pairs = await request.app[SERVICES].change.duplicates(viewer_of(request))
    return render(request, "customers/duplicates.html", pairs=pairs)


async def merge_form(request: web.Request) -> web.Response:
    return await _merge_page(request, _with(request.query.get("with", "")))


async def merge(request: web.Request) -> web.Response:
    form = one_line(await request.post(), "with", "first", "second", *(name for name, _ in words.FIELDS))
    other_id, kept_id = _with(form["with"]), number_in_path(request, "id")
    versions = (_number(form["first"]), _number(form["second"]))
    taken = frozenset(name for name, _ in words.FIELDS if form[name] == "other")
    change = request.app[SERVICES].change
    try:
        merge_id = await change.merge(viewer_of(request), Merge(kept_id, other_id, Choice(taken), versions))
    except Conflict:
        return await _merge_page(request, other_id, 409, trouble=_CHANGED)
    except NotAllowedNow:
        return await _merge_page(request, other_id, 409, trouble="Эти карточки объединить уже нельзя")
    said = Flash("success", "Карточки объединены", f"/customers/merges/{merge_id}/undo")
    return see_other(f"/customers/{kept_id}", said)


async def undo(request: web.Request) -> web.Response:
    try:
        kept = await request.app[SERVICES].change.undo_merge(
            viewer_of(request), number_in_path(request, "merge")
        )
    except NotAllowedNow as error:
        told = {
            "merge-undone": "Это объединение уже отменено",
            "customer-gone": "Отменить нельзя: карточку объединили дальше или данные удалили",
        }
        return see_other("/customers", Flash("warning", told.get(error.code, "Отменить нельзя")))
    return see_other(f"/customers/{kept}", Flash("success", "Объединение отменено: карточки снова отдельно"))


async def _merge_page(
    request: web.Request, other_id: int, status: int = 200, trouble: str = ""
) -> web.Response:
    services, viewer, kept_id = request.app[SERVICES], viewer_of(request), number_in_path(request, "id")
    if other_id == kept_id:
        raise NotFound("same-customer")
    first, second = await services.view(viewer, kept_id), await services.view(viewer, other_id)
    if not (first.rights.may_merge and second.rights.may_merge):
        raise NotFound("customer-forgotten")
    regions = await services.regions()
    context: dict[str, Any] = {
        "first": first,
        "second": second,
        "rows": [
            (name, title, _word(first, name, regions), _word(second, name, regions))
            for name, title in words.FIELDS
        ],
        "trouble": trouble,
    }
    return render(request, "customers/merge.html", status=status, **context)


def _word(found: CustomerView, name: str, regions: Any) -> str:
    value = str(getattr(found, name))
    if name == "kind":
        return dict(words.KINDS).get(value, value)
    return str(regions.get(value, value)) if name == "region_code" else value


async def forget_form(request: web.Request) -> web.Response:
    return await _forget_page(request)


async def forget(request: web.Request) -> web.Response:
    form = one_line(await request.post(), "reason", "typed", "recordings")
    services, viewer, customer_id = request.app[SERVICES], viewer_of(request), number_in_path(request, "id")
    try:
        gone = await services.change.forget(
            viewer,
            customer_id,
            reason=form["reason"],
            typed=form["typed"],
            with_recordings=bool(form["recordings"]),
        )
    except Invalid as error:
        return await _forget_page(request, 422, typed=form, errors=words.errors_of(error))
    except NotAllowedNow as error:
        return await _forget_page(request, 409, typed=form, trouble=_RUNS.get(error.code, ""))
    await services.forget_files(gone)
    return see_other(f"/customers/{customer_id}", Flash("success", "Данные клиента удалены"))


async def _forget_page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    found = await request.app[SERVICES].view(viewer_of(request), number_in_path(request, "id"))
    if not found.rights.may_forget:
        raise NotFound("customer-forgotten")
    context: dict[str, Any] = {
        "customer": found,
        "confirmation": CONFIRMATION,
        "typed": {"recordings": "1"},
        "errors": {},
        "trouble": "",
    }
    return render(request, "customers/forget.html", status=status, **context | more)


def _with(text: str) -> int:
    number = _number(text)
    if number == 0:
        raise NotFound("no-such-customer")
    return number


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def routes() -> tuple[Route, ...]:
    return (
        get("/customers/duplicates", duplicates, MERGE),
        post("/customers/merges/{merge}/undo", undo, MERGE),
        get("/customers/{id}/merge", merge_form, MERGE),
        post("/customers/{id}/merge", merge, MERGE),
        get("/customers/{id}/forget", forget_form, FORGET),
        post("/customers/{id}/forget", forget, FORGET),
    )
