"""A new order by hand: from nothing, from a call, from a customer, from a request. Works without script: each button of the
form brings it back with everything that was typed."""

import secrets
from dataclasses import asdict, replace
from typing import Any, Final

from aiohttp import web

from callcore.intake.once import Press
from callcore.intake.operator import TAKERS, Known
from callcore.intake.site_form import Goods
from callcore.kernel.errors import Invalid
from callcore.orders.model import SERVICES as SERVICE_NAMES
from web.calls import words as call_words
from web.dids.words import MEDIA, REQUESTS
from web.intake.form import LineForm, OrderForm, asked_by, begun, by_input, changed, read_form, understand
from web.intake.services import SERVICES, IntakeServices
from web.intake.words import field_words
from web.keys import DEPS
from web.rooms import Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.pin import pin_map
from web.ui.templates import render

WHO = roles(*TAKERS)
_AGAIN: Final = "Этот заказ вы уже отправили. Если нужен ещё один, проверьте поля и отправьте снова."


async def new(request: web.Request) -> web.Response:
    query = request.query
    opened = OrderForm(
        request=query.get("request", "")[:20],
        call=query.get("call_id", "")[:80],
        customer=query.get("customer", "")[:20],
    )
    asked = asked_by(opened)
    known = await request.app[SERVICES].known(viewer_of(request), asked)
    form = begun(known, asked, secrets.token_urlsafe(16))
    return await _page(request, form, known)


async def _page(
    request: web.Request,
    form: OrderForm,
    known: Known,
    *,
    errors: dict[str, str] | None = None,
    found: tuple[Goods, ...] | None = None,
    trouble: str = "",
    status: int = 200,
) -> web.Response:
    services = request.app[SERVICES]
    context: dict[str, Any] = {
        "form": form,
        "known": known,
        "errors": errors or {},
        "found": found,
        "trouble": trouble,
        "regions": (await services.regions()).items(),
        "services": SERVICE_NAMES,
        "sources": [(name, call_words.source_words(name)) for name in call_words.SOURCES],
        "media": list(MEDIA.items()),
        "requests": list(REQUESTS.items()),
        "today": request.app[DEPS].clock.now().date().isoformat(),
        "pin_start": pin_map(None, None, form.region),
    }
    return render(request, "intake/new.html", status=status, **context)


async def take(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    sent = await request.post()
    form, action = read_form(sent), str(sent.get("do", "save"))
    asked = asked_by(form)
    known = await services.known(viewer, asked)
    if action != "save":
        return await _by_button(request, form, known, action)
    draft, wrong = understand(form)
    if wrong:
        return await _page(request, form, known, errors=by_input(form, field_words(wrong)), status=422)
    press = Press.of(
        f"user:{viewer.user_id}", form.key or secrets.token_urlsafe(16), repr(asdict(form)).encode()
    )
    try:
        taken = await services.take(viewer, press, draft, asked)
    except Invalid as refused:
        if refused.code == "idempotency-key-reused":  # gone back, changed and sent anew
            form = replace(form, key=secrets.token_urlsafe(16))
            return await _page(request, form, known, trouble=_AGAIN, status=409)
        errors = by_input(form, field_words(refused.details.get("fields", {})))
        return await _page(request, form, known, errors=errors, status=422)
    said = "Обращение стало заказом" if known.request else f"Заказ № {taken.number} создан"
    return see_other(f"/orders/{taken.number}", Flash("success", said))


async def _by_button(request: web.Request, form: OrderForm, known: Known, action: str) -> web.Response:
    services = request.app[SERVICES]
    if action == "find":
        found = tuple(await services.goods(form.q)) if form.q else ()
        return await _page(request, form, known, found=found)
    changed_form = changed(form, action)
    if action.startswith("add:"):
        changed_form = await _with_words(services, changed_form)
    return await _page(request, replace(changed_form, q=""), known)


async def _with_words(services: IntakeServices, form: OrderForm) -> OrderForm:
    """A line that was just added shows the catalogue's name and price."""
    last = form.lines[-1]
    goods = next((one for one in await services.goods(last.article) if one.article == last.article), None)
    if goods is None:
        return form
    price = f"{goods.price_kopecks / 100:.2f}".rstrip("0").rstrip(".").replace(".", ",")
    line = LineForm(article=goods.article, name=goods.name, quantity=last.quantity, price=price)
    return replace(form, lines=(*form.lines[:-1], line))


def room(services: IntakeServices) -> Room:
    return Room(
        "intake",
        (get("/orders/new", new, WHO), post("/orders/new", take, WHO)),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
