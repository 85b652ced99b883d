"""Towns of the country, from a table that comes with the project: asks nobody and is never down. It finds the town and no
more, so whoever shows its answer says that it is approximate.

A name alone may be a namesake's, so it is believed when the town lies in the order's region or next to it, or is large: the
region of an order is often only that of the customer's number.
"""

import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from callcore.network.regions import neighbours_of
from callcore.orders.geocoding.port import Asked, Found, Precision

NAME: Final = "gazetteer"
COLUMNS: Final = ("name", "region", "lat", "lon", "people")
_MOST_WORDS: Final = 4
LARGE: Final = 100_000  # people; known by its name alone
_TOWN_MARK: Final = re.compile(r"^(?:г|гор|город)(?:\.\s*|\s+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Town:
    """`region` is the code of our own list."""

    name: str
    region: str
    lat: float
    lon: float
    people: int


class Gazetteer:
    """A geocoder; `neighbours_of` tells the codes of the regions around one."""

    name = NAME

    def __init__(self, towns: Iterable[Town], neighbours_of: Callable[[str], Collection[str]]) -> None:
        self._neighbours_of = neighbours_of
        self._by_name: dict[str, list[Town]] = defaultdict(list)
        for town in towns:
            self._by_name[_key(town.name)].append(town)

    async def find(self, asked: Asked) -> Found | None:
        town = self.town_of(asked)
        return Found(town.lat, town.lon, Precision.TOWN, town.name, NAME) if town else None

    def town_of(self, asked: Asked) -> Town | None:
        """The town that is written as such; without one, a part of the address that says «г.» or begins it."""
        for name in (asked.city,) if asked.city.strip() else _named_towns(asked.address):
            if (town := self._choose(self._by_name.get(_key(name), ()), asked.region_code)) is not None:
                return town
        return None

    def _choose(self, towns: Sequence[Town], region: str) -> Town | None:
        near = self._neighbours_of(region)
        for fits in (
            [one for one in towns if one.region == region],
            [one for one in towns if one.region in near],
            [one for one in towns if one.people >= LARGE or (not region and len(towns) == 1)],
        ):
            if len(fits) == 1:
                return fits[0]
        return None


def _key(name: str) -> str:
    """Equal for «г. Орёл» and «Орел», «Ростов-на-Дону» and «Ростов на Дону»."""
    plain = _TOWN_MARK.sub("", name.strip()).casefold().replace("ё", "е")
    return " ".join(re.sub(r"[^\w]+", " ", plain).split())


def _named_towns(address: str) -> Iterator[str]:
    parts = [part.strip() for part in address.split(",")]
    for part in parts:
        if marked := _TOWN_MARK.match(part):
            words = part[marked.end() :].split()
            # «г. Нижний Новгород ул. Садовая, 5»: nobody must set a comma
            yield from (" ".join(words[:count]) for count in range(min(len(words), _MOST_WORDS), 0, -1))
    if len(parts) > 1:  # «Тверь, ул. Садовая, 5»; one word alone may be a street
        yield parts[0]


@cache
def shipped_gazetteer() -> Gazetteer:
    """Of the table that comes with the project; reads two small files the first time."""
    data = files("config").joinpath("data")
    text = gzip.decompress(data.joinpath("towns.csv.gz").read_bytes()).decode()
    towns = (
        Town(row["name"], row["region"], float(row["lat"]), float(row["lon"]), int(row["people"]))
        for row in csv.DictReader(text.splitlines())
    )
    _ = neighbours_of("")  # reads its file now, not while something waits
    return Gazetteer(towns, neighbours_of)
