"""The map of shapes: whose it has, where they lie, and that borders close."""

import csv
import json
import re
from importlib.resources import files

import pytest

from callcore.network.compile_shapes import main
from callcore.network.region_shapes import FILE, HEIGHT, WIDTH, region_shapes
from callcore.network.regions import neighbours_of

pytestmark = pytest.mark.unit


def test_each_shape_is_of_a_region_and_lies_within_the_drawing() -> None:
    text = files("config").joinpath("data", "regions.csv").read_text(encoding="utf-8")
    codes = {row["code"] for row in csv.DictReader(text.splitlines())}
    shapes = {one.code: one for one in region_shapes()}
    assert len(shapes) == len(region_shapes()) == 85
    assert codes - set(shapes) == {"UA-09", "UA-14", "UA-23", "UA-65"}, "the atlas has no border of these"
    assert set(shapes) <= codes
    for one in shapes.values():
        assert re.fullmatch(r"(M\d+ \d+l[-\d ]+z)+", one.path), one.code
        assert 0 <= one.x <= WIDTH, one.code
        assert 0 <= one.y <= HEIGHT, one.code


def test_it_is_the_country() -> None:
    """Neighbours by land touch or nearly touch; west is left, north is up."""
    shapes = {one.code: one for one in region_shapes()}
    for one in shapes.values():
        for code in set(neighbours_of(one.code)) & set(shapes):
            other = shapes[code]
            assert abs(one.x - other.x) <= one.width + other.width, (one.code, code)
            assert abs(one.y - other.y) <= one.height + other.height, (one.code, code)
    assert (
        shapes["RU-KGD"].x < shapes["RU-MOW"].x < shapes["RU-SVE"].x < shapes["RU-PRI"].x < shapes["RU-KAM"].x
    )
    assert shapes["RU-MUR"].y < shapes["RU-MOW"].y < shapes["RU-DA"].y


def test_a_file_of_borders_becomes_shapes(tmp_path, monkeypatch) -> None:
    """Two squares with one border between them: it is the same in both, an unknown one is left out."""
    arcs = [[[0, 0], [0, 10]], [[0, 10], [-10, 0], [0, -10], [10, 0]], [[0, 0], [10, 0], [0, 10], [-10, 0]]]
    geometries = [
        {"type": "Polygon", "arcs": [[0, 1]], "properties": {"name": "Tula"}},
        {"type": "MultiPolygon", "arcs": [[[2, -1]]], "properties": {"name": "Orel"}},
        {"type": "Polygon", "arcs": [[0, 1]], "properties": {"name": "Atlantis"}},
    ]
    topology = {
        "transform": {"scale": [1, 1], "translate": [60, 50]},
        "arcs": arcs,
        "objects": {"units": {"geometries": geometries}},
    }
    (tmp_path / "RUS.json").write_text(json.dumps(topology))
    (tmp_path / "shape_names.csv").write_text("name,code\nTula,RU-TUL\nOrel,RU-ORL\n")
    monkeypatch.setattr("callcore.network.compile_shapes.DATA", tmp_path)
    main([str(tmp_path / "RUS.json")])
    rows = list(csv.DictReader((tmp_path / "region_shapes.csv").read_text().splitlines()))
    assert [row["code"] for row in rows] == ["RU-ORL", "RU-TUL"]
    assert int(rows[1]["x"]) < int(rows[0]["x"]), "Tula is drawn west of Orel"
    assert FILE.is_file()
