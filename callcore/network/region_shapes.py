"""What each subject of the federation looks like on the map: the file that comes with the project."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

WIDTH, HEIGHT = 1180, 680  # of the drawing, at most
FILE: Final = files("config").joinpath("data", "region_shapes.csv")


@dataclass(frozen=True, slots=True)
class Shape:
    """`path` of SVG in tenths of a unit. In units: the centre of gravity and the size of the largest part."""

    code: str
    path: str
    x: int
    y: int
    width: int
    height: int


@cache
def region_shapes() -> tuple[Shape, ...]:
    """By code. Not every region has one: borders come from an atlas."""
    rows = csv.DictReader(FILE.read_text(encoding="utf-8").splitlines())
    return tuple(
        Shape(row["code"], row["path"], int(row["x"]), int(row["y"]), int(row["width"]), int(row["height"]))
        for row in rows
    )
