"""A new numbering plan out of files of the registry and the present plan. Pure: the caller reads and writes files.

The registry comes in four files, one a block of codes (3xx, 4xx, 8xx, 9xx). A file replaces its whole block; blocks without
a file stay as they are. A file that has a mistake, or would take away much of what is known, changes nothing.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from callcore.routing.compile_numbering import (
    Codes,
    Range,
    flatten,
    flatten_operators,
    pack,
    territory_resolver,
)
from callcore.routing.numbering import parse_numbering, parse_operators
from callcore.routing.registry import Allotment, decode, overlaps, read_registry

BLOCK = 10**9  # numbers of one first digit
CODE = 10**7
_END = 10**10
LEAST_CODES = 0.9  # of a block's codes with a known region that must remain
LEAST_NUMBERS = (
    0.8  # of the numbers, where the present plan knows operators, that is: came from the registry, too
)
MOST_UNKNOWN = 0.1  # of a file's numbers with a territory that is not in territories.csv


class NumberingRefused(Exception):
    """Nothing was changed; `problems` are sentences for people, one a line of a file. `is_doubt`: the files are well
    formed, only their content looks wrong, so a person may insist."""

    def __init__(self, problems: Sequence[str], *, is_doubt: bool = False) -> None:
        super().__init__("; ".join(problems[:3]))
        self.problems = tuple(problems)
        self.is_doubt = is_doubt


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it lies on the disk."""

    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive ten-digit numbers, both included, of one region and one operator."""

    first: int
    last: int
    codes: Codes
    operator: str


@dataclass(frozen=True, slots=True)
class Change:
    """Ranges of consecutive numbers that changed alike, and the numbers in them."""

    ranges: int = 0
    numbers: int = 0


@dataclass(frozen=True, slots=True)
class RegionNumbers:
    """Numbers of a region before and after; a number that two regions share counts for both."""

    code: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Update:
    """The new plan, packed, and what is different in it."""

    packed: bytes
    rows: int
    blocks: tuple[str, ...]
    added: Change
    removed: Change
    changed: Change
    regions: tuple[RegionNumbers, ...]
    unknown: tuple[tuple[str, int], ...]  # spelling of a territory and its rows, most first


def update_plan(
    present: bytes,
    sources: Sequence[Source],
    territories: bytes,
    edition: str,
    *,
    is_insisted: bool = False,
    advance: Callable[[int], object] = lambda _: None,
) -> Update:
    """Raises NumberingRefused with everything that is wrong, ValueError for a broken present plan."""
    rows = _read(sources, advance)
    unknown: Counter[str] = Counter()
    resolve = territory_resolver(csv.DictReader(io.StringIO(decode(territories))), unknown)
    fresh = [Range(row.first, row.last, resolve(row.territory), row.operator) for row in rows]
    blocks = {row.first // BLOCK for row in rows}
    old = list(segments(present))
    kept = [item for item in _cut(old) if item.first // BLOCK not in blocks]
    ranges = [*(Range(item.first, item.last, item.codes, item.operator) for item in kept), *fresh]
    packed = pack(flatten(ranges), edition, flatten_operators(ranges))
    before, after = _of_blocks(old, blocks), _of_blocks(segments(packed), blocks)
    doubts = [*_doubts(before, after, blocks), *_unknown_doubts(rows, unknown)]
    if doubts and not is_insisted:
        raise NumberingRefused(doubts, is_doubt=True)
    added, removed, changed = _compare(before, after)
    return Update(
        packed=packed,
        rows=len(rows),
        blocks=tuple(f"{block}xx" for block in sorted(blocks)),
        added=added,
        removed=removed,
        changed=changed,
        regions=_by_region(before, after),
        unknown=tuple(unknown.most_common()),
    )


def segments(packed: bytes) -> Iterator[Segment]:
    """The plan as ranges with an owner, in order. Raises ValueError."""
    plan, operators = parse_numbering(packed), parse_operators(packed)
    edges = sorted({*plan.starts, *operators.starts})
    place = owner = -1
    for first, following in pairwise([*edges, _END]):
        while place + 1 < len(plan.starts) and plan.starts[place + 1] <= first:
            place += 1
        while owner + 1 < len(operators.starts) and operators.starts[owner + 1] <= first:
            owner += 1
        codes = plan.sets[plan.regions[place]] if place >= 0 else ()
        name = operators.names[operators.places[owner]] if owner >= 0 else ""
        if codes or name:
            yield Segment(first, following - 1, codes, name)


def _read(sources: Sequence[Source], advance: Callable[[int], object]) -> list[Allotment]:
    rows: list[tuple[str, Allotment]] = []
    problems: list[str] = []
    for source in sources:
        file = read_registry(source.raw, advance)
        rows += [(source.name, row) for row in file.rows]
        for problem in file.problems:
            place = f", строка {problem.line}" if problem.line else ""
            problems.append(f"{source.name}{place}: {problem.text}")
    for one, first, other, second in overlaps(rows):
        problems.append(
            f"{other}, строка {second.line}: номера уже заняты диапазоном {one}, строка {first.line}"
        )
    if problems:
        raise NumberingRefused(problems)
    return [row for _, row in rows]


def _cut(items: Sequence[Segment]) -> Iterator[Segment]:
    """No segment lies in two blocks."""
    for item in items:
        first = item.first
        while first <= item.last:
            last = min(item.last, first // BLOCK * BLOCK + BLOCK - 1)
            yield Segment(first, last, item.codes, item.operator)
            first = last + 1


def _of_blocks(items: Iterator[Segment] | Sequence[Segment], blocks: set[int]) -> list[Segment]:
    return [item for item in _cut(list(items)) if item.first // BLOCK in blocks]


def _doubts(before: Sequence[Segment], after: Sequence[Segment], blocks: set[int]) -> Iterator[str]:
    for block in sorted(blocks):
        old = [item for item in before if item.first // BLOCK == block]
        new = [item for item in after if item.first // BLOCK == block]
        known, remaining = _codes(old), _codes(new)
        missing = sorted(known - remaining)
        if len(missing) > len(known) * (1 - LEAST_CODES):
            shown = ", ".join(map(str, missing[:12])) + (" …" if len(missing) > 12 else "")
            yield f"{block}xx: в файлах нет {len(missing)} кодов из {len(known)}, которые есть сейчас: {shown}"
        numbers, rest = _numbers(item for item in old if item.operator), _numbers(iter(new))
        if rest < numbers * LEAST_NUMBERS:
            yield f"{block}xx: номеров стало бы {rest:,} вместо {numbers:,}".replace(",", " ")


def _unknown_doubts(rows: Sequence[Allotment], unknown: Counter[str]) -> Iterator[str]:
    total = sum(row.last - row.first + 1 for row in rows)
    lost = sum(row.last - row.first + 1 for row in rows if row.territory in unknown)
    if lost > total * MOST_UNKNOWN:
        names = ", ".join(f"«{name or 'пусто'}»" for name, _ in unknown.most_common(8))
        yield f"у {lost * 100 // total} % номеров незнакомая территория: {names}"


def _codes(items: Sequence[Segment]) -> set[int]:
    """Three-digit codes where some region is known."""
    return {code for item in items if item.codes for code in range(item.first // CODE, item.last // CODE + 1)}


def _numbers(items: Iterator[Segment]) -> int:
    return sum(item.last - item.first + 1 for item in items)


def _compare(before: Sequence[Segment], after: Sequence[Segment]) -> tuple[Change, Change, Change]:
    """Added, removed, changed. Operators count only in blocks where the old plan knew some."""
    named = {item.first // BLOCK for item in before if item.operator}
    ranges: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    previous: tuple[object, ...] = ()
    for first, last, old, new in _aligned(before, after):
        is_named = first // BLOCK in named
        kind = _kind(old, new, is_named=is_named)
        here = (kind, old and (old.codes, old.operator), new and (new.codes, new.operator))
        if kind:
            numbers[kind] += last - first + 1
            ranges[kind] += (*here, first) != previous
        previous = (*here, last + 1)
    added, removed, changed = (Change(ranges[kind], numbers[kind]) for kind in ("+", "-", "~"))
    return added, removed, changed


def _kind(old: Segment | None, new: Segment | None, *, is_named: bool) -> str:
    if old is None or new is None:
        return "+" if new else "-" if old else ""
    return "~" if old.codes != new.codes or (is_named and old.operator != new.operator) else ""


def _aligned(
    before: Sequence[Segment], after: Sequence[Segment]
) -> Iterator[tuple[int, int, Segment | None, Segment | None]]:
    """Pieces on which neither side changes, in order."""
    edges = sorted({edge for item in (*before, *after) for edge in (item.first, item.last + 1)})
    left, right = 0, 0
    for first, following in pairwise(edges):
        while left < len(before) and before[left].last < first:
            left += 1
        while right < len(after) and after[right].last < first:
            right += 1
        old = before[left] if left < len(before) and before[left].first <= first else None
        new = after[right] if right < len(after) and after[right].first <= first else None
        yield first, following - 1, old, new


def _by_region(before: Sequence[Segment], after: Sequence[Segment]) -> tuple[RegionNumbers, ...]:
    old, new = _region_numbers(before), _region_numbers(after)
    return tuple(RegionNumbers(code, old[code], new[code]) for code in sorted({*old, *new}))


def _region_numbers(items: Sequence[Segment]) -> Counter[str]:
    numbers: Counter[str] = Counter()
    for item in items:
        for code in item.codes:
            numbers[code] += item.last - item.first + 1
    return numbers
