"""The customer's card: contacts, orders, calls with recordings and messages in one list, consents, tasks on one page."""

from typing import Any

from aiohttp import web

from callcore.orders.customer_view import CustomerView
from web.callbacks import words as callback_words
from web.calls import words as call_words
from web.customers import words
from web.customers.services import SERVICES
from web.customers.talks import talks_of
from web.security.sessions import viewer_of
from web.ui.formats import plural
from web.ui.templates import render


async def card_page(request: web.Request, customer_id: int, status: int = 200, **more: Any) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    found = await services.view(viewer, customer_id)
    alike = await services.change.duplicates(viewer, customer_id) if found.rights.may_merge else ()
    context: dict[str, Any] = {
        "words": call_words,
        "customers": words,
        "customer": found,
        "consents": words.consent_lines(found.consents),
        "tasks": await services.tasks(viewer, customer_id),
        "talks": talks_of(
            found.calls,
            await services.messages(viewer, customer_id),
            await services.comments(viewer, customer_id),
            found.orders,
        ),
        "callbacks": await services.callbacks(viewer, customer_id),
        "callback_words": callback_words,
        "alike": [one.second_id if one.first_id == found.id else one.first_id for one in alike],
        "sources": [
            call_words.source_words(source) for source in sorted({one.source for one in found.orders})
        ],
        "summary": _summary(found),
        "typed": {},
        "errors": {},
    }
    return render(request, "customers/card.html", status=status, **context | more)


def _summary(found: CustomerView) -> str:
    calls = plural(found.calls_count, "звонок", "звонка", "звонков")
    orders = plural(found.orders_count, "обращение", "обращения", "обращений")
    return " · ".join(part for part in (found.region_name, orders, calls) if part)
