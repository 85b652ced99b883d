"""«Итоги заказов»: what came, what became of it, how soon, why it failed; a list of orders behind every figure."""

import asyncio
from typing import Any, Final

from aiohttp import web

from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from callcore.orders.model import OrderResult
from callcore.orders.report_model import Cut, OrdersReport
from web.efficiency import words
from web.keys import DEPS
from web.orders import report_words
from web.orders.list_services import SERVICES
from web.orders.report_form import ADDRESS, CUTS, PERIODS, ReportForm, read_form
from web.rooms import get
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.templates import render

WHO: Final = roles(*STAFF_ROLES, *DEALER_ROLES)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def report(request: web.Request) -> web.Response:
    viewer, form = viewer_of(request), _asked(request)
    choices = await request.app[SERVICES].choices(viewer)
    context: dict[str, Any] = {
        "form": form,
        "report": None if form.errors else await _report(request, form),
        "orgs": sorted(choices.orgs.items(), key=lambda item: item[1]),
        "periods": PERIODS.items(),
        "cuts": [(title, form.by(cut), None, form.cut is cut) for cut, title in CUTS.items()],
        "by_dealer": form.cut is Cut.DEALER,
        "told": words,
        "says": report_words,
        "result": OrderResult,
    }
    return render(request, "orders/report.html", status=400 if form.errors else 200, **context)


async def export(request: web.Request) -> web.Response:
    form = _asked(request)
    if form.errors:
        raise web.HTTPSeeOther(f"{ADDRESS}?{form.query()}")
    found = await _report(request, form)
    body = await asyncio.to_thread(report_words.make_book, found, form.cut, CUTS[form.cut])
    headers = {"Content-Disposition": f'attachment; filename="orders-{form.first}-{form.last}.xlsx"'}
    return web.Response(body=body, content_type=XLSX, headers=headers)


def _asked(request: web.Request) -> ReportForm:
    return read_form(request.query, now=request.app[DEPS].clock.now(), tz=viewer_of(request).tz)


async def _report(request: web.Request, form: ReportForm) -> OrdersReport:
    viewer = viewer_of(request)
    return await request.app[SERVICES].report(viewer, form.span(viewer.tz), form.cut, form.org_id)


ROUTES = (get(ADDRESS, report, WHO), get(f"{ADDRESS}/export", export, WHO))
