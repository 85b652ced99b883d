"""«Переводы»: filters, pages, a file; and handing on a talk from the desk."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web

from callcore.calls.transfer_queries import MAX_ROWS, TransferView
from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.orders.views import OrderBrief
from web.calls import pages as call_pages
from web.calls import words as call_words
from web.calls.filters import TALKS
from web.keys import DEPS
from web.orders import words as order_words
from web.rooms import NavItem, Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.transfers import hand_pages, words
from web.transfers.book import make_book
from web.transfers.form import (
    DIRECTION_WORDS,
    ORDER_RESULTS,
    PERIODS,
    WAITS,
    TransferForm,
    read_form,
)
from web.transfers.services import SERVICES, TransferServices
from web.ui.templates import render

READERS: Final = call_pages.WHO
WHO: Final = roles(Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN, Role.MANUFACTURER, *DEALER_ROLES)
ON_PAGE: Final = 50
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def report(request: web.Request) -> web.Response:
    viewer, services = viewer_of(request), request.app[SERVICES]
    form = read_form(request.query, request.app[DEPS].clock.now(), viewer.tz)
    before = request.query.get("before", "")
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = await _find(services, viewer, form, before=place, limit=ON_PAGE + 1)
    page = found[:ON_PAGE]
    choices = await services.choices(viewer)
    return render(
        request,
        "transfers/list.html",
        form=form,
        rows=page,
        orders=await _orders(services, viewer, page),
        chips=form.chips(choices),
        people=list(choices.people.items()),
        orgs=list(choices.orgs.items()),
        periods=list(PERIODS.items()),
        next_url=f"/transfers{form.query(before=str(page[-1].id))}" if len(found) > ON_PAGE else "",
        first_url=f"/transfers{form.query()}" if place is not None else "",
        export_url=f"/transfers/export{form.query()}",
        regions=sorted(choices.regions.items(), key=lambda item: item[1]),
        sources=[(source, call_words.source_words(source)) for source in choices.sources],
        directions=list(DIRECTION_WORDS.items()),
        waits=list(WAITS.items()),
        talks=[item for item in TALKS.items() if item[0]],
        becomes=list(ORDER_RESULTS.items()),
        words=words,
        calls=call_words,
        order_words=order_words,
    )


async def export(request: web.Request) -> web.Response:
    """The newest MAX_ROWS under the present conditions."""
    viewer, services = viewer_of(request), request.app[SERVICES]
    now = request.app[DEPS].clock.now()
    found = await _find(
        services, viewer, read_form(request.query, now, viewer.tz), before=None, limit=MAX_ROWS
    )
    orders = await _orders(services, viewer, found)
    await services.note_export(viewer, len(found))
    body = await asyncio.to_thread(make_book, found, orders, viewer.tz, str(request.url.origin()))
    headers = {"Content-Disposition": f'attachment; filename="transfers-{now:%Y-%m-%d}.xlsx"'}
    return web.Response(body=body, content_type=XLSX, headers=headers)


async def _find(
    services: TransferServices, viewer: Viewer, form: TransferForm, *, before: int | None, limit: int
) -> tuple[TransferView, ...]:
    if form.errors:
        return ()
    wanted = form.wanted
    if form.order is not None:
        wanted = form.of_orders(await services.order_ids(viewer, form.order))
    return await services.find(viewer, wanted, before=before, limit=limit, order=form.became)


async def _orders(
    services: TransferServices, viewer: Viewer, found: Sequence[TransferView]
) -> Mapping[int, OrderBrief]:
    ids = {one.call.order_id for one in found if one.call is not None and one.call.order_id is not None}
    return await services.orders(viewer, ids) if ids else {}


def room(services: TransferServices) -> Room:
    return Room(
        "transfers",
        (
            get("/transfers", report, READERS),
            get("/transfers/export", export, READERS),
            get("/desk/calls/{call_id}/transfer", hand_pages.offer, WHO),
            post("/desk/calls/{call_id}/transfer", hand_pages.hand_on, WHO),
            post("/desk/calls/{call_id}/transfer/join", hand_pages.join, WHO),
            post("/desk/calls/{call_id}/transfer/back", hand_pages.go_back, WHO),
        ),
        nav=(NavItem("Переводы", "/transfers", "arrow-forward-up", READERS, "Работа", "g v"),),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
