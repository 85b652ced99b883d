"""The place from which a dealer would serve an order, and what was known of it (D-09). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, NamedTuple

_EARTH_KM: Final = 6371.0
FAR_KM: Final = 1e6


class Place(NamedTuple):
    id: int
    org_id: int
    name: str
    city: str
    region_code: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Where:
    """Of the order: what is known of its place."""

    city: str
    region_code: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A dealer's outlet for this order. `km` in a straight line, None where a point is not known; `same_city` by name.
    `services_kopecks`: his prices of the services that were ordered, None when he agrees on one of them first."""

    org_id: int
    outlet_id: int
    name: str
    city: str
    km: float | None
    same_city: bool
    services_kopecks: int | None = 0


def nearest(where: Where, places: Iterable[Place]) -> dict[int, Standing]:
    """By organisation: the nearest by the points, else one in the city, else one in the region, else the first."""
    found: dict[int, tuple[tuple[float, bool, bool, int], Standing]] = {}
    for place in places:
        km = _km(where, place)
        same = bool(where.city) and place.city.casefold() == where.city.casefold()
        rank = (FAR_KM if km is None else km, not same, place.region_code != where.region_code, place.id)
        if km is None and same:
            rank = (0.0, *rank[1:])
        one = Standing(place.org_id, place.id, place.name, place.city, km, same)
        if place.org_id not in found or rank < found[place.org_id][0]:
            found[place.org_id] = rank, one
    return {org_id: one for org_id, (_, one) in found.items()}


def _km(where: Where, place: Place) -> float | None:
    if where.lat is None or where.lon is None or place.lat is None or place.lon is None:
        return None
    north, east = radians(place.lat - where.lat), radians(place.lon - where.lon)
    half = sin(north / 2) ** 2 + cos(radians(where.lat)) * cos(radians(place.lat)) * sin(east / 2) ** 2
    return round(2 * _EARTH_KM * asin(sqrt(half)), 1)


def place_words(one: Standing) -> str:
    """«Салон на Станционной, Бердск, 4,2 км»."""
    way = (
        f"{one.km:g} км".replace(".", ",") if one.km is not None else "тот же город" if one.same_city else ""
    )
    return ", ".join(part for part in (one.name, one.city, way) if part)


def standings_to_json(told: Iterable[Standing]) -> list[list[Any]]:
    return [
        [one.org_id, one.outlet_id, one.name, one.city, one.km, one.same_city, one.services_kopecks]
        for one in told
    ]


def standings_from_json(body: Mapping[str, Any]) -> tuple[Standing, ...]:
    """Of a whole decision; those of before hold none."""
    return tuple(Standing(*one) for one in body.get("outlets", ()))
