"""What the room of pauses needs from below; bootstrap fills it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from callcore.network.change_pauses import ChangePauses, PausedPerson
from callcore.network.model import Viewer
from callcore.network.pauses import Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseServices:
    """`own` is the viewer's pause that stands; `people` are all whom the viewer may know."""

    own: Callable[[Viewer], Awaitable[Pause | None]]
    people: Callable[[Viewer], Awaitable[Sequence[PausedPerson]]]
    change: ChangePauses


SERVICES = web.AppKey("pause_services", PauseServices)
