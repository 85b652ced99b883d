"""Addresses of one recording: its sound and its waveform."""

from aiohttp import web

from web.calls.audio import RecordingFile, file_name
from web.calls.services import SERVICES
from web.keys import DEPS
from web.security.origin import client_ip
from web.security.sessions import viewer_of
from web.ui.paths import number_in_path


async def audio(request: web.Request) -> web.StreamResponse:
    """The sound by ranges. Whoever is sent a single byte is written down; a look at the head is no listening."""
    services, viewer = request.app[SERVICES], viewer_of(request)
    recording_id = number_in_path(request, "id")
    is_download = request.query.get("download") == "1"
    found = await services.audio(viewer, recording_id)
    if request.method == "GET":
        ip = client_ip(request, behind_proxy=request.app[DEPS].behind_proxy)
        await services.note_play(viewer, recording_id, ip, is_download=is_download)
    name = file_name(found.started_at, recording_id, found.mime) if is_download else ""
    return RecordingFile(found.path, found.mime, name)


async def waveform(request: web.Request) -> web.Response:
    """{"customer": [0..100, …], "ours": […], "duration_s": 12.3}, as the player draws it."""
    found = await request.app[SERVICES].peaks(viewer_of(request), number_in_path(request, "id"))
    return web.json_response(
        {"customer": found.customer, "ours": found.ours, "duration_s": found.duration_ms / 1000}
    )
