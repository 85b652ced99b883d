"""What the map needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from callcore.calls.counts import RegionCalls
from callcore.network.model import Viewer
from callcore.routing.model import Decision
from callcore.routing.region_board import BoardRegion


@dataclass(frozen=True, slots=True)
class RegionCounts:
    """By region code, since the instant that was asked for."""

    calls: Mapping[str, RegionCalls]
    orders: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapServices:
    """`board` holds what the viewer may know of. `decision` is the answer to a call from a region now; None while the
    network has not been read or has no number for regions. `place_url` leads to a map of coordinates."""

    board: Callable[[Viewer], Awaitable[tuple[BoardRegion, ...]]]
    counts: Callable[[Viewer, datetime], Awaitable[RegionCounts]]
    decision: Callable[[str], Decision | None]
    place_url: Callable[[float, float], str]


SERVICES = web.AppKey("map_services", MapServices)
