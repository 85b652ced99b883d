"""The sum of points over time as the corners of a stepped line. Pure; the template draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcore.network.points import Balance

WIDTH: Final = 600
HEIGHT: Final = 120
_MARGIN: Final = 4


@dataclass(frozen=True, slots=True)
class Chart:
    """`line` and `area` are points of SVG polylines in a box of WIDTH by HEIGHT; `zero_y` where 0 lies, None outside."""

    line: str
    area: str
    zero_y: float | None
    least: int
    most: int
    since: datetime


def draw(history: Sequence[Balance], now: datetime) -> Chart | None:
    """None while there is nothing to compare."""
    if len(history) < 2 or now <= history[0].at:
        return None
    since = history[0].at
    least, most = min(one.points for one in history), max(one.points for one in history)
    span_s, height = (now - since).total_seconds(), max(most - least, 1)

    def x(at: datetime) -> float:
        return round(WIDTH * min(max((at - since).total_seconds() / span_s, 0), 1), 1)

    def y(points: int) -> float:
        return round(_MARGIN + (HEIGHT - 2 * _MARGIN) * (most - points) / height, 1)

    corners, last = [(x(since), y(history[0].points))], history[0].points
    for one in history[1:]:
        here = max(x(one.at), corners[-1][0])  # a cause may be older than the entry before it
        corners += [(here, y(last)), (here, y(one.points))]
        last = one.points
    corners.append((float(WIDTH), y(last)))
    line = " ".join(f"{left},{top}" for left, top in corners)
    zero = y(0) if least <= 0 <= most else None
    return Chart(line, f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}", zero, least, most, since)
