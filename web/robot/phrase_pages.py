"""«Фразы»: what the robot says, in the synthesiser's voice or a person's."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.web_request import FileField

from callcore.kernel.errors import Invalid, NotFound
from callcore.outbound.robot.change_settings import EDITORS
from callcore.outbound.robot.voices import VOICES, RobotVoice, voice_of
from web.robot import words
from web.robot.services import SERVICES
from web.robot.tabs import tabs
from web.security.sessions import viewer_of
from web.ui.flash import Flash, see_other
from web.ui.templates import render

PATH = "/robot/phrases"


async def listing(request: web.Request) -> web.Response:
    """Of the voice in the address, else of the one that speaks."""
    chosen = request.query.get("voice")
    if chosen is None:
        book = await request.app[SERVICES].book(viewer_of(request))
        chosen = book.stored.settings.voice
    return await _page(request, voice_of(chosen))


async def upload(request: web.Request) -> web.Response:
    form = await request.post()
    voice = voice_of(str(form.get("voice", "")))
    name, sent = str(form.get("name", ""))[:80], form.get("file")
    if not isinstance(sent, FileField) or not sent.filename:
        return await _page(request, voice, 422, wrong=(name, "Выберите файл WAV, MP3 или OGG"))
    try:
        phrases = request.app[SERVICES].phrases
        await phrases.upload(viewer_of(request), voice, name, sent.filename, sent.file.read())
    except Invalid as refused:
        code = refused.details["fields"]["file"]
        return await _page(request, voice, 422, wrong=(name, words.FILE_WRONG.get(code, "Файл не подошёл")))
    finally:
        sent.file.close()
    return see_other(_path(voice), Flash("success", "Фраза записана: робот скажет её со следующего звонка"))


async def restore(request: web.Request) -> web.Response:
    form = await request.post()
    voice, name = voice_of(str(form.get("voice", ""))), str(form.get("name", ""))[:80]
    await request.app[SERVICES].phrases.restore(viewer_of(request), voice, name)
    return see_other(_path(voice), Flash("success", "Снова говорит синтезатор"))


async def listen(request: web.Request) -> web.Response:
    name = request.query.get("name", "")[:80]
    voice = voice_of(request.query.get("voice", ""))
    data = await request.app[SERVICES].listen(viewer_of(request), voice, name)
    if data is None:
        raise NotFound("phrase-not-ready")
    return web.Response(body=data, content_type="audio/wav", headers={"Cache-Control": "private, no-store"})


def _path(voice: RobotVoice) -> str:
    return f"{PATH}?{urlencode({'voice': voice.code})}"


async def _page(request: web.Request, voice: RobotVoice, status: int = 200, **more: Any) -> web.Response:
    viewer, services = viewer_of(request), request.app[SERVICES]
    lines = await services.phrases.list(viewer, voice)
    speaks = voice_of((await services.book(viewer)).stored.settings.voice)
    context: dict[str, Any] = {
        "tabs": tabs(PATH, viewer),
        "voice": voice,
        "voices": [(one.title, _path(one), one is voice, one is speaks) for one in VOICES.values()],
        "sentences": [one for one in lines if not one.is_word],
        "numbers": [one for one in lines if one.is_word],
        "recorded": sum(one.at is not None for one in lines),
        "wrong": ("", ""),
        "can_edit": viewer.role in EDITORS,
    }
    return render(request, "robot/phrases.html", status=status, **context | more)
