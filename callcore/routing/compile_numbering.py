"""Makes the compiled numbering plan out of the registry's open data. Run by hand when the registry is updated:

    python -m callcore.routing.compile_numbering --mobile DEF-9xx.csv --landline prefixes.csv \
        --territories config/data/numbering/territories.csv --edition 2026-08 --out config/data/numbering/plan.gz

Mobile: the registry's CSV (`;`, UTF-8 with or without BOM or windows-1251, 6 to 8 columns over the years, leading zeros
sometimes lost). Landline: `prefix,region,…`, the longest prefix wins. Spellings of territories become ISO codes by
territories.csv (`name,codes`); what is not there is reported and left out of the plan.
"""

import argparse
import csv
import gzip
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from callcore.routing.numbering import HEADER

Codes = tuple[str, ...]
_MAX_CODES = 3  # more regions than this is a federal district: not a place
_NATIONAL_DIGITS = 10
_FILLERS = re.compile(r"\b(?:республика|область|обл|край|автономный|автономная|округ|ао|город|г)\b|[^а-я ]")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `first` to `last`, ten national digits, both included."""

    first: int
    last: int
    codes: Codes


def territory_key(name: str) -> str:
    """Equal for the spellings of one subject: «Тверская обл.» and «Тверская область», «г. Москва» and «Город Москва»."""
    words = _FILLERS.sub(" ", name.lower().replace("ё", "е")).split()
    return " ".join(words)


def territory_resolver(table: Iterable[Mapping[str, str]], unknown: Counter[str]) -> Callable[[str], Codes]:
    """A function from a registry's spelling to ISO codes; spellings that it does not know are counted in `unknown`."""
    by_name = {territory_key(row["name"]): tuple(row["codes"].split()) for row in table}

    def resolve(name: str) -> Codes:
        parts = [name, *re.split(r",| и |\*", name.rsplit("|", 1)[-1])]
        whole, *pieces = (by_name.get(territory_key(part)) for part in parts)
        if whole is not None:
            return whole
        codes = tuple(dict.fromkeys(code for piece in pieces for code in piece or ()))
        if not codes or None in pieces:
            unknown[name] += 1
        return codes if len(codes) <= _MAX_CODES else ()

    return resolve


def decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1251")


def read_mobile(text: str, resolve: Callable[[str], Codes]) -> Iterator[Range]:
    """Rows of the registry. The territory column is counted from the right: an operator's name may hold a semicolon."""
    lines = text.splitlines()
    header = [name.strip().lower() for name in lines[0].split(";")]
    columns = [header.index(name) - len(header) for name in ("территория гар", "регион") if name in header]
    if not columns or not header[0].startswith("авс"):
        raise ValueError(f"not the registry of numbers: {lines[0][:80]!r}")
    for line in lines[1:]:
        cells = [cell.strip().strip('"') for cell in line.split(";")]
        if len(cells) < len(header) or not all(cell.isdigit() for cell in cells[:3]):
            continue
        name = next((cells[column] for column in columns if cells[column] not in ("", "-")), "")
        base = int(cells[0]) * 10**7
        yield Range(base + int(cells[1]), base + int(cells[2]), resolve(name))


def read_landline(text: str, resolve: Callable[[str], Codes]) -> Iterator[Range]:
    """One range a prefix, shortest first, so that a later one may overrule a part of an earlier one."""
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["prefix"].isdigit()]
    for row in sorted(rows, key=lambda row: (len(row["prefix"]), row["prefix"])):
        span = 10 ** (_NATIONAL_DIGITS - len(row["prefix"]))
        first = int(row["prefix"]) * span
        yield Range(first, first + span - 1, resolve(row["region"]))


def flatten(ranges: Iterable[Range]) -> list[tuple[int, Codes]]:
    """Starts with the codes that hold from there on; later ranges overrule earlier ones, neighbours are joined."""
    ordered = list(ranges)
    edges = sorted({edge for item in ordered for edge in (item.first, item.last + 1)})
    place = {edge: index for index, edge in enumerate(edges)}
    codes: list[Codes] = [()] * len(edges)
    for item in ordered:
        for index in range(place[item.first], place[item.last + 1]):
            codes[index] = item.codes
    starts: list[tuple[int, Codes]] = []
    for edge, here in zip(edges, codes, strict=True):
        if not starts or starts[-1][1] != here:
            starts.append((edge, here))
    return starts


def pack(starts: Iterable[tuple[int, Codes]], edition: str) -> bytes:
    """One line a range: distance from the previous start, then the codes. Same input, same bytes."""
    lines, previous = [f"{HEADER} {edition}"], 0
    for first, codes in starts:
        lines.append(" ".join((str(first - previous), *codes)))
        previous = first
    return gzip.compress("\n".join(lines).encode("ascii"), mtime=0)


def compile_plan(
    mobile: bytes, landlines: Iterable[bytes], territories: bytes, edition: str
) -> tuple[bytes, Counter[str]]:
    """The compiled plan and the spellings that were left out, with the number of their rows."""
    unknown: Counter[str] = Counter()
    resolve = territory_resolver(csv.DictReader(io.StringIO(decode(territories))), unknown)
    ranges = list(read_mobile(decode(mobile), resolve))
    for raw in landlines:
        ranges += read_landline(decode(raw), resolve)
    return pack(flatten(ranges), edition), unknown


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
