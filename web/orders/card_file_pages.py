"""Files on an order: put on, read, put away, with undo."""

from typing import Final
from urllib.parse import quote

from aiohttp import web
from aiohttp.web_request import FileField

from callcore.kernel.errors import Invalid
from callcore.orders.files import Upload
from web.orders.card_access import WHO, WORK
from web.orders.card_context import card_page
from web.orders.card_forms import FormState, errors_of
from web.orders.card_services import SERVICES
from web.rooms import Route, get, post
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.paths import number_in_path

_FORM_BYTES: Final = 64 * 1024  # what a form weighs besides its file


async def attach(request: web.Request) -> web.Response:
    number, form = number_in_path(request, "number"), await request.post()
    sent = form.get("file")
    if not isinstance(sent, FileField) or not sent.filename:
        return await _again(request, {"file": "Выберите файл"})
    services = request.app[SERVICES]
    upload = Upload(sent.filename, sent.file, is_public=form.get("is_public") == "1")
    try:
        is_new = await services.files.attach(viewer_of(request), number, upload)
    except Invalid as error:
        limit = services.max_file_bytes // 1024 // 1024
        words = {"file": f"Файл больше {limit} МБ: уменьшите его или разделите на части"}
        return await _again(request, words if error.code == "file-too-big" else errors_of(error))
    finally:
        sent.file.close()
    words_ = "Файл приложен" if is_new else "Этот файл уже приложен"
    return see_other(f"/orders/{number}#files", Flash("success", words_))


async def _again(request: web.Request, errors: dict[str, str]) -> web.Response:
    return await card_page(request, status=422, state=FormState("file", {}, errors))


async def download(request: web.Request) -> web.StreamResponse:
    """Always as a file to keep: nothing that people upload is shown in our name."""
    number, file_id = number_in_path(request, "number"), number_in_path(request, "file")
    found = await request.app[SERVICES].files.read(viewer_of(request), number, file_id)
    headers = {
        "Content-Type": found.media_type,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return web.FileResponse(found.path, headers=headers)


async def remove(request: web.Request) -> web.Response:
    number, file_id = number_in_path(request, "number"), number_in_path(request, "file")
    await request.app[SERVICES].files.remove(viewer_of(request), number, file_id)
    undo = f"/orders/{number}/files/{file_id}/restore"
    return see_other(f"/orders/{number}#files", Flash("success", "Файл убран", undo))


async def restore(request: web.Request) -> web.Response:
    number, file_id = number_in_path(request, "number"), number_in_path(request, "file")
    await request.app[SERVICES].files.restore(viewer_of(request), number, file_id)
    return see_other(f"/orders/{number}#files", Flash("success", "Файл возвращён"))


def routes(max_file_bytes: int) -> tuple[Route, ...]:
    limit = max_file_bytes + _FORM_BYTES
    return (
        post("/orders/{number}/files", attach, WORK, max_body_bytes=limit),
        get("/orders/{number}/files/{file}", download, WHO),
        post("/orders/{number}/files/{file}/remove", remove, WORK),
        post("/orders/{number}/files/{file}/restore", restore, WORK),
    )
