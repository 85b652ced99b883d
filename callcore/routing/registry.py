"""Reads the official registry of numbers (open data of the ministry, files ABC-3xx, ABC-4xx, ABC-8xx and DEF-9xx). Pure.

`;` between cells, UTF-8 with or without BOM or Windows-1251, six to eight columns over the years, leading zeros sometimes
lost, quotes of an operator's name sometimes doubled as CSV wants and sometimes not. A row says itself whether it was read
rightly: its capacity must equal its bounds.
"""

import csv
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

MAX_BYTES = 200_000_000  # unpacked; the largest real file has about 30 MB
MAX_CELL = 500
_OPERATOR = 4
_HEADER = ("от", "до", "емкость", "оператор", "регион")
_TERRITORY = ("территория гар", "регион")  # the first that is filled
_STEP = 1000


@dataclass(frozen=True, slots=True)
class Allotment:
    """One row: ten-digit national numbers, both included; `line` counts from 1 with the header."""

    first: int
    last: int
    operator: str
    territory: str
    line: int


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong; line 0 is the file as a whole."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """What was understood and what was not. The file is to be trusted only without problems."""

    rows: tuple[Allotment, ...]
    problems: tuple[LineProblem, ...]


class _Unreadable(ValueError):
    """A sentence for people about one row or the whole file."""


def read_registry(raw: bytes, advance: Callable[[int], object] = lambda _: None) -> RegistryFile:
    """Every row or every problem; `advance` is told how many lines were read since it was told last."""
    try:
        lines = decode(raw).split("\n")
        columns = _columns(lines[0])
    except _Unreadable as exc:
        return RegistryFile((), (LineProblem(0, str(exc)),))
    rows: list[Allotment] = []
    problems: list[LineProblem] = []
    for number, line in enumerate(lines[1:], 2):
        if number % _STEP == 0:
            advance(_STEP)
        if not line.strip():
            continue
        try:
            rows.append(_row(line, columns, number))
        except _Unreadable as exc:
            problems.append(LineProblem(number, str(exc)))
    if not rows and not problems:
        problems.append(LineProblem(0, "в файле нет ни одной строки с номерами"))
    return RegistryFile(tuple(rows), tuple(problems))


def decode(raw: bytes) -> str:
    """Text of a file that may be packed with gzip. Raises ValueError."""
    if raw.startswith(b"\x1f\x8b"):
        raw = _unpack(raw)
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _Unreadable("кодировка файла не UTF-8 и не Windows-1251")


def line_count(raw: bytes) -> int:
    """For a progress bar: about how many lines; 0 when it cannot be read."""
    try:
        return decode(raw).count("\n")
    except ValueError:
        return 0


def _unpack(raw: bytes) -> bytes:
    packed = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = packed.decompress(raw, MAX_BYTES)
    except zlib.error as exc:
        raise _Unreadable("архив gzip повреждён") from exc
    if packed.unconsumed_tail or not packed.eof:
        raise _Unreadable("архив gzip обрезан или слишком велик")
    return plain


def _columns(line: str) -> tuple[str, ...]:
    names = tuple(cell.lower().replace("ё", "е") for cell in _split(line, 0))
    # the first cell of the real files is «АВС/ DEF», where the first letters are Cyrillic
    if not names or not names[0].endswith("def") or names[1:6] != _HEADER:
        raise _Unreadable(f"это не файл реестра нумерации: первая строка {line[:60]!r}")
    return names


def _row(line: str, columns: tuple[str, ...], number: int) -> Allotment:
    cells = _split(line, len(columns))
    if len(cells) != len(columns):
        raise _Unreadable(f"ячеек {len(cells)}, нужно {len(columns)}")
    code, first, last, capacity = (cell.replace(" ", "") for cell in cells[:4])
    if not (len(code) == 3 and _is_number(code) and code[0] in "3489"):
        raise _Unreadable(f"код {code[:20]!r}: нужны три цифры, первая 3, 4, 8 или 9")
    if not all(_is_number(bound) and len(bound) <= 7 for bound in (first, last)):
        raise _Unreadable(f"границы {first[:20]!r}–{last[:20]!r}: нужны числа до семи цифр")
    low, high = int(first), int(last)
    if high < low:
        raise _Unreadable(f"конец диапазона {last} раньше начала {first}")
    if not _is_number(capacity) or int(capacity) != high - low + 1:
        raise _Unreadable(f"ёмкость {capacity[:20]!r}, а в диапазоне {high - low + 1} номеров")
    base = int(code) * 10**7
    return Allotment(base + low, base + high, _clean(cells[_OPERATOR]), _territory(cells, columns), number)


def _split(line: str, wanted: int) -> list[str]:
    """Cells as CSV wants them; as they stand when that does not give the wanted number. What is too many after that are
    semicolons in the operator's name."""
    line = line.rstrip("\r")
    cells = next(csv.reader([line], delimiter=";"), [""]) if len(line) < MAX_CELL * 10 else line.split(";")
    if len(cells) != wanted and wanted:
        cells = line.split(";")
    if len(cells) > wanted > 0:
        extra = len(cells) - wanted
        name = ";".join(cells[_OPERATOR : _OPERATOR + extra + 1])
        cells[_OPERATOR : _OPERATOR + extra + 1] = [name]
    return [cell.strip() for cell in cells]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _territory(cells: Sequence[str], columns: tuple[str, ...]) -> str:
    for name in _TERRITORY:
        if name in columns and (cell := _clean(cells[columns.index(name)])) not in ("", "-"):
            return cell
    return ""


def _clean(text: str) -> str:
    """One printable line."""
    return " ".join("".join(char if char.isprintable() else " " for char in text[:MAX_CELL]).split())


def overlaps(rows: Iterable[tuple[str, Allotment]]) -> list[tuple[str, Allotment, str, Allotment]]:
    """Pairs of rows that claim the same number, each with the name of its file."""
    ordered = sorted(rows, key=lambda item: (item[1].first, item[1].last))
    found = []
    widest = ordered[0] if ordered else None
    for item in ordered[1:]:
        if widest is not None and item[1].first <= widest[1].last:
            found.append((*widest, *item))
        if widest is None or item[1].last > widest[1].last:
            widest = item
    return found
