"""/ui: every component in every state. Shown in the demo only; page authors look here first."""

import asyncio
from datetime import timedelta

from aiohttp import web

from web.keys import DEPS
from web.rooms import Room, get
from web.security.access import PUBLIC
from web.ui import sample
from web.ui.legs import LegLine, LegSpan
from web.ui.templates import render

_LEGS = (
    LegLine(
        "Клиент", "+7 912 440-18-25", "user", "talked", "говорил 01:46",
        (LegSpan("announcement", 0, 6), LegSpan("ringing", 6, 31), LegSpan("talking", 31, 137)),
    ),
    LegLine(
        "Вектор-Строй, ул. Мира", "+7 343 200-11-02", "building-store", "no-answer", "не ответил",
        (LegSpan("ringing", 6, 21),),
    ),
    LegLine(
        "Вектор-Строй, склад", "+7 343 200-11-05", "building-store", "declined", "отклонил",
        (LegSpan("ringing", 6, 12),),
    ),
    LegLine(
        "Анна Белова, дежурная", "внутренний 204", "headset", "talked", "говорила 01:46",
        (LegSpan("ringing", 21, 31), LegSpan("talking", 31, 92), LegSpan("held", 92, 104), LegSpan("talking", 104, 137)),
    ),
)  # fmt: skip


async def gallery(request: web.Request) -> web.Response:
    now = request.app[DEPS].clock.now()
    return render(
        request,
        "gallery.html",
        legs=_LEGS,
        earlier=now - timedelta(minutes=42),
        total_s=137,
        sample_s=sample.LENGTH_S,
    )


async def sample_audio(_request: web.Request) -> web.Response:
    body = await asyncio.to_thread(sample.audio)
    return web.Response(body=body, content_type="audio/wav")


async def sample_waveform(_request: web.Request) -> web.Response:
    return web.json_response(
        {"customer": sample.peaks(0), "ours": sample.peaks(1), "duration_s": sample.LENGTH_S}
    )


def room() -> Room:
    return Room(
        "ui",
        (
            get("/ui", gallery, PUBLIC),
            get("/ui/sample/audio", sample_audio, PUBLIC),
            get("/ui/sample/waveform.json", sample_waveform, PUBLIC),
        ),
    )
