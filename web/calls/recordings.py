"""Addresses of one recording: its sound and its waveform."""

import asyncio
from typing import Final

from aiohttp import hdrs, web

from callcore.calls.model import RecordingState
from callcore.calls.recording_views import CopyView, Playable
from callcore.kernel.errors import Forbidden, NotFound
from web.calls.audio import RecordingFile, RecordingStream, file_name
from web.calls.services import SERVICES
from web.keys import DEPS
from web.security.origin import client_ip
from web.security.sessions import viewer_of
from web.ui.paths import number_in_path

OPUS: Final = "audio/ogg"


async def audio(request: web.Request) -> web.StreamResponse:
    """The sound by ranges, in the copy that the browser names as playable, or in ?format=. Whoever is sent a single byte is
    written down; a look at the head is no listening."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    found = await services.playable(viewer, number_in_path(request, "id"))
    is_download = request.query.get("download") == "1"
    if is_download and not found.may_download:
        raise Forbidden("recording-download")
    copy = _copy(request, found)
    answer = await _answer(request, found, copy, is_download=is_download)
    if request.method == "GET":
        ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
        _ = await services.note_play(viewer, found.recording.id, ip, is_download=is_download)
    return answer


def _copy(request: web.Request, found: Playable) -> CopyView:
    """The main one for who takes anything: it is the one that plays everywhere."""
    if asked := request.query.get("format", ""):
        copy = next((one for one in found.copies if one.format == asked), None)
        if copy is None:
            raise NotFound("recording-no-such-copy")
        return copy
    accepted = request.headers.get(hdrs.ACCEPT, "")
    named = {part.partition(";")[0].strip() for part in accepted.split(",")} if OPUS in accepted else set()
    for one in found.copies:
        if one.mime in named:
            return one
    if not found.copies:
        raise NotFound("recording-file-missing")
    return found.copies[0]


async def _answer(
    request: web.Request, found: Playable, copy: CopyView, *, is_download: bool
) -> web.StreamResponse:
    services, told = request.app[SERVICES], found.recording
    name = file_name(told.started_at, told.id, copy.mime) if is_download else ""
    path = await asyncio.to_thread(services.locate, copy)
    if path is None:
        stream = RecordingStream(services.read, copy, name)
        await stream.begin(request)
        return stream
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("recording-file-missing")
    return RecordingFile(path, copy.mime, name)


async def waveform(request: web.Request) -> web.Response:
    """{"customer": [0..100, …], "ours": […], "duration_s": 12.3}, as the player draws it."""
    found = await request.app[SERVICES].recording(viewer_of(request), number_in_path(request, "id"))
    if found.state != RecordingState.READY:
        raise NotFound("recording-not-ready", state=found.state)
    return web.json_response({**(found.waveform or {}), "duration_s": found.duration_ms / 1000})
