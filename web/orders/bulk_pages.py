"""Actions on chosen rows of the list, and the list as a file or on paper."""

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import STAFF_ROLES
from callcore.orders.bulk import BulkResult
from callcore.orders.list_model import MAX_CHOSEN, MAX_EXPORT
from web.keys import DEPS
from web.orders import columns, list_words, words
from web.orders.filters import number_of, read_form, understand
from web.orders.list_services import SERVICES, Table
from web.orders.view_pages import back
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import plural
from web.ui.paths import number_in_path
from web.ui.templates import render

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_CODE_CHARS: Final = 60
UNNAMED: Final = {
    "assign": "Выберите, кому передать заказы",
    "manager": "Выберите, кому передать заказы",
    "status": "Выберите, в какой статус перевести заказы",
}
REFUSALS: Final = {
    "order-not-found": "такого заказа у вас нет",
    "dealer-unknown": "такого дилера нет",
    "not-distributor": "распределять заказы может не каждая роль",
    "order-taken": "его уже взяли",
    "order-closed": "он завершён",
    "manager-not-found": "этот сотрудник не может его вести: он из другой организации",
    "manager-changed": "менеджера уже сменили ещё раз",
    "dealer-not-found": "такого дилера нет",
    "dealer-suspended": "дилер приостановлен",
    "already-theirs": "он уже у этого дилера",
    "org-changed": "его уже передали дальше",
    "order-read-only": "вы можете только смотреть",
    "already-there": "он уже в этом статусе",
    "status-changed": "его статус уже сменили ещё раз",
    "status-not-next": "так его не перевести: он ещё ни у кого, отложен или ждёт другого",
    "no-contact": "сначала нужен разговор с клиентом",
    "order-status-unknown": "такого статуса нет",
}  # fmt: skip


async def bulk(request: web.Request) -> web.Response:
    """One of the buttons above the list; what cannot be done is told order by order."""
    services, viewer, form = request.app[SERVICES], viewer_of(request), await request.post()
    numbers, home = _numbers(form.getall("numbers", [])), back(form)
    action, named = form.get("action"), str(form.get(str(form.get("action")), ""))[:MAX_CODE_CHARS]
    if not numbers:
        return see_other(home, Flash("warning", "Отметьте заказы в списке"))
    if action in ("print", "export"):
        path = "/orders/print-list" if action == "print" else "/orders/export"
        return see_other(f"{path}?numbers={','.join(map(str, numbers))}")
    if action == "assign" and viewer.role not in STAFF_ROLES:
        raise NotFound("no-such-action")
    if action == "status" and named:
        return _told(request, await services.move(viewer, numbers, named), "Переведено", home)
    if action not in ("assign", "manager", "status"):
        raise Invalid("bulk-action", fields={"action": "one of those offered"})
    if not (target := number_of(named)):
        return see_other(home, Flash("warning", UNNAMED[action]))
    change = services.assign if action == "assign" else services.lead
    done = await change(viewer, numbers, target)
    said = "Передано дилеру" if action == "assign" else "Менеджер сменён"
    return _told(request, done, said, home)


async def undo(request: web.Request) -> web.Response:
    undo_id = number_in_path(request, "undo_id")
    done = await request.app[SERVICES].undo(viewer_of(request), undo_id)
    return _told(request, done, "Возвращено", "/orders")


def _told(request: web.Request, done: BulkResult, said: str, home: str) -> web.Response:
    text = f"{said}: {plural(len(done.done), 'заказ', 'заказа', 'заказов')}"
    address = f"/orders/bulk/{done.undo_id}/undo" if done.undo_id else ""
    if not done.refused:
        return see_other(home, Flash("success", text, address))
    refused = [(one.number, REFUSALS.get(one.code, "сейчас это сделать нельзя")) for one in done.refused]
    context: dict[str, Any] = {
        "said": text,
        "done": done,
        "refused": refused,
        "home": home,
        "undo_address": address,
    }
    return render(request, "orders/bulk_done.html", **context)


async def export(request: web.Request) -> web.Response:
    """The list under the present conditions, or chosen rows of it, with the columns that the person sees."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    form, now = read_form(request.query), request.app[DEPS].clock.now()
    asked = understand(form, "", now=now, tz=viewer.tz)
    if asked.errors:
        raise Invalid("list-conditions", fields=dict(asked.errors))
    frame = await services.frame(viewer)
    shown = columns.chosen(frame.choice.columns)
    titles = [column.title for column in shown]
    wanted = asked.wanted.only(_numbers(request.query.get("numbers", "").split(",")))
    table = Table(titles, columns.cells(shown, viewer.tz), form.query()[:1000])
    with tempfile.TemporaryDirectory(prefix="orders-") as folder:
        path = Path(folder) / "orders.xlsx"
        count = await services.export(viewer, wanted, table, path)
        body = await asyncio.to_thread(path.read_bytes)
    headers = {"Content-Disposition": f'attachment; filename="orders-{now:%Y-%m-%d}.xlsx"'}
    headers["X-Orders"] = f"{count}+" if count >= MAX_EXPORT else str(count)
    return web.Response(body=body, content_type=XLSX, headers=headers)


async def print_list(request: web.Request) -> web.Response:
    """Chosen rows, or the first hundred under the present conditions, on one sheet."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    form = read_form(request.query)
    asked = understand(form, "", now=request.app[DEPS].clock.now(), tz=viewer.tz)
    if asked.errors:
        raise Invalid("list-conditions", fields=dict(asked.errors))
    wanted = asked.wanted.only(_numbers(request.query.get("numbers", "").split(",")))
    page = await services.page(viewer, wanted, after=None, limit=100)
    frame = await services.frame(viewer)
    context: dict[str, Any] = {
        "rows": page.rows,
        "total": page.total,
        "columns": columns.chosen(frame.choice.columns),
        "orders": words,
        "list_words": list_words,
        "cells": columns.cells(columns.chosen(frame.choice.columns), viewer.tz),
        "home": form.address(),
    }
    return render(request, "orders/print_list.html", **context)


def _numbers(texts: Iterable[Any]) -> list[int]:
    return [number for number in (number_of(str(text)) for text in texts) if number][:MAX_CHOSEN]
