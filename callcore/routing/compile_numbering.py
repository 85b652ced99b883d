"""Makes the compiled numbering plan out of the registry's open data. Run by hand when the registry is updated:

    python -m callcore.routing.compile_numbering --mobile DEF-9xx.csv --landline prefixes.csv \
        --territories config/data/numbering/territories.csv --edition 2026-08 --out config/data/numbering/plan.gz

Mobile: the registry's CSV (see registry). Landline: `prefix,region,…`, the longest prefix wins. Spellings of territories
become ISO codes by territories.csv (`name,codes`); what is not there is reported and left out of the plan.

The compiled form is text, packed: a header, one line a range (distance from the previous start, then the codes); after an
empty line the names of operators, one a line; after another the operators' ranges (distance, number of the name from 1, 0
for nobody).
"""

import argparse
import csv
import gzip
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from callcore.routing.numbering import HEADER
from callcore.routing.registry import decode, read_registry

Codes = tuple[str, ...]
Value = TypeVar("Value")
_MAX_CODES = 3  # more regions than this is a federal district: not a place
_NATIONAL_DIGITS = 10
_FILLERS = re.compile(r"\b(?:республика|область|обл|край|автономный|автономная|округ|ао|город|г)\b|[^а-я ]")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `first` to `last`, ten national digits, both included."""

    first: int
    last: int
    codes: Codes
    operator: str = ""


def territory_key(name: str) -> str:
    """Equal for the spellings of one subject: «Тверская обл.» and «Тверская область», «г. Москва» and «Город Москва»."""
    words = _FILLERS.sub(" ", name.lower().replace("ё", "е")).split()
    return " ".join(words)


def territory_resolver(table: Iterable[Mapping[str, str]], unknown: Counter[str]) -> Callable[[str], Codes]:
    """A function from a registry's spelling to ISO codes; spellings that it does not know are counted in `unknown`."""
    by_name = {territory_key(row["name"]): tuple(row["codes"].split()) for row in table}
    answered: dict[str, Codes] = {}

    def resolve(name: str) -> Codes:
        if name not in answered or name in unknown:  # what is unknown is counted row by row
            answered[name] = read(name)
        return answered[name]

    def read(name: str) -> Codes:
        parts = [name, *re.split(r",| и |\*", name.rsplit("|", 1)[-1])]
        whole, *pieces = (by_name.get(territory_key(part)) for part in parts)
        if whole is not None:
            return whole
        codes = tuple(dict.fromkeys(code for piece in pieces for code in piece or ()))
        if not codes or None in pieces:
            unknown[name] += 1
        return codes if len(codes) <= _MAX_CODES else ()

    return resolve


def read_mobile(raw: bytes, resolve: Callable[[str], Codes]) -> Iterator[Range]:
    """Rows of the registry. Raises ValueError for the first thing that is wrong with it."""
    file = read_registry(raw)
    for problem in file.problems:
        raise ValueError(f"not the registry of numbers: line {problem.line}: {problem.text}")
    for row in file.rows:
        yield Range(row.first, row.last, resolve(row.territory), row.operator)


def read_landline(text: str, resolve: Callable[[str], Codes]) -> Iterator[Range]:
    """One range a prefix, shortest first, so that a later one may overrule a part of an earlier one."""
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["prefix"].isdigit()]
    for row in sorted(rows, key=lambda row: (len(row["prefix"]), row["prefix"])):
        span = 10 ** (_NATIONAL_DIGITS - len(row["prefix"]))
        first = int(row["prefix"]) * span
        yield Range(first, first + span - 1, resolve(row["region"]))


def flatten(ranges: Iterable[Range]) -> list[tuple[int, Codes]]:
    """Starts with the codes that hold from there on; later ranges overrule earlier ones, neighbours are joined."""
    return _starts([(item.first, item.last, item.codes) for item in ranges], ())


def flatten_operators(ranges: Iterable[Range]) -> list[tuple[int, str]]:
    """The same for operators; an empty name where nobody is known."""
    return _starts([(item.first, item.last, item.operator) for item in ranges if item.operator], "")


def _starts(ordered: Sequence[tuple[int, int, Value]], nobody: Value) -> list[tuple[int, Value]]:
    edges = sorted({edge for first, last, _ in ordered for edge in (first, last + 1)})
    place = {edge: index for index, edge in enumerate(edges)}
    values: list[Value] = [nobody] * len(edges)
    for first, last, value in ordered:
        for index in range(place[first], place[last + 1]):
            values[index] = value
    starts: list[tuple[int, Value]] = []
    for edge, here in zip(edges, values, strict=True):
        if not starts or starts[-1][1] != here:
            starts.append((edge, here))
    return starts


def pack(
    starts: Iterable[tuple[int, Codes]], edition: str, operators: Iterable[tuple[int, str]] = ()
) -> bytes:
    """The compiled form. Same input, same bytes."""
    owned = list(operators)
    names = {name: place for place, name in enumerate(sorted({name for _, name in owned if name}), 1)}
    regions = [f"{HEADER} {edition}", *_distances((first, " ".join(codes)) for first, codes in starts)]
    ranges = _distances((first, str(names.get(name, 0))) for first, name in owned)
    parts = [regions, list(names), ranges] if names else [regions]
    return gzip.compress("\n\n".join("\n".join(part) for part in parts).encode(), mtime=0)


def _distances(starts: Iterable[tuple[int, str]]) -> list[str]:
    lines, previous = [], 0
    for first, value in starts:
        lines.append(f"{first - previous} {value}".rstrip())
        previous = first
    return lines


def compile_plan(
    mobile: bytes, landlines: Iterable[bytes], territories: bytes, edition: str
) -> tuple[bytes, Counter[str]]:
    """The compiled plan and the spellings that were left out, with the number of their rows."""
    unknown: Counter[str] = Counter()
    resolve = territory_resolver(csv.DictReader(io.StringIO(decode(territories))), unknown)
    ranges = list(read_mobile(mobile, resolve))
    for raw in landlines:
        ranges += read_landline(decode(raw), resolve)
    return pack(flatten(ranges), edition, flatten_operators(ranges)), unknown


def _read(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--mobile", type=Path, required=True)
    parser.add_argument("--landline", type=Path, action="append", default=[])
    parser.add_argument("--territories", type=Path, required=True)
    parser.add_argument("--edition", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    packed, unknown = compile_plan(
        _read(args.mobile), [_read(path) for path in args.landline], _read(args.territories), args.edition
    )
    args.out.write_bytes(packed)
    for name, rows in unknown.most_common():
        sys.stderr.write(f"left out, {rows} rows: {name}\n")


if __name__ == "__main__":
    main()
