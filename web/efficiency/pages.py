"""The report on telephones: figures, charts over tables, the calls behind each figure, a file."""

import asyncio
from typing import Any, Final

from aiohttp import web

from callcore.calls.efficiency_model import WHOLE, Fate, Level, Report
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from web.efficiency import words
from web.efficiency.book import make_book
from web.efficiency.form import LEVELS, PERIODS, Form, read_form
from web.efficiency.services import SERVICES, EfficiencyServices
from web.keys import DEPS
from web.rooms import NavItem, Room, get
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.templates import render

WHO: Final = roles(*STAFF_ROLES, *DEALER_ROLES)
ADDRESS: Final = "/efficiency"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def efficiency(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    form, choices = _asked(request), await services.choices(viewer)
    orgs = sorted(choices.orgs.items(), key=lambda item: item[1])
    context: dict[str, Any] = {
        "form": form,
        "orgs": orgs,
        "org": str(form.of.id) if form.of.level is Level.TREE else "",
        "periods": PERIODS.items(),
        "levels": [
            (title, form.at_level(level), None, form.level is level) for level, title in LEVELS.items()
        ],
        "title": LEVELS[form.level],
        "told": words,
        "fate": Fate,
        "whole": WHOLE,
        "is_one": form.of.level in (Level.PERSON, Level.OUTLET),
    }
    if form.errors:
        return render(request, "efficiency/report.html", status=400, report=None, **context)
    report = await _report(request, form)
    return render(request, "efficiency/report.html", report=report, **context)


async def export(request: web.Request) -> web.Response:
    form = _asked(request)
    if form.errors:
        raise web.HTTPSeeOther(f"{ADDRESS}?{form.query()}")
    report = await _report(request, form)
    body = await asyncio.to_thread(make_book, report, LEVELS[form.level])
    headers = {"Content-Disposition": f'attachment; filename="telephony-{form.first}-{form.last}.xlsx"'}
    return web.Response(body=body, content_type=XLSX, headers=headers)


def _asked(request: web.Request) -> Form:
    now, query = request.app[DEPS].clock.now(), request.query
    return read_form(query, now=now, tz=viewer_of(request).tz, org=query.get("org", ""))


async def _report(request: web.Request, form: Form) -> Report:
    viewer = viewer_of(request)
    return await request.app[SERVICES].report(viewer, form.when(viewer.tz), form.level, form.of)


def room(services: EfficiencyServices) -> Room:
    return Room(
        "efficiency",
        (get(ADDRESS, efficiency, WHO), get(f"{ADDRESS}/export", export, WHO)),
        nav=(NavItem("Телефония", ADDRESS, "chart-bar", WHO, "Работа", "g y"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
