"""How a room of pages joins the application: a list of routes and, if it wants, a place in the navigation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from web.security.access import Access

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One address. `access` has no default on purpose: whoever adds a page decides who may see it. `max_body_bytes` is for
    those that take files; 0: as everywhere."""

    method: str
    path: str
    handler: Handler
    access: Access
    max_body_bytes: int = 0


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the left navigation. `hotkey` is two keys, as in «g o»; `badge` an address that tells a number, which
    is asked again when the live link tells of a `badge_on`."""

    title: str
    path: str
    icon: str
    access: Access
    section: str = ""
    hotkey: str = ""
    badge: str = ""
    badge_on: str = "task"


@dataclass(frozen=True, slots=True)
class Room:
    """One subject: its routes, its navigation, and `furnish`, which puts the room's services under AppKeys.

    `scripts` are ES modules of web/ui/static loaded on every page of a signed-in person.
    """

    name: str
    routes: tuple[Route, ...]
    nav: tuple[NavItem, ...] = ()
    furnish: Callable[[web.Application], None] | None = None
    scripts: tuple[str, ...] = ()


def get(path: str, handler: Handler, access: Access) -> Route:
    return Route("GET", path, handler, access)


def post(path: str, handler: Handler, access: Access, *, max_body_bytes: int = 0) -> Route:
    return Route("POST", path, handler, access, max_body_bytes)
