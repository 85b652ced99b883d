"""Costs of dealers: one by one, by a file, taken out with undo."""

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from callcore.intake.table_files import MAX_BYTES
from callcore.kernel.errors import Conflict, Invalid
from callcore.marketing.cost_file import KINDS, TITLES, kind_of, kopecks_of, month_of
from callcore.network.change_costs import NewCost
from callcore.network.costs import COST_EDITORS, VALUE_READERS, CostPage
from web.keys import DEPS
from web.rooms import get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import plural
from web.ui.paths import number_in_path
from web.ui.templates import render
from web.value import words
from web.value.services import SERVICES

READ: Final = roles(*VALUE_READERS)
EDIT: Final = roles(*COST_EDITORS)
ADDRESS: Final = "/value/costs"
MAX_MONTHS: Final = 12
_FIELDS: Final = ("org", "month", "kind", "kopecks", "note")


async def costs(request: web.Request) -> web.Response:
    return await _page(request)


async def add(request: web.Request) -> web.Response:
    sent = await request.post()
    typed = {name: str(sent.get(name, "")).strip()[:300] for name in _FIELDS}
    services, viewer = request.app[SERVICES], viewer_of(request)
    dealers = await services.change_costs.dealers(viewer)
    org_id, month = dealers.get(typed["org"]), month_of(typed["month"])
    kind, kopecks = kind_of(typed["kind"]), kopecks_of(typed["kopecks"])
    if org_id is None or month is None or kind is None or kopecks is None:
        parts = (
            ("org", "unknown", org_id), ("month", "not-month", month), ("kind", "not-kind", kind),
            ("kopecks", "not-sum", kopecks),
        )  # fmt: skip
        return await _page(request, typed, {name: code for name, code, found in parts if found is None})
    try:
        made = await services.change_costs.add(viewer, NewCost(org_id, month, kind, kopecks, typed["note"]))
    except Invalid as refused:
        return await _page(request, typed, refused.details["fields"])
    return see_other(ADDRESS, Flash("success", "Затрата записана", f"{ADDRESS}/{made}/remove"))


async def bring(request: web.Request) -> web.Response:
    sent = (await request.post()).get("file")
    if not isinstance(sent, web.FileField):
        return await _page(request, file_error=words.FILE_ERRORS["no-file"])
    with sent.file:
        raw = sent.file.read(MAX_BYTES + 1)
    try:
        count = await request.app[SERVICES].bring_costs(viewer_of(request), raw)
    except Conflict as refused:
        return await _page(request, file_error=words.FILE_ERRORS[refused.code])
    except Invalid as refused:
        if refused.code == "cost-columns":
            return await _page(request, file_error=f"Нет столбцов: {refused.details['missing']}")
        if refused.code != "cost-wrong":
            return await _page(request, file_error=words.FILE_ERRORS[refused.code])
        return await _page(request, lines=refused.details["fields"])
    rows = plural(count, "строка", "строки", "строк")
    return see_other(ADDRESS, Flash("success", f"Файл загружен целиком: {rows}"))


async def remove(request: web.Request) -> web.Response:
    cost_id = number_in_path(request, "id")
    await request.app[SERVICES].change_costs.remove(viewer_of(request), cost_id)
    return see_other(ADDRESS, Flash("success", "Затрата убрана", f"{ADDRESS}/{cost_id}/restore"))


async def restore(request: web.Request) -> web.Response:
    await request.app[SERVICES].change_costs.put_back(viewer_of(request), number_in_path(request, "id"))
    return see_other(ADDRESS, Flash("success", "Затрата снова в отчёте"))


async def template(_request: web.Request) -> web.Response:
    """With the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(TITLES)
    writer.writerow(("Название дилера", "2026-03", "Реклама", "12500,00", "Яндекс Директ"))
    headers = {"Content-Disposition": 'attachment; filename="costs.csv"'}
    body = text.getvalue().encode("utf-8-sig")
    return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)


async def _page(
    request: web.Request,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    *,
    file_error: str = "",
    lines: Mapping[str, str] | None = None,
) -> web.Response:
    viewer, services = viewer_of(request), request.app[SERVICES]
    can_edit = viewer.role in COST_EDITORS
    page = await services.costs(viewer, month_of(request.query.get("month", "")))
    now = request.app[DEPS].clock.now()
    context: dict[str, Any] = {
        "page": page,
        "months": _months(page),
        "dealers": [(name, name) for name in await services.change_costs.dealers(viewer)] if can_edit else (),
        "kinds": [(kind.value, word) for kind, word in KINDS.items()],
        "kind_words": KINDS,
        "typed": typed or {"month": f"{now:%Y-%m}"},
        "errors": {name: words.COST_ERRORS[code] for name, code in (wrong or {}).items()},
        "file_error": file_error,
        "lines": [(line, words.COST_ERRORS[code]) for line, code in (lines or {}).items()],
        "can_edit": can_edit,
    }
    failed = bool(wrong or file_error or lines)
    return render(request, "value/costs.html", status=422 if failed else 200, **context)


def _months(page: CostPage) -> list[tuple[str, str, None, bool]]:
    """Tabs: the newest and the one that is shown."""
    near = [month for place, month in enumerate(page.months) if place < MAX_MONTHS or month == page.month]
    return [(f"{month:%m.%Y}", f"{ADDRESS}?month={month:%Y-%m}", None, month == page.month) for month in near]


ROUTES: Final = (
    get(ADDRESS, costs, READ),
    post(ADDRESS, add, EDIT),
    get(f"{ADDRESS}/template.csv", template, EDIT),
    post(f"{ADDRESS}/file", bring, EDIT, max_body_bytes=MAX_BYTES + 64 * 1024),
    post(f"{ADDRESS}/{{id}}/remove", remove, EDIT),
    post(f"{ADDRESS}/{{id}}/restore", restore, EDIT),
)
