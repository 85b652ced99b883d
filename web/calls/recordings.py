"""Addresses of one recording: its sound and its waveform."""

import asyncio
from pathlib import Path

from aiohttp import web

from callcore.calls.model import RecordingState
from callcore.calls.views import RecordingView
from callcore.kernel.errors import NotFound
from web.calls.audio import RecordingFile, file_name
from web.calls.services import SERVICES, CallServices
from web.keys import DEPS
from web.security.origin import client_ip
from web.security.sessions import viewer_of
from web.ui.paths import number_in_path


async def audio(request: web.Request) -> web.StreamResponse:
    """The sound by ranges. Whoever is sent a single byte is written down; a look at the head is no listening."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    found = await _ready(request)
    path = await asyncio.to_thread(_file, services, found.path)
    is_download = request.query.get("download") == "1"
    if request.method == "GET":
        ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
        _ = await services.note_play(viewer, found.id, ip, is_download=is_download)
    name = file_name(found.started_at, found.id, found.mime) if is_download else ""
    return RecordingFile(path, found.mime, name)


def _file(services: CallServices, relative: str) -> Path:
    path = services.locate(relative)
    if not path.is_file():
        raise NotFound("recording-file-missing")
    return path


async def waveform(request: web.Request) -> web.Response:
    """{"customer": [0..100, …], "ours": […], "duration_s": 12.3}, as the player draws it."""
    found = await _ready(request)
    return web.json_response({**(found.waveform or {}), "duration_s": found.duration_ms / 1000})


async def _ready(request: web.Request) -> RecordingView:
    """A recording that this viewer may hear now. Raises NotFound."""
    found = await request.app[SERVICES].recording(viewer_of(request), number_in_path(request, "id"))
    if found.state != RecordingState.READY:
        raise NotFound("recording-not-ready", state=found.state)
    return found
