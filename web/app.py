"""Builds the web application from its dependencies and its rooms."""

from pathlib import Path

from aiohttp import web

from web import health
from web.deps import WebDeps
from web.home import pages as home
from web.keys import ACCESS, BODY_LIMITS, DEPS, STATIC, TEMPLATES
from web.middlewares import guard_access, limit_body, log_requests, set_security_headers, tell_errors
from web.rooms import Room, get
from web.security import pages as security
from web.security.access import PUBLIC
from web.ui import pages as ui
from web.ui.static_files import StaticFiles
from web.ui.templates import make_environment

_HERE = Path(__file__).parent


def make_app(deps: WebDeps) -> web.Application:
    """The whole site: own rooms, then those that bootstrap gives, in the order of the navigation.

    Reads templates' and static files' folders; opens no connection and starts no task.
    """
    app = web.Application(
        middlewares=[log_requests, tell_errors, limit_body, guard_access],
        client_max_size=deps.max_body_bytes,
    )
    static = StaticFiles(_HERE / "ui" / "static")
    app[DEPS] = deps
    app[STATIC] = static
    app[TEMPLATES] = make_environment(_HERE, static, auto_reload=deps.demo, cache=deps.template_cache)
    app[ACCESS] = {}
    app[BODY_LIMITS] = {}
    rooms = (*_own_rooms(deps, static), *deps.rooms)
    for room in rooms:
        _open(app, room)
    app.on_response_prepare.append(set_security_headers)
    return app


def _own_rooms(deps: WebDeps, static: StaticFiles) -> tuple[Room, ...]:
    files = Room("static", (get("/static/{version}/{path:.+}", static.serve, PUBLIC),))
    always = (files, security.room(), home.room(), health.room())
    return (*always, ui.room()) if deps.demo else always


def _open(app: web.Application, room: Room) -> None:
    for route in room.routes:
        added = app.router.add_route(route.method, route.path, route.handler)
        app[ACCESS][added] = route.access
        if route.max_body_bytes:
            app[BODY_LIMITS][added] = route.max_body_bytes
        if route.method == "GET":
            head = app.router.add_route("HEAD", route.path, route.handler)
            app[ACCESS][head] = route.access
    if room.furnish is not None:
        room.furnish(app)
