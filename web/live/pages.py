"""The WebSocket address `/live` and the script that listens to it."""

import asyncio
from contextlib import suppress

from aiohttp import WSMsgType, web

from callcore.kernel.errors import Forbidden
from callcore.kernel.tasks import TaskOwner
from web.keys import DEPS
from web.live.hub import LiveHub, LiveLink
from web.live.protocol import CLOSE_SIGNED_OUT, hello, is_ping, pong
from web.rooms import Room, get
from web.security.access import SIGNED_IN
from web.security.origin import is_same_origin
from web.security.sessions import cookie_name, viewer_of

HUB = web.AppKey("live_hub", LiveHub)
HEARTBEAT_S = 20.0
SESSION_CHECK_S = 60.0
GOODBYE_LIMIT_S = 2.0
MAX_INCOMING_BYTES = 4096


def room(hub: LiveHub) -> Room:
    return Room(
        "live", (get("/live", live, SIGNED_IN),), furnish=lambda app: _furnish(app, hub), scripts=("live.js",)
    )


def _furnish(app: web.Application, hub: LiveHub) -> None:
    app[HUB] = hub
    app.on_shutdown.append(_end_links)


async def _end_links(app: web.Application) -> None:
    app[HUB].close()


async def live(request: web.Request) -> web.StreamResponse:
    """One browser's link: greets, then sends what the hub gives, until either side ends it."""
    if not is_same_origin(request):
        raise Forbidden("foreign-origin", "another site asked for a live link")
    hub = request.app[HUB]
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_INCOMING_BYTES, compress=False)
    try:
        await socket.prepare(request)
    except ConnectionError:
        return web.Response(status=400)  # it left while we greeted; nobody reads this
    link = hub.join(viewer_of(request))
    link.send(hello(connected=hub.is_connected(), quiet_ms=hub.quiet_ms))
    tasks = TaskOwner("live")
    try:
        _ = tasks.spawn("write", _write(socket, link))
        _ = tasks.spawn("guard", _guard(request, socket, link))
        _ = tasks.spawn("session", _end_with_session(request, link))
        async for message in socket:
            if message.type is WSMsgType.TEXT and is_ping(message.data):
                link.send(pong())
    finally:
        hub.leave(link)
        await tasks.close()
    return socket


async def _write(socket: web.WebSocketResponse, link: LiveLink) -> None:
    while not socket.closed:
        try:
            await socket.send_str(await link.frames.get())
        except ConnectionError:
            return


async def _guard(request: web.Request, socket: web.WebSocketResponse, link: LiveLink) -> None:
    """Who does not read does not read the goodbye either: after a moment the connection is simply cut."""
    await link.ended.wait()
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_LIMIT_S):
            await socket.close(code=link.close_code)
            return
    if request.transport is not None:
        request.transport.abort()


async def _end_with_session(request: web.Request, link: LiveLink) -> None:
    """Signed out elsewhere, switched off or expired: the link must not outlive the right to it."""
    deps = request.app[DEPS]
    token = request.cookies.get(cookie_name(secure=deps.secure), "")
    while True:
        await asyncio.sleep(SESSION_CHECK_S)
        if await deps.sign_in.viewer(token) is None:
            link.end(CLOSE_SIGNED_OUT)
            return
