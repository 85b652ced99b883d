"""The tile map holds every subject once, on a square of its own."""

import csv
from importlib.resources import files

import pytest

from callcore.network.region_grid import region_grid
from callcore.network.regions import neighbours_of

pytestmark = pytest.mark.unit


def test_every_region_has_one_square_and_every_square_one_region() -> None:
    text = files("config").joinpath("data", "regions.csv").read_text(encoding="utf-8")
    codes = [row["code"] for row in csv.DictReader(text.splitlines())]
    tiles = region_grid()
    assert sorted(tile.code for tile in tiles) == sorted(codes)
    assert len({(tile.row, tile.column) for tile in tiles}) == len(codes) == 89
    assert all(0 < len(tile.label) <= 6 for tile in tiles)
    assert len({tile.label for tile in tiles}) == len(codes)


def test_it_resembles_the_country() -> None:
    """Most neighbours by land stand close to each other."""
    places = {tile.code: tile for tile in region_grid()}
    pairs = [(one, other) for one in places for other in neighbours_of(one)]
    close = sum(
        max(abs(places[a].row - places[b].row), abs(places[a].column - places[b].column)) <= 3
        for a, b in pairs
    )
    assert close / len(pairs) > 0.9
    assert (
        places["RU-KGD"].column < places["RU-MOW"].column < places["RU-SVE"].column < places["RU-PRI"].column
    )
    assert places["RU-MUR"].row < places["RU-MOW"].row < places["RU-DA"].row
