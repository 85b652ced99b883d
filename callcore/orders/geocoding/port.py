"""What every way to find an address on the map promises. Pure.

`find` returns when the other side has answered, within its own time limit; it may be called again with the same words.
Refusals are GeocoderRefused and nothing else; «there is no such place» is an answer, not a refusal.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Final, Literal, Protocol

from callcore.kernel.errors import DealerlineError

_EARTH_KM: Final = 6371.0


class Precision(StrEnum):
    """How far an answer may be believed. Stored: never renamed."""

    HOUSE = "house"
    STREET = "street"
    TOWN = "town"
    NONE = "none"

    @property
    def is_exact(self) -> bool:
        """Near enough for distances and for the order's own point; a town is only shown."""
        return self in (Precision.HOUSE, Precision.STREET)


@dataclass(frozen=True, slots=True)
class Asked:
    """All that leaves us: the town, the address without people and flats, the subject of the federation by its code, and by
    its name where that helps."""

    city: str
    address: str
    region_code: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Degrees, WGS 84. `words` is how the source calls the place; `source` is a stable word, stored with the answer."""

    lat: float
    lon: float
    precision: Precision
    words: str
    source: str


class GeocoderRefused(DealerlineError):
    """No answer this time; `message` names the kind of failure and never holds an address or a key. `rest_s`: for how long
    nothing else should be asked. geocoder-refused: our settings are wrong (key, address of the service); geocoder-not-now:
    it is down, slow, busy, or talks nonsense."""

    retryable = True

    def __init__(
        self, code: Literal["geocoder-refused", "geocoder-not-now"], words: str, rest_s: float = 60.0
    ) -> None:
        super().__init__(code, words)
        self.rest_s = rest_s


class Geocoder(Protocol):
    @property
    def name(self) -> str:
        """A stable word, stored with what it found or failed to find."""

    async def find(self, asked: Asked) -> Found | None:
        """None: there is no such place. Raises GeocoderRefused."""


def kilometres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """In a straight line over the globe."""
    north, east = radians(other_lat - lat), radians(other_lon - lon)
    half = sin(north / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))
