"""/ui: every component in every state. Shown in the demo only; page authors look here first."""

from datetime import timedelta

from aiohttp import web

from web.keys import DEPS
from web.rooms import Room, get
from web.security.access import PUBLIC
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
    return render(request, "gallery.html", legs=_LEGS, earlier=now - timedelta(minutes=42), total_s=137)


def room() -> Room:
    return Room("ui", (get("/ui", gallery, PUBLIC),))
