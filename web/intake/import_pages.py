"""Orders from a file: choose it, look at the preview, apply the good rows, take it back."""

import csv
import io
from typing import Any, Final

from aiohttp import web

from callcore.intake.import_columns import COLUMNS, SAMPLE, TITLES
from callcore.intake.import_orders import IMPORTERS
from callcore.intake.table_files import MAX_BYTES, MAX_ROWS
from callcore.kernel.errors import Invalid
from web.intake.import_services import SERVICES, ImportServices
from web.rooms import Room, get, post
from web.security.access import roles
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.formats import plural
from web.ui.paths import number_in_path
from web.ui.templates import render

WHO = roles(*IMPORTERS)
FILE_ERRORS: Final = {
    "table-too-big": f"Файл слишком большой: не больше {MAX_BYTES // 1024 // 1024} МБ. Разделите его на части.",
    "table-too-long": f"Слишком много строк: не больше {MAX_ROWS}. Разделите файл на части.",
    "table-unreadable": "Это не таблица CSV или XLSX. Сохраните её в одном из этих видов и загрузите снова.",
    "table-empty": "В файле нет строк с заказами: первая строка — названия столбцов, ниже заказы.",
    "table-columns": "Не нашли столбец «Телефон» или «Почта». Назовите столбцы как в образце.",
    "no-file": "Выберите файл",
}


async def start(request: web.Request) -> web.Response:
    return await _start(request)


async def _start(request: web.Request, error: str = "", status: int = 200) -> web.Response:
    context: dict[str, Any] = {
        "jobs": await request.app[SERVICES].jobs(viewer_of(request)),
        "error": error,
        "titles": TITLES,
        "max_rows": MAX_ROWS,
    }
    return render(request, "intake/import.html", status=status, **context)


async def upload(request: web.Request) -> web.Response:
    sent = (await request.post()).get("file")
    if not isinstance(sent, web.FileField):
        return await _start(request, FILE_ERRORS["no-file"], 422)
    with sent.file:
        raw = sent.file.read(MAX_BYTES + 1)
    try:
        job_id = await request.app[SERVICES].preview(viewer_of(request), sent.filename, raw)
    except Invalid as refused:
        return await _start(request, FILE_ERRORS.get(refused.code, FILE_ERRORS["table-unreadable"]), 422)
    return see_other(f"/orders/import/{job_id}")


async def job(request: web.Request) -> web.Response:
    found = await request.app[SERVICES].job(viewer_of(request), number_in_path(request, "job_id"))
    used = [name for name in TITLES if any(name in row.cells for row in found.rows)]
    return render(request, "intake/import_job.html", job=found, titles=TITLES, used=used)


async def apply(request: web.Request) -> web.Response:
    """As many as fit into a few seconds; a longer table goes on by the same button."""
    services, viewer, job_id = request.app[SERVICES], viewer_of(request), number_in_path(request, "job_id")
    await services.apply(viewer, job_id)
    found = await services.job(viewer, job_id)
    made = plural(found.orders, "заказ", "заказа", "заказов")
    if found.good:
        said = Flash("info", f"Создано: {made}. Осталось строк: {found.good}, нажмите «Продолжить»")
    else:
        said = Flash("success", f"Создано: {made}", f"/orders/import/{job_id}/undo")
    return see_other(f"/orders/import/{job_id}", said)


async def undo(request: web.Request) -> web.Response:
    job_id = number_in_path(request, "job_id")
    gone, kept = await request.app[SERVICES].undo(viewer_of(request), job_id)
    said = f"Убрано: {plural(gone, 'заказ', 'заказа', 'заказов')}"
    if kept:
        said += f". Осталось: {kept}, с ними уже работают"
    return see_other(f"/orders/import/{job_id}", Flash("success", said))


async def template(_request: web.Request) -> web.Response:
    """With the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(TITLES.values())
    writer.writerows([row.get(name, "") for name in COLUMNS] for row in SAMPLE)
    headers = {"Content-Disposition": 'attachment; filename="orders.csv"'}
    body = text.getvalue().encode("utf-8-sig")
    return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)


def room(services: ImportServices) -> Room:
    return Room(
        "import",
        (
            get("/orders/import", start, WHO),
            post("/orders/import", upload, WHO, max_body_bytes=MAX_BYTES + 64 * 1024),
            get("/orders/import/template.csv", template, WHO),
            get("/orders/import/{job_id}", job, WHO),
            post("/orders/import/{job_id}/apply", apply, WHO),
            post("/orders/import/{job_id}/undo", undo, WHO),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
    )
