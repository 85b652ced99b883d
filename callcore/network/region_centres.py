"""The main town of each region, for a map that has nothing else to show: the file that comes with the project."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Centre:
    """Degrees, to about a kilometre."""

    city: str
    lat: float
    lon: float


@cache
def region_centres() -> Mapping[str, Centre]:
    """By the region's code."""
    text = files("config").joinpath("data", "region_centres.csv").read_text(encoding="utf-8")
    return {
        row["code"]: Centre(row["city"], float(row["lat"]), float(row["lon"]))
        for row in csv.DictReader(text.splitlines())
    }
