"""The lines of an order and its promo code. Whoever edited older lines sees both and chooses."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid
from callcore.orders.card_views import OrderCard
from callcore.orders.model import OrderEventKind
from web.orders.card_access import WORK, refused
from web.orders.card_context import card_page, with_blanks
from web.orders.card_forms import FormState, LineInput, drafts_of, line, line_inputs, whole, with_errors
from web.orders.card_services import SERVICES
from web.orders.timeline_words import changed_words, what_changed
from web.rooms import post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path

MAX_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Who changed what meanwhile: «Иванов», «количество», the changes in words."""

    who: str
    what: str
    changes: tuple[str, ...]


async def save_lines(request: web.Request) -> web.Response:
    number, form = number_in_path(request, "number"), await request.post()
    shown = whole(line(form.get("version", ""))) or 0
    rows = line_inputs(form)
    services, viewer = request.app[SERVICES], viewer_of(request)
    try:
        is_changed = await services.work.edit_lines(viewer, number, drafts_of(rows), shown=shown)
    except Invalid as error:
        return await _again(request, 422, with_errors(rows, error))
    except Conflict as error:
        if error.code != "lines-changed":
            raise
        card = await services.card(viewer, number)
        return await _again(request, 409, rows, _conflict(card, shown))
    words = "Состав сохранён" if is_changed else "В составе ничего не изменилось"
    return see_other(f"/orders/{number}#lines", Flash("success", words))


async def _again(
    request: web.Request, status: int, rows: tuple[LineInput, ...], conflict: Conflicting | None = None
) -> web.Response:
    """With what was typed; the page's own version is the newest, so that sending it again takes one's own."""
    return await card_page(
        request, status=status, state=FormState("lines"), rows=with_blanks(rows), conflict=conflict
    )


def _conflict(card: OrderCard, shown: int) -> Conflicting:
    others = [
        item
        for item in card.timeline
        if item.kind is OrderEventKind.CHANGED and item.field == "lines" and item.version > shown
    ]
    names = dict.fromkeys(item.actor_name for item in others if item.actor_name)
    changes = tuple(change for item in others for change in item.lines)
    return Conflicting(", ".join(names) or "Кто-то", what_changed(changes), changed_words(changes))


async def apply_promo(request: web.Request) -> web.Response:
    number, form = number_in_path(request, "number"), await request.post()
    code = line(form.get("code", ""))
    doing = request.app[SERVICES].work.apply_promo(viewer_of(request), number, code)
    if again := await refused(request, "promo", {"code": code}, doing):
        return again
    return see_other(f"/orders/{number}#lines", Flash("success", "Промокод действует, сумма пересчитана"))


async def remove_promo(request: web.Request) -> web.Response:
    number = number_in_path(request, "number")
    doing = request.app[SERVICES].work.remove_promo(viewer_of(request), number)
    if again := await refused(request, "promo", {}, doing):
        return again
    return see_other(f"/orders/{number}#lines", Flash("success", "Промокод убран, сумма пересчитана"))


ROUTES = (
    post("/orders/{number}/lines", save_lines, WORK, max_body_bytes=MAX_BYTES),
    post("/orders/{number}/promo", apply_promo, WORK),
    post("/orders/{number}/promo/remove", remove_promo, WORK),
)
