"""How a person sees the list: columns, rows on a page, named views. Forms that come back to the same list."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from callcore.kernel.errors import Conflict, Invalid
from callcore.orders.saved_views import MAX_NAME, NewView, SavedView
from web.orders import columns
from web.orders.filters import number_of, read_form
from web.orders.list_services import SERVICES
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path

ERRORS = {
    "view-name-empty": "Вид не сохранён: назовите его",
    "view-name-too-long": f"Вид не сохранён: имя не длиннее {MAX_NAME} знаков",
    "view-name-taken": "Вид не сохранён: такое имя у вас уже есть, выберите другое",
    "too-many-views": "Вид не сохранён: их уже очень много, удалите лишний",
    "view-too-long": "Вид не сохранён: слишком много условий",
}


def address_of(view: SavedView) -> str:
    """The list under this view's conditions, with its mark."""
    return read_form(_pairs(view.query)).address(view=str(view.id))


def back(form: Mapping[str, Any]) -> str:
    """The list that the form stood on: `back` is its query. Only what the list understands is taken over."""
    return read_form(_pairs(str(form.get("back", "")))).address()


def _pairs(query: str) -> dict[str, str]:
    return dict(parse_qsl(query[:4000], keep_blank_values=False, max_num_fields=60))


async def choose_columns(request: web.Request) -> web.Response:
    form = await request.post()
    codes = [] if form.get("reset") else [str(one) for one in form.getall("columns", [])]
    wanted = [] if not codes else [column.code for column in columns.chosen(codes)]
    await request.app[SERVICES].choose_columns(viewer_of(request), wanted)
    return see_other(back(form))


async def choose_page_rows(request: web.Request) -> web.Response:
    form = await request.post()
    await request.app[SERVICES].choose_page_rows(viewer_of(request), number_of(str(form.get("rows", ""))))
    return see_other(back(form))


async def save(request: web.Request) -> web.Response:
    """What stands in the list's address now, under a name."""
    services, viewer, form = request.app[SERVICES], viewer_of(request), await request.post()
    listed = read_form(_pairs(str(form.get("back", "")))).without("view")
    frame = await services.frame(viewer)
    new = NewView(
        name=str(form.get("name", "")),
        query=listed.query(),
        columns=tuple(column.code for column in columns.chosen(frame.choice.columns)),
        is_shared=form.get("shared") == "1",
        is_default=form.get("default") == "1",
    )
    try:
        view_id = await services.save_view(viewer, new)
    except (Invalid, Conflict) as wrong:
        return see_other(back(form), Flash("danger", ERRORS.get(wrong.code, "Вид не сохранён")))
    return see_other(listed.address(view=str(view_id)), Flash("success", "Вид сохранён"))


async def open_with(request: web.Request) -> web.Response:
    """The list opens with this view from now on; without one as it is."""
    form = await request.post()
    view_id = number_of(str(form.get("view", "")))
    await request.app[SERVICES].choose_view(viewer_of(request), view_id)
    said = "Список будет открываться этим видом" if view_id else "Список будет открываться без вида"
    return see_other(back(form), Flash("success", said))


async def delete(request: web.Request) -> web.Response:
    view_id = number_in_path(request, "view_id")
    gone = await request.app[SERVICES].delete_view(viewer_of(request), view_id)
    listed = read_form(_pairs(gone.query))
    said = Flash("success", f"Вид «{gone.name}» удалён. Условия остались: его можно сохранить снова")
    return see_other(listed.address() if not listed.is_empty else listed.on_tab(listed.tab), said)
