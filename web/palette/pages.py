"""The command palette as a page, as the list that its field fetches, and the choice about keys."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from web.keys import DEPS
from web.palette.services import SERVICES, PaletteServices
from web.rooms import Room, get, post
from web.security.access import SIGNED_IN, permits
from web.security.sessions import viewer_of
from web.ui.templates import render

MAX_CHARS: Final = 80
PATHS: Final = {"order": "/orders", "customer": "/customers", "dealer": "/dealers"}
LOOKS: Final = {
    "order": ("Заказы", "clipboard-list"),
    "customer": ("Клиенты", "users"),
    "dealer": ("Дилеры", "building-store"),
}


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do; offered where its page exists and this role may open it."""

    title: str
    path: str
    icon: str


COMMANDS: Final = (
    Command("Новый заказ", "/orders/new", "plus"),
    Command("Загрузить заказы из таблицы", "/orders/import", "upload"),
    Command("Пауза и приём звонков", "/pause", "phone-pause"),
    Command("Сообщения", "/notices", "bell"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """`group` is shown where it begins."""

    group: str
    title: str
    note: str
    path: str
    icon: str


async def palette(request: web.Request) -> web.Response:
    """The whole page for who has no script; with HX-Request the list alone."""
    text = "".join(char for char in request.query.get("q", "") if char.isprintable()).strip()[:MAX_CHARS]
    hits = await request.app[SERVICES].find(viewer_of(request), text)
    lines = (
        *_commands(request, text),
        *(
            Line(LOOKS[hit.kind][0], hit.title, hit.note, f"{PATHS[hit.kind]}/{hit.id}", LOOKS[hit.kind][1])
            for hit in hits
        ),
    )
    name = "palette/results.html" if "HX-Request" in request.headers else "palette/palette.html"
    return render(request, name, q=text, lines=lines)


def _commands(request: web.Request, text: str) -> tuple[Line, ...]:
    viewer, wanted = viewer_of(request), text.lower()
    rooms = request.app[DEPS].rooms
    open_paths = {route.path for room in rooms for route in room.routes if permits(route.access, viewer)}
    return tuple(
        Line("Действия", one.title, "", one.path, one.icon)
        for one in COMMANDS
        if one.path in open_paths and wanted in one.title.lower()
    )


async def keyboard(request: web.Request) -> web.Response:
    are_on = await request.app[SERVICES].has_single_keys(viewer_of(request))
    return web.json_response({"single": are_on})


async def set_keyboard(request: web.Request) -> web.Response:
    are_on = (await request.post()).get("single") == "on"
    await request.app[SERVICES].keep_single_keys(viewer_of(request), are_on)
    return web.json_response({"single": are_on})


def room(services: PaletteServices) -> Room:
    return Room(
        "palette",
        (
            get("/palette", palette, SIGNED_IN),
            get("/keyboard", keyboard, SIGNED_IN),
            post("/keyboard", set_keyboard, SIGNED_IN),
        ),
        furnish=lambda app: app.__setitem__(SERVICES, services),
        scripts=("palette.js",),
    )
