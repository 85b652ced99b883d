"""What the button «Позвонить клиенту» needs from below; bootstrap fills it. Every callable checks the viewer's rights."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from callcore.network.model import Viewer
from callcore.outbound.attempt_view import AttemptView
from callcore.outbound.press import PressOffer
from callcore.outbound.targets import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class PressServices:
    """`press` takes the key that the page made and the phone that shall ring, empty for all own ones; it raises as
    PressCall does. `stop` hangs up at any stage."""

    offer: Callable[[Viewer, Asked], Awaitable[PressOffer]]
    press: Callable[[Viewer, Asked, str, str], Awaitable[str]]
    view: Callable[[Viewer, str], Awaitable[AttemptView]]
    stop: Callable[[Viewer, str], Awaitable[None]]


PRESS = web.AppKey("press_services", PressServices)
