"""What the room of tracked numbers needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from callcore.network.change_dids import ChangeDids
from callcore.network.dids import DidChoices, DidFilter, DidView
from callcore.network.model import Viewer
from callcore.routing.model import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class DidServices:
    """`calls` counts by the id of the number since an instant. `decision` is the answer to a call to this number now
    from a caller who hides; None while the network has not been read. `sound` says a text
    in a language (ru, en) as a WAV; None while there is no voice."""

    find: Callable[[Viewer, DidFilter], Awaitable[Sequence[DidView]]]
    card: Callable[[Viewer, int], Awaitable[DidView]]
    choices: Callable[[Viewer], Awaitable[DidChoices]]
    calls: Callable[[Viewer, datetime], Awaitable[Mapping[int, int]]]
    decision: Callable[[str], Decision | None]
    sound: Callable[[str, str], Awaitable[bytes | None]]
    change: ChangeDids


SERVICES = web.AppKey("did_services", DidServices)
