"""The list of orders: its page, what of it is fetched anew while it is open, and the number in the navigation."""

from typing import Any, Final

from aiohttp import web

from callcore.calls.views import JournalChoices
from callcore.distribution.rights import DISTRIBUTORS
from callcore.kernel.errors import NotFound
from callcore.network.model import DEALER_ROLES, STAFF_ROLES, Viewer
from callcore.orders.list_model import ListPage, OrderTab, TabCount
from callcore.orders.model import CLASS_NAMES, KIND_NAMES, RESULT_NAMES, OrderClass, OrderResult
from callcore.orders.saved_views import PAGE_SIZES, SavedView
from web.calls import words as call_words
from web.keys import DEPS, TEMPLATES
from web.orders import bulk_pages, columns, list_words, report_pages, view_pages
from web.orders.filters import DUES, SORTS, Asked, Names, OrderForm, chips, number_of, read_form, understand
from web.orders.list_services import SERVICES, ListFrame, ListServices
from web.orders.row_texts import ROW_TEXTS, Look, OrderRowTexts
from web.rooms import NavItem, Room, get, post
from web.security.access import permits, roles
from web.security.sessions import viewer_of
from web.ui.flash import see_other
from web.ui.templates import render

WHO = roles(*STAFF_ROLES, *DEALER_ROLES)
MORE_FIELDS: Final = ("kind", "stage", "result", "region", "source", "due", "since", "until", "manager")
MAX_FRESH: Final = 200
ADD: Final = "/orders/new"
MANY_COLUMNS: Final = 7


async def orders(request: web.Request) -> web.Response:
    services, viewer = request.app[SERVICES], viewer_of(request)
    form = read_form(request.query)
    frame = await services.frame(viewer)
    if not request.query and (opening := _opening_view(frame)):
        return see_other(opening)
    if not viewer.is_staff and form.is_empty and not form.tab:
        form = read_form(dict(request.query) | {"tab": OrderTab.MINE.value})
    choices = await services.choices(viewer)
    asked = _asked(request, form, viewer)
    context = _frame_context(request, form, frame, choices)
    context |= {"errors": asked.errors, "is_paged": False}
    if asked.errors:
        tabs = await services.tabs(viewer)
        context |= {"tabs": _tabs(tabs, form, viewer), "rows": (), "total": None}
        return render(request, "orders/list.html", status=400, **context)
    page = await services.page(viewer, asked.wanted, after=asked.after, limit=frame.choice.page_rows)
    context |= _page_context(request, form, page, viewer)
    return render(request, "orders/list.html", **context)


def _may_add(request: web.Request, viewer: Viewer) -> bool:
    """Where orders are typed in, and this role may do it."""
    routes = (route for room in request.app[DEPS].rooms for route in room.routes)
    return any(route.path == ADD and permits(route.access, viewer) for route in routes)


def _opening_view(frame: ListFrame) -> str:
    view = next((one for one in frame.views if one.id == frame.choice.view_id), None)
    return view_pages.address_of(view) if view else ""


def _asked(request: web.Request, form: OrderForm, viewer: Viewer) -> Asked:
    cursor = request.query.get("after", "")
    return understand(form, cursor, now=request.app[DEPS].clock.now(), tz=viewer.tz)


def _page_context(request: web.Request, form: OrderForm, page: ListPage, viewer: Viewer) -> dict[str, Any]:
    """All that depends on the rows."""
    is_paged = bool(request.query.get("after"))
    start = number_of(request.query.get("start", "")) if is_paged else 1
    shown = len(page.rows)
    following = page.next_cursor
    return {
        "rows": page.rows,
        "tabs": _tabs(page.tabs, form, viewer),
        "total": page.total,
        "range_text": list_words.range_text(start, shown, page.total) if shown and start else "",
        "is_paged": is_paged,
        "first_url": form.address() if is_paged else "",
        "next_url": form.address(after=following.encode(), start=str(start + shown)) if following else "",
        "fresh_url": form.address("/orders/fresh") if not is_paged else "",
    }


def _tabs(tabs: tuple[TabCount, ...], form: OrderForm, viewer: Viewer) -> list[tuple[str, str, str, bool]]:
    """Staff without a tab looks at all; a dealer who searches everywhere stands on none."""
    here = form.tab or (OrderTab.ALL.value if viewer.is_staff else "")
    return [
        (
            list_words.tab_title(one),
            form.on_tab(one.tab.value),
            list_words.count_text(one.count),
            one.tab == here,
        )
        for one in tabs
    ]


def _frame_context(
    request: web.Request, form: OrderForm, frame: ListFrame, choices: JournalChoices
) -> dict[str, Any]:
    """All but the rows, which need valid conditions."""
    viewer, now = viewer_of(request), request.app[DEPS].clock.now()
    view = next((one for one in frame.views if one.id == number_of(form.view)), None)
    look, texts = _look(form, frame, view, viewer), request.app[ROW_TEXTS]
    return _filter_context(form, frame, choices) | {
        "form": form,
        "frame": frame,
        "view": view,
        "view_address": view_pages.address_of,
        "row_html": lambda row: texts.html(row, look, now),
        "columns": look.columns,
        "refused_columns": look.refused_columns,
        "is_wide": bool(look.refused_columns) or len(look.columns) > MANY_COLUMNS,
        "has_actions": look.has_actions,
        "distributes": look.distributes,
        "all_columns": tuple(columns.COLUMNS.values()),
        "page_sizes": PAGE_SIZES,
        "may_add": _may_add(request, viewer),
        "empty": list_words.EMPTY.get(_tab_of(form, viewer)),
        "range_text": "",
        "first_url": "",
        "next_url": "",
        "fresh_url": "",
    }


def _look(form: OrderForm, frame: ListFrame, view: SavedView | None, viewer: Viewer) -> Look:
    is_refused = form.tab == OrderTab.DECLINED
    shown = columns.chosen(view.columns if view and view.columns else frame.choice.columns)
    return Look(
        tz=viewer.tz,
        is_staff=viewer.is_staff,
        distributes=viewer.role in DISTRIBUTORS,
        has_actions=not viewer.is_staff,
        columns=columns.beside_refusals(shown) if is_refused else shown,
        refused_columns=columns.REFUSED if is_refused else (),
    )


def _filter_context(form: OrderForm, frame: ListFrame, choices: JournalChoices) -> dict[str, Any]:
    managers = {one.id: one.full_name for one in frame.managers}
    statuses = {one.code: one.name for one in frame.statuses}
    names = Names(choices.orgs, choices.regions, managers, statuses)
    return {
        "chips": chips(form, names),
        "clear_url": form.on_tab(form.tab),
        "orgs": sorted(choices.orgs.items(), key=lambda item: item[1]),
        "regions": sorted(choices.regions.items(), key=lambda item: item[1]),
        "sources": [(source, call_words.source_words(source)) for source in choices.sources],
        "statuses": list(statuses.items()),
        "moves": [(one.code, one.name) for one in frame.stages],
        "stages": [(one.value, text) for one, text in CLASS_NAMES.items()],
        "managers": list(managers.items()),
        "dues": list(DUES.items()),
        "sorts": [(one.value, text) for one, text in SORTS.items() if one],
        "kinds": [(kind.value, text) for kind, text in KIND_NAMES.items()],
        "results": [(one.value, RESULT_NAMES[one]) for one in (OrderResult.DONE, OrderResult.FAILED)],
        "has_results": form.stage in ("", OrderClass.CLOSED),
        "is_more": any(getattr(form, name) for name in MORE_FIELDS),
    }


def _tab_of(form: OrderForm, viewer: Viewer) -> OrderTab:
    found = next((tab for tab in OrderTab if tab == form.tab), None)
    return found or (OrderTab.ALL if viewer.is_staff else OrderTab.MINE)


async def fresh(request: web.Request) -> web.Response:
    """How many of the announced orders stand on this list now, and all counts; for an open page."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    form = read_form(request.query)
    asked = _asked(request, form, viewer)
    numbers = {number_of(text) for text in request.query.get("numbers", "").split(",")[:MAX_FRESH]} - {0}
    rows = await services.rows(viewer, asked.wanted, numbers) if numbers and not asked.errors else ()
    context: dict[str, Any] = {
        "count": len(rows),
        "fresh_text": list_words.fresh_text(len(rows)),
        "here": form.address(),
    }
    tabs = _tabs(await services.tabs(viewer), form, viewer)
    return render(request, "orders/fresh.html", tabs=tabs, **context)


async def row(request: web.Request) -> web.Response:
    """One row as it is now; 404 when it does not stand on this list any more."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    form = read_form(request.query)
    asked = _asked(request, form, viewer)
    number = number_of(request.query.get("number", ""))
    rows = await services.rows(viewer, asked.wanted, {number}) if number and not asked.errors else ()
    if not rows:
        raise NotFound("order-not-on-list")
    frame = await services.frame(viewer)
    context = _frame_context(request, form, frame, await services.choices(viewer))
    return render(request, "orders/row_alone.html", row=rows[0], **context)


async def badge(request: web.Request) -> web.Response:
    owed = await request.app[SERVICES].owed(viewer_of(request))
    return web.json_response({"count": owed.count, "late": owed.late})


def room(services: ListServices) -> Room:
    return Room(
        "orders",
        (
            get("/orders", orders, WHO),
            get("/orders/fresh", fresh, WHO),
            get("/orders/row", row, WHO),
            get("/orders/badge", badge, WHO),
            *report_pages.ROUTES,
            get("/orders/export", bulk_pages.export, WHO),
            get("/orders/print-list", bulk_pages.print_list, WHO),
            post("/orders/bulk", bulk_pages.bulk, WHO),
            post("/orders/bulk/{undo_id}/undo", bulk_pages.undo, WHO),
            post("/orders/columns", view_pages.choose_columns, WHO),
            post("/orders/page-rows", view_pages.choose_page_rows, WHO),
            post("/orders/views", view_pages.save, WHO),
            post("/orders/views/open-with", view_pages.open_with, WHO),
            post("/orders/views/{view_id}/delete", view_pages.delete, WHO),
        ),
        nav=(
            NavItem(
                "Заказы", "/orders", "clipboard-list", WHO, "Работа", "g o", "/orders/badge", badge_on="order"
            ),
        ),
        furnish=lambda app: _furnish(app, services),
    )


def _furnish(app: web.Application, services: ListServices) -> None:
    app[SERVICES] = services
    app[ROW_TEXTS] = OrderRowTexts(app[TEMPLATES])
