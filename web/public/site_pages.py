"""The order form of the maker's site and of each dealer's."""

import secrets
from dataclasses import asdict, replace
from typing import Any, Final

from aiohttp import web

from callcore.intake.once import Press
from callcore.intake.take_in import Sender
from callcore.kernel.errors import Invalid, TooMany
from callcore.orders.model import SERVICES as SERVICE_NAMES
from web.intake.words import field_words
from web.keys import DEPS
from web.public.form import SERVICES_OFFERED, OrderForm, Wish, arrival, draft_of, read_form, wish_errors
from web.public.services import SERVICES
from web.security.origin import client_ip
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path
from web.ui.templates import render

REVIEWS: Final = 5
THANKS: Final = (
    "Спасибо, заказ принят! Сохраните эту страницу: здесь видно, что с заказом, и можно написать нам"
)
_TOO_OFTEN: Final = (
    "С этого адреса пришло слишком много заказов подряд. Подождите минуту и отправьте ещё раз."
)


async def show(request: web.Request) -> web.Response:
    query = request.query
    came = arrival(query, request.headers.get("Referer", ""), request.host)
    first = Wish(query.get("article", "")[:200], query.get("quantity", "1")[:20])
    form = OrderForm(
        key=secrets.token_urlsafe(16),
        source=came.source,
        medium=came.medium,
        campaign=came.campaign,
        term=came.term,
        city=query.get("city", "")[:120],
        wishes=(first, Wish(), Wish()),
    )
    return await _page(request, form)


async def _page(
    request: web.Request, form: OrderForm, *, errors: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    site = await request.app[SERVICES].site_form(_org_id(request))
    context: dict[str, Any] = {
        "site": site,
        "form": form,
        "errors": errors or {},
        "reviews": await request.app[SERVICES].reviews(site.org_id, None, REVIEWS) if site.org_id else None,
        "services": {name: SERVICE_NAMES[name] for name in SERVICES_OFFERED},
    }
    return render(request, "public/order_form.html", status=status, **context)


async def take(request: web.Request) -> web.Response:
    """Nothing typed is lost: a refusal shows the same form with words by the fields."""
    services, form = request.app[SERVICES], read_form(await request.post())
    site = await services.site_form(_org_id(request))
    if form.website:
        return render(request, "public/thanks.html", site=site)  # a machine filled in what people do not see
    if not form.pd:
        return await _page(
            request, form, errors={"pd": field_words({"consent": "needed"})["consent"]}, status=422
        )
    ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
    try:
        services.admit_order(ip)
        press = Press.of("site", form.key or secrets.token_urlsafe(16), repr(asdict(form)).encode())
        taken = await services.take(press, draft_of(form, site.org_id), Sender(source="site", ip=ip))
    except Invalid as refused:
        if refused.code == "idempotency-key-reused":  # sent, gone back, changed and sent anew: another order
            return await _page(
                request, replace(form, key=secrets.token_urlsafe(16)), status=409, errors={"again": "1"}
            )
        errors = wish_errors(form, field_words(refused.details.get("fields", {})))
        return await _page(request, form, errors=errors, status=422)
    except TooMany:
        return await _page(request, form, errors={"form": _TOO_OFTEN}, status=429)
    return see_other(f"/o/{taken.public_id}", Flash("success", THANKS))


def _org_id(request: web.Request) -> int | None:
    return number_in_path(request, "org_id") if "org_id" in request.match_info else None
