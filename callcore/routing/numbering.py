"""Region by telephone number from the national numbering plan. Pure but for reading its one file.

The plan is a sorted list of first numbers (ten national digits); each says which regions hold the numbers from it up to
the next one. Mobile ranges often belong to a city and the region around it together, so an answer may hold several.
Operators stand in a second part of the file that routing does not read.
"""

import gzip
import re
import zlib
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

HEADER = "dealerline-numbering-1"
_NATIONAL = re.compile(r"(?:\+?7|8)?(\d{10})")
_PUNCTUATION = re.compile(r"[\s()\-.]+")


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """`starts[i]` is the first number of range i, `regions[i]` an index into `sets`; set 0 is "nobody"."""

    starts: "array[int]"
    regions: "array[int]"
    sets: tuple[tuple[str, ...], ...]

    def regions_of(self, number: str) -> tuple[str, ...]:
        """ISO codes for a number in any usual spelling, likeliest first; empty for what is not geographic (8-800),
        not Russian, not in the registry, or no number at all."""
        national = national_number(number)
        if national is None:
            return ()
        place = bisect_right(self.starts, national) - 1
        return self.sets[self.regions[place]] if place >= 0 else ()


EMPTY_PLAN = NumberingPlan(array("Q"), array("H"), ((),))


def national_number(text: str) -> int | None:
    """Ten national digits as an integer; None for anything that is not one Russian number."""
    match = _NATIONAL.fullmatch(_PUNCTUATION.sub("", text)) if len(text) <= 40 and text.isascii() else None
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class Operators:
    """Who was allotted a number; as NumberingPlan, name 0 is "unknown"."""

    starts: "array[int]"
    places: "array[int]"
    names: tuple[str, ...]

    def operator_of(self, national: int) -> str:
        place = bisect_right(self.starts, national) - 1
        return self.names[self.places[place]] if place >= 0 else ""


def parse_numbering(packed: bytes) -> NumberingPlan:
    """Read the compiled form (see compile_numbering). Raises ValueError when it is something else."""
    starts, regions = array("Q"), array("H")
    sets: dict[tuple[str, ...], int] = {(): 0}
    first = 0
    try:
        for line in _parts(packed)[0].split("\n")[1:]:
            distance, _, codes = line.partition(" ")
            first += int(distance)
            starts.append(first)
            regions.append(sets.setdefault(tuple(codes.split()), len(sets)))
    except OverflowError as exc:
        raise ValueError("a numbering plan with impossible numbers") from exc
    return NumberingPlan(starts, regions, tuple(sets))


def parse_operators(packed: bytes) -> Operators:
    """The second part; nobody is known when the plan has none. Raises ValueError."""
    _, names, ranges, *_ = (*_parts(packed), "", "")
    starts, places = array("Q"), array("H")
    first = 0
    try:
        for line in ranges.split("\n") if ranges else ():
            distance, _, place = line.partition(" ")
            first += int(distance)
            starts.append(first)
            places.append(int(place))
    except OverflowError as exc:
        raise ValueError("a numbering plan with impossible numbers") from exc
    known = ("", *names.split("\n")) if names else ("",)
    if any(place >= len(known) for place in places):
        raise ValueError("a numbering plan with unnamed operators")
    return Operators(starts, places, known)


def edition_of(packed: bytes) -> str:
    """What the plan says of its own age. Raises ValueError."""
    return _parts(packed)[0].partition("\n")[0].removeprefix(HEADER).strip()


def _parts(packed: bytes) -> list[str]:
    try:
        parts = gzip.decompress(packed).decode().rstrip("\n").split("\n\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as exc:
        raise ValueError("not a compiled numbering plan") from exc
    if not parts[0].startswith(HEADER):
        raise ValueError("not a compiled numbering plan")
    return parts


def load_numbering(path: Path) -> NumberingPlan:
    return parse_numbering(path.read_bytes())
