"""An order moves on: stages, putting off, proof of contact, its end and its way back."""

from aiohttp import web

from callcore.kernel.errors import NotAllowedNow
from callcore.orders.close_order import Closing
from callcore.orders.model import OrderResult
from web.orders.card_access import ADMIN, OF_FACTORY, OFFICE, WORK, refused
from web.orders.card_context import card_page
from web.orders.card_forms import FormState, day, kopecks, line, whole
from web.orders.card_services import SERVICES
from web.rooms import post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path


async def _typed(request: web.Request, *names: str) -> tuple[int, dict[str, str]]:
    form = await request.post()
    limit = 2000
    return number_in_path(request, "number"), {name: line(form.get(name, ""), limit) for name in names}


async def change_status(request: web.Request) -> web.Response:
    number, typed = await _typed(request, "status", "seen")
    work = request.app[SERVICES].work
    doing = work.change_status(viewer_of(request), number, typed["status"], seen=typed["seen"])
    if again := await refused(request, "status", typed, doing):
        return again
    return see_other(f"/orders/{number}", Flash("success", "Состояние изменено"))


async def postpone(request: web.Request) -> web.Response:
    number, typed = await _typed(request, "until", "reason")
    until = day(typed["until"])
    if until is None:
        state = FormState("postpone", typed, {"until": "Выберите день"})
        return await card_page(request, status=422, state=state)
    doing = request.app[SERVICES].work.postpone(viewer_of(request), number, until, typed["reason"])
    if again := await refused(request, "postpone", typed, doing):
        return again
    return see_other(f"/orders/{number}", Flash("success", "Заказ отложен"))


async def vouch(request: web.Request) -> web.Response:
    number, typed = await _typed(request, "reason")
    doing = request.app[SERVICES].work.vouch(viewer_of(request), number, typed["reason"])
    if again := await refused(request, "vouch", typed, doing):
        return again
    return see_other(f"/orders/{number}", Flash("success", "Контакт с клиентом подтверждён"))


async def close(request: web.Request) -> web.Response:
    """`earned` is asked for a fulfilled order, `reason` for another."""
    number, typed = await _typed(request, "result", "earned", "reason", "note")
    result = next((one for one in OrderResult if one.value == typed["result"]), OrderResult.RUNNING)
    closing = Closing(
        result=result,
        earned_kopecks=kopecks(typed["earned"]),
        reason_id=whole(typed["reason"]),
        note=typed["note"],
    )
    doing = request.app[SERVICES].work.close(viewer_of(request), number, closing)
    if again := await refused(request, "close", typed, doing):
        return again
    words = "Заказ выполнен" if result is OrderResult.DONE else "Заказ закрыт как не выполненный"
    return see_other(f"/orders/{number}#results", Flash("success", words))


async def reopen(request: web.Request) -> web.Response:
    number, typed = await _typed(request, "reason")
    doing = request.app[SERVICES].work.reopen(viewer_of(request), number, typed["reason"])
    if again := await refused(request, "reopen", typed, doing):
        return again
    return see_other(f"/orders/{number}", Flash("success", "Заказ снова в работе, баллы за него сняты"))


async def delete(request: web.Request) -> web.Response:
    number, typed = await _typed(request, "reason")
    doing = request.app[SERVICES].work.delete(viewer_of(request), number, typed["reason"])
    if again := await refused(request, "delete", typed, doing):
        return again
    return see_other(
        "/orders", Flash("success", f"Заказ № {number} удалён; запись об этом в журнале действий")
    )


async def ask(request: web.Request) -> web.Response:
    """Sends the survey; a second press says that it was sent before."""
    number = number_in_path(request, "number")
    try:
        is_new = await request.app[SERVICES].ask(viewer_of(request), number)
    except NotAllowedNow:
        flash = Flash("warning", "Опрос отправляют, когда заказ завершён")
    else:
        flash = (
            Flash("success", "Опрос отправлен клиенту") if is_new else Flash("info", "Опрос уже отправляли")
        )
    return see_other(f"/orders/{number}#results", flash)


ROUTES = (
    post("/orders/{number}/status", change_status, WORK),
    post("/orders/{number}/postpone", postpone, WORK),
    post("/orders/{number}/contact", vouch, OF_FACTORY),
    post("/orders/{number}/close", close, WORK),
    post("/orders/{number}/reopen", reopen, OFFICE),
    post("/orders/{number}/delete", delete, ADMIN),
    post("/orders/{number}/survey", ask, WORK),
)
