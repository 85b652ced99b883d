"""The front door: everybody lands on the first page of the own role."""

from typing import Final

from aiohttp import web

from callcore.network.model import Role
from web.keys import DEPS
from web.rooms import Room, get
from web.security.access import SIGNED_IN, permits
from web.security.sessions import viewer_of
from web.ui.templates import render

DESK = "/desk"  # of no use to whom no telephone belongs
OVERVIEW = "/overview"  # for those who look after the whole
LEADERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})


async def front_door(request: web.Request) -> web.Response:
    viewer = viewer_of(request)
    if waiting := await request.app[DEPS].first_page(viewer):
        return web.Response(status=303, headers={"Location": waiting})
    items = [item for room in request.app[DEPS].rooms for item in room.nav if permits(item.access, viewer)]
    passed = set() if viewer.role in LEADERS else {OVERVIEW}
    if not viewer.phone_ids:
        passed.add(DESK)
    first = next((item for item in items if item.path not in passed), None)
    if first is None or first.path == "/":
        return render(request, "home/empty.html")
    return web.Response(status=303, headers={"Location": first.path})


def room() -> Room:
    return Room("home", (get("/", front_door, SIGNED_IN),))
