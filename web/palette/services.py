"""What the palette needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from callcore.network.model import Viewer
from callcore.orders.find_anything import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class PaletteServices:
    find: Callable[[Viewer, str], Awaitable[tuple[Hit, ...]]]
    has_single_keys: Callable[[Viewer], Awaitable[bool]]
    keep_single_keys: Callable[[Viewer, bool], Awaitable[None]]


SERVICES = web.AppKey("palette_services", PaletteServices)
