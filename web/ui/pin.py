"""Where a map begins on which a person sets a pin, and where its pictures come from. Pure.

Without an address of tiles nothing is fetched from outside: the map is a grid of degrees with the main towns on it.
"""

import json
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from callcore.network.region_centres import Centre, region_centres

RUSSIA: Final = Centre("", 58.0, 62.0)
_FAR, _NEAR, _TOWN, _AT_POINT = 3, 9, 11, 14  # zooms: the country, a region, a town, a street


@dataclass(frozen=True, slots=True)
class MapTiles:
    """`url` has places for {z}, {x} and {y}; `credit` is what their owner wants to be written on them."""

    url: str = ""
    credit: str = ""

    @property
    def origin(self) -> str:
        """For the Content-Security-Policy; empty without tiles. «{s}» stands for any first label."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}" if parts.netloc else ""


@dataclass(frozen=True, slots=True)
class PinMap:
    """`towns` is JSON: [[name, lat, lon], …]."""

    lat: float
    lon: float
    zoom: int
    towns: str = field(repr=False)


def pin_map(lat: float | None, lon: float | None, region_code: str, *, is_town: bool = False) -> PinMap:
    """Around the point itself, which may be only the middle of a town, else the region's main town, else the country."""
    centres = region_centres()
    towns = json.dumps([[one.city, one.lat, one.lon] for one in centres.values()], ensure_ascii=False)
    if lat is not None and lon is not None:
        return PinMap(lat, lon, _TOWN if is_town else _AT_POINT, towns)
    centre = centres.get(region_code)
    return (
        PinMap(centre.lat, centre.lon, _NEAR, towns)
        if centre
        else PinMap(RUSSIA.lat, RUSSIA.lon, _FAR, towns)
    )
