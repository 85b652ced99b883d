"""Where each subject of the federation stands on the tile map: the file that comes with the project."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Tile:
    """`row` and `column` count from the north-west; `label` is short enough for a square."""

    code: str
    row: int
    column: int
    label: str


@cache
def region_grid() -> tuple[Tile, ...]:
    """From north to south, each row from west to east."""
    text = files("config").joinpath("data", "region_grid.csv").read_text(encoding="utf-8")
    tiles = (
        Tile(row["code"], int(row["row"]), int(row["column"]), row["label"])
        for row in csv.DictReader(text.splitlines())
    )
    return tuple(sorted(tiles, key=lambda tile: (tile.row, tile.column)))
