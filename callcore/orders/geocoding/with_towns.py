"""A service for the house, the table of towns for what it does not find: a wrong town is worse than an approximate one."""

from dataclasses import replace
from typing import Final

from callcore.network.regions import name_of
from callcore.orders.geocoding.gazetteer import Gazetteer
from callcore.orders.geocoding.port import Asked, Found, Geocoder, kilometres

FAR_KM: Final = 100.0  # from the middle of the largest city to its farthest village


class WithTowns:
    """A geocoder. Its refusals are the service's own."""

    def __init__(self, service: Geocoder, towns: Gazetteer) -> None:
        self._service = service
        self._towns = towns

    @property
    def name(self) -> str:
        return self._service.name

    async def find(self, asked: Asked) -> Found | None:
        known = self._towns.town_of(asked)
        region = name_of(known.region if known else asked.region_code)
        found = await self._service.find(replace(asked, region=region))
        town = await self._towns.find(asked)
        return town if found is None or (town is not None and _is_elsewhere(found, town)) else found


def _is_elsewhere(found: Found, town: Found) -> bool:
    """A street of that name in another town."""
    return kilometres(found.lat, found.lon, town.lat, town.lon) > FAR_KM
