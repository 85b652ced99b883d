"""Who sells where, as frozen rows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callcore.network.days import CalendarDay
from callcore.network.directory_rows import Outlet, Region


@dataclass(frozen=True, slots=True)
class Seller:
    """A dealer. `serves` are the regions besides its main one; `is_suspended` also when a dealer above it is."""

    id: int
    name: str
    region_code: str | None
    serves: frozenset[str]
    takes_site_calls: bool
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class Place:
    """An outlet with what the map needs beside its hours. Coordinates are WGS 84 degrees."""

    outlet: Outlet
    address: str
    has_phones: bool
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Presence:
    """All that this viewer may know of. Regions in order of names, places in order of trying; `to_neighbours` as in the
    policy of all numbers."""

    regions: tuple[Region, ...]
    sellers: Mapping[int, Seller]
    places: tuple[Place, ...]
    calendar: Sequence[CalendarDay]
    to_neighbours: bool = True
