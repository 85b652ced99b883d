"""«Выгода»: which dealer deserves the call, how well he works, what he costs and brings; and what the rating is made of."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid
from callcore.marketing.dealer_value import Sort
from callcore.network.costs import VALUE_READERS
from callcore.network.merits import Measure, Weights, check_weights
from callcore.network.policy_versions import POLICY_EDITORS, POLICY_READERS, may_edit_policies
from web.efficiency.words import seconds
from web.keys import DEPS
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.templates import render
from web.value import cost_pages, words
from web.value.book import make_book
from web.value.form import PERIODS, ValueForm, read_form
from web.value.services import SERVICES, ValueReport, ValueServices

READ: Final = roles(*VALUE_READERS)
RATE: Final = roles(*POLICY_READERS)
EDIT_RATING: Final = roles(*POLICY_EDITORS)
ADDRESS: Final = "/value"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def value(request: web.Request) -> web.Response:
    form, report = await _asked(request)
    context: dict[str, Any] = {
        "form": form,
        "report": None if form.errors else report,
        "regions": list(report.regions.items()),
        "periods": PERIODS.items(),
        "tabs": [(title, form.by(sort), None, form.sort is sort) for sort, title in words.SORTS.items()],
        "sort": Sort,
        "told": words,
        "seconds": seconds,
        "may_rate": viewer_of(request).role in POLICY_READERS,
    }
    return render(request, "value/report.html", status=400 if form.errors else 200, **context)


async def export(request: web.Request) -> web.Response:
    form, report = await _asked(request)
    if form.errors:
        raise web.HTTPSeeOther(f"{ADDRESS}?{form.query()}")
    body = await asyncio.to_thread(make_book, report.values, words.SORTS[form.sort])
    headers = {
        "Content-Disposition": f'attachment; filename="dealers-{form.first:%Y-%m}-{form.last:%Y-%m}.xlsx"'
    }
    return web.Response(body=body, content_type=XLSX, headers=headers)


async def _asked(request: web.Request) -> tuple[ValueForm, ValueReport]:
    """With an error the report is that of the usual period: the page needs its regions."""
    viewer, services = viewer_of(request), request.app[SERVICES]
    now = request.app[DEPS].clock.now()
    regions = await services.regions()
    form = read_form(request.query, now=now, tz=viewer.tz, regions=regions)
    first, last = (form.first, form.last) if not form.errors else (now.date(), now.date())
    return form, await services.report(viewer, first, last, form.region, form.sort)


async def rating(request: web.Request) -> web.Response:
    return await _rating(request, None, {})


async def change_rating(request: web.Request) -> web.Response:
    """«Посмотреть» shows who would be in the TOP, «Сохранить» saves."""
    typed = await request.post()
    form = {name: str(typed.get(name, "")).strip()[:10] for name in (*Measure, "version", "do")}
    weights = Weights(**{measure.value: _whole(form[measure]) for measure in Measure})
    if wrong := check_weights(weights):
        return await _rating(request, form, wrong, status=422)
    if form["do"] != "save":
        return await _rating(request, form, {}, tried=weights)
    try:
        await request.app[SERVICES].save_rating(viewer_of(request), weights, _whole(form["version"]))
    except Conflict:
        trouble = "Пока вы правили, веса сохранил кто-то другой. Ваши остались в форме: сравните и сохраните ещё раз."
        return await _rating(request, form, {}, tried=weights, trouble=trouble, status=409)
    except Invalid as refused:
        return await _rating(request, form, refused.details["fields"], status=422)
    return see_other(
        "/value/rating", Flash("success", "Сохранено: ТОП и порядок по рейтингу теперь по этим весам")
    )


async def _rating(
    request: web.Request,
    form: Mapping[str, str] | None,
    wrong: Mapping[str, str],
    *,
    tried: Weights | None = None,
    trouble: str = "",
    status: int = 200,
) -> web.Response:
    viewer = viewer_of(request)
    book = await request.app[SERVICES].rating(viewer, tried)
    kept = {measure.value: str(book.stored.weights.of(measure)) for measure in Measure}
    asks_anew = form is None or trouble
    context: dict[str, Any] = {
        "book": book,
        "form": form or kept,
        "version": book.stored.version if asks_anew or form is None else form["version"],
        "errors": {name: words.WEIGHT_ERRORS[code] for name, code in wrong.items()},
        "trouble": trouble,
        "is_tried": tried is not None,
        "is_plain": (tried or book.stored.weights).is_points_only,
        "was_plain": book.stored.weights.is_points_only,
        "measures": words.MEASURES.items(),
        "told": words,
        "can_edit": may_edit_policies(viewer),
    }
    return render(request, "value/rating.html", status=status, **context)


def _whole(text: str) -> int:
    """-1 for what is no whole number: it is out of every range."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else (0 if not text else -1)


def room(services: ValueServices) -> Room:
    return Room(
        "value",
        (
            get(ADDRESS, value, READ),
            get(f"{ADDRESS}/export", export, READ),
            get(f"{ADDRESS}/rating", rating, RATE),
            post(f"{ADDRESS}/rating", change_rating, EDIT_RATING),
            *cost_pages.ROUTES,
        ),
        nav=(NavItem("Выгода", ADDRESS, "coins", READ, "Сеть", "g w"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
