"""Tables of strangers as rows of text: CSV in the encodings and with the separators that Russian programs write, and XLSX.

Nothing of a file is believed: not its name, not its sizes. A formula is what the file says it came to, never computed.
"""

import csv
import io
import re
import zipfile
from datetime import date, datetime, time
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from callcore.kernel.errors import Invalid

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024
MAX_PARTS: Final = 500
MAX_ROWS: Final = 5000
MAX_COLUMNS: Final = 60
MAX_CELL_CHARS: Final = 4000
_CHUNK: Final = 256 * 1024
_ZIP: Final = b"PK\x03\x04"
_NOT_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WORKBOOK: Final = "xl/workbook.xml"


def read_table(raw: bytes) -> list[list[str]]:
    """Rows of cells, the first one with the names of the columns; empty rows at the end are gone. It computes: call it in
    a thread. Raises Invalid (field file): "table-too-big", "table-unreadable", "table-empty", "table-too-long"."""
    if len(raw) > MAX_BYTES:
        raise _wrong("table-too-big")
    if not raw.strip():
        raise _wrong("table-empty")
    rows = _workbook(raw) if raw.startswith(_ZIP) else _csv(raw)
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise _wrong("table-empty")
    return rows


def _wrong(code: str) -> Invalid:
    return Invalid(code, fields={"file": code})


def _csv(raw: bytes) -> list[list[str]]:
    if _NOT_TEXT.search(raw):
        raise _wrong("table-unreadable")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("cp1251")
        except UnicodeDecodeError:
            raise _wrong("table-unreadable") from None
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    try:
        return _bounded(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise _wrong("table-unreadable") from None


def _workbook(raw: bytes) -> list[list[str]]:
    _check_parts(raw)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        sheet = book.get_sheet_by_index(0)
        if sheet.total_height > MAX_ROWS + 1 + 1000 or sheet.total_width > 1000:
            raise _wrong("table-too-long")
        return _bounded(sheet.to_python(skip_empty_area=False, nrows=MAX_ROWS + 2))
    except (CalamineError, IndexError, ValueError, OSError):
        raise _wrong("table-unreadable") from None


def _check_parts(raw: bytes) -> None:
    """Each part is unpacked here once, and thrown away: what a bomb says of its size is not asked."""
    left = MAX_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            parts = packed.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > left:
                raise _wrong("table-too-big")
            if _WORKBOOK not in packed.namelist():
                raise _wrong("table-unreadable")
            for part in parts:
                with packed.open(part) as opened:
                    while chunk := opened.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise _wrong("table-too-big")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _wrong("table-unreadable") from error


def _bounded(rows: Any) -> list[list[str]]:
    found: list[list[str]] = []
    for row in rows:
        if len(found) > MAX_ROWS:
            raise _wrong("table-too-long")
        found.append([_cell(value) for value in row[:MAX_COLUMNS]])
    return found


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\x00", "").strip()[:MAX_CELL_CHARS]
