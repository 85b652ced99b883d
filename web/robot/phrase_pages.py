"""«Фразы»: what the robot says, in the synthesiser's voice or a person's."""

from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from callcore.kernel.errors import Invalid, NotFound
from callcore.outbound.robot.change_settings import EDITORS
from web.robot import words
from web.robot.services import SERVICES
from web.robot.tabs import tabs
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.templates import render

PATH = "/robot/phrases"


async def listing(request: web.Request) -> web.Response:
    return await _page(request)


async def upload(request: web.Request) -> web.Response:
    form = await request.post()
    name, sent = str(form.get("name", ""))[:80], form.get("file")
    if not isinstance(sent, FileField) or not sent.filename:
        return await _page(request, 422, wrong=(name, "Выберите файл WAV, MP3 или OGG"))
    try:
        await request.app[SERVICES].phrases.upload(viewer_of(request), name, sent.filename, sent.file.read())
    except Invalid as refused:
        code = refused.details["fields"]["file"]
        return await _page(request, 422, wrong=(name, words.FILE_WRONG.get(code, "Файл не подошёл")))
    finally:
        sent.file.close()
    return see_other(PATH, Flash("success", "Фраза записана: робот скажет её со следующего звонка"))


async def restore(request: web.Request) -> web.Response:
    form = await request.post()
    await request.app[SERVICES].phrases.restore(viewer_of(request), str(form.get("name", ""))[:80])
    return see_other(PATH, Flash("success", "Снова говорит синтезатор"))


async def listen(request: web.Request) -> web.Response:
    name = request.query.get("name", "")[:80]
    data = await request.app[SERVICES].listen(viewer_of(request), name)
    if data is None:
        raise NotFound("phrase-not-ready")
    return web.Response(body=data, content_type="audio/wav", headers={"Cache-Control": "private, no-store"})


async def _page(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    viewer = viewer_of(request)
    lines = await request.app[SERVICES].phrases.list(viewer)
    context: dict[str, Any] = {
        "tabs": tabs(PATH, viewer),
        "sentences": [one for one in lines if not one.is_word],
        "numbers": [one for one in lines if one.is_word],
        "recorded": sum(one.at is not None for one in lines),
        "wrong": ("", ""),
        "can_edit": viewer.role in EDITORS,
    }
    return render(request, "robot/phrases.html", status=status, **context | more)
