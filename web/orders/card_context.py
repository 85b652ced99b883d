"""What the templates of one order's page are given."""

from typing import Any, Final

from aiohttp import web

from callcore.network.model import Viewer
from callcore.orders.card_views import OrderCard
from callcore.orders.line_changes import UNITS, params_text
from callcore.orders.model import SERVICE, OrderClass
from web.calls import words as call_words
from web.keys import DEPS
from web.orders import card_words, pin_words, timeline, words
from web.orders.card_forms import BLANK_LINES, FormState, LineInput, kind_choices, plain_money
from web.orders.card_services import SERVICES
from web.orders.timeline_words import PHONE_POLICIES, look_of, what_changed
from web.security.sessions import viewer_of
from web.ui.paths import number_in_path
from web.ui.templates import render

MESSAGES: Final = frozenset({"", "messages"})


async def card_page(
    request: web.Request, *, status: int = 200, state: FormState | None = None, **more: Any
) -> web.Response:
    """The whole page; `state` is the form that was sent and refused."""
    viewer = viewer_of(request)
    card = await request.app[SERVICES].card(viewer, number_in_path(request, "number"))
    context = await whole_context(request, viewer, card)
    if state is not None:
        context |= {"state": state, "open": state.name}
    return render(request, "orders/order.html", status=status, **context | more)


async def whole_context(request: web.Request, viewer: Viewer, card: OrderCard) -> dict[str, Any]:
    services = request.app[SERVICES]
    context = card_context(request, viewer, card)
    if context["show"] in MESSAGES:
        await services.read_messages(viewer, card)
    asked = request.query.get("open", "")
    editing = asked == "lines" and card.rights.may_work
    return context | {
        "offer": await services.offer(viewer, card),
        "survey": await services.survey(card),
        "place_url": _place_url(services.place_url, card),
        "pin_start": pin_words.start_of(card),
        "pin_guess": pin_words.is_guess(card),
        "pin_note": pin_words.pin_note(card, is_looked_for=services.finds_places),
        "finds_places": services.finds_places,
        "state": FormState(),
        "open": asked,
        "rows": with_blanks(inputs_of(card)) if editing else (),
        "conflict": None,
        "units": UNITS,
        "kinds": kind_choices(),
        "max_file_mb": services.max_file_bytes // 1024 // 1024,
        "money_text": plain_money,
    }


def card_context(request: web.Request, viewer: Viewer, card: OrderCard) -> dict[str, Any]:
    """For the fragments and the print too."""
    show = request.query.get("show", "")
    show = show if show in timeline.FILTERS else ""
    now, tz = request.app[DEPS].clock.now(), viewer.tz
    return {
        "orders": words,
        "cards": card_words,
        "words": call_words,
        "card": card,
        "order": card.order,
        "mark": words.status_mark(card.order),
        "deadline": words.deadline_mark(card.order, now, tz),
        "lines_kopecks": sum(line.total_kopecks for line in card.lines),
        "shown": timeline.shown(card.timeline, show),
        "show": show,
        "show_tabs": timeline.tabs(card.timeline),
        "call_ids": timeline.call_ids(card.timeline),
        "look_of": look_of,
        "phone_policies": PHONE_POLICIES,
        "what_changed": what_changed,
        "is_closed": card.order.status_class is OrderClass.CLOSED,
    }


def inputs_of(card: OrderCard) -> tuple[LineInput, ...]:
    """The stored lines as the form has them."""
    return tuple(
        LineInput(
            {
                "id": str(line.id),
                "name": line.name,
                "article": line.article,
                "params": params_text(line.params),
                "quantity": words.quantity(line.quantity),
                "unit": line.unit,
                "price": words.exact_price(line.price),
                "kind": f"{SERVICE}:{line.service}" if line.service else line.kind,
            }
        )
        for line in card.lines
    )


def with_blanks(rows: tuple[LineInput, ...]) -> tuple[LineInput, ...]:
    blank = LineInput({"unit": UNITS[0]})
    return (*rows, *[blank] * BLANK_LINES)


def _place_url(pattern: str, card: OrderCard) -> str:
    if card.lat is None or card.lon is None or not card.rights.is_own:
        return ""
    return pattern.replace("{lat}", f"{card.lat:.6f}").replace("{lon}", f"{card.lon:.6f}")
