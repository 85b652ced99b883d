"""Who did what: filters, pages, a file."""

import asyncio
from typing import Final

from aiohttp import web

from callcore.network.audit_log import MAX_ROWS, READERS
from web.audit.book import make_book
from web.audit.form import read_form
from web.audit.services import SERVICES, AuditServices
from web.audit.words import SUBJECTS, text_of
from web.keys import DEPS
from web.rooms import NavItem, Room, get
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.templates import render

WHO: Final = roles(*READERS)
ON_PAGE: Final = 50
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def audit(request: web.Request) -> web.Response:
    viewer = viewer_of(request)
    form = read_form(request.query, viewer.tz)
    before = request.query.get("before", "")
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = await request.app[SERVICES].find(viewer, form.wanted, before=place, limit=ON_PAGE + 1)
    page = found[:ON_PAGE]
    return render(
        request,
        "audit/list.html",
        form=form,
        lines=[text_of(line) for line in page],
        next_url=f"/audit?{form.query(before=str(page[-1].id))}" if len(found) > ON_PAGE else "",
        first_url=f"/audit?{form.query()}" if place is not None else "",
        subjects=list(SUBJECTS.items()),
        export_url=f"/audit/export?{form.query()}",
        max_rows=MAX_ROWS,
    )


async def export(request: web.Request) -> web.Response:
    """The newest MAX_ROWS under the present conditions."""
    viewer, services = viewer_of(request), request.app[SERVICES]
    form = read_form(request.query, viewer.tz)
    found = await services.find(viewer, form.wanted, before=None, limit=MAX_ROWS)
    await services.note_export(viewer, len(found))
    body = await asyncio.to_thread(make_book, [text_of(line) for line in found], viewer.tz)
    now = request.app[DEPS].clock.now()
    headers = {"Content-Disposition": f'attachment; filename="audit-{now:%Y-%m-%d}.xlsx"'}
    return web.Response(body=body, content_type=XLSX, headers=headers)


def room(services: AuditServices) -> Room:
    return Room(
        "audit",
        (get("/audit", audit, WHO), get("/audit/export", export, WHO)),
        nav=(NavItem("Журнал действий", "/audit", "history", WHO, "Настройки"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
