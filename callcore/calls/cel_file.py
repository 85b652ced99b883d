"""Reads the PBX's CEL file from where the last reading ended, into the database. Idempotent."""

import asyncio
import csv
import os
from collections import Counter
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.cel import CelEvent, read_line
from callcore.calls.tables import CelCursorRow, CelRow
from callcore.kernel.database import Database
from callcore.kernel.logs import get_logger

PORTION_BYTES: Final = 256 * 1024
LONGEST_RECORD_BYTES: Final = 64 * 1024  # an unclosed quote may not swallow more
ROWS_AT_ONCE: Final = 100  # whoever waits for the loop meanwhile is a caller

_log = get_logger(__name__)
_Key = tuple[str, str, datetime, int]
_COLUMNS: Final = tuple(field.name for field in fields(CelEvent))


@dataclass(frozen=True, slots=True)
class _Portion:
    """Whole records, and where the next ones begin."""

    events: tuple[CelEvent, ...]
    malformed: int
    inode: int
    offset: int


class CelReader:
    """The place in the file moves in the same transaction as the rows. A rotated file is read to its end under its new
    name before the new one is begun; a truncated one is read from its start, known rows are not doubled."""

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database

    async def read_new(self) -> int:
        """Store all whole records that came since the last time; returns how many were new."""
        total = 0
        while True:
            async with self._database.transaction() as session:
                cursor = await session.get(CelCursorRow, str(self._path))
                if cursor is None:
                    cursor = CelCursorRow(path=str(self._path), inode=0, offset=0)
                portion = await asyncio.to_thread(_read_portion, self._path, cursor.inode, cursor.offset)
                if portion is None:
                    return total
                session.add(cursor)
                cursor.inode, cursor.offset = portion.inode, portion.offset
                total += await _store(session, portion.events)
            if portion.malformed:
                _log.warning("lines of the CEL file not understood", lines=portion.malformed)


def _read_portion(path: Path, inode: int, offset: int) -> _Portion | None:
    """None when there is nothing new."""
    try:
        present = path.stat()
    except FileNotFoundError:
        return None
    if inode and present.st_ino != inode:
        old = _renamed(path, inode)
        rest = _read_file(old, offset) if old is not None else None
        if rest is not None:
            return rest
        inode, offset = present.st_ino, 0
    if present.st_size < offset:
        offset = 0
    return _read_file(path, offset)


def _renamed(path: Path, inode: int) -> Path | None:
    siblings = (other for other in path.parent.glob(f"{path.name}*") if other != path)
    return next((other for other in siblings if other.stat().st_ino == inode), None)


def _read_file(path: Path, offset: int) -> _Portion | None:
    with path.open("rb") as file:
        inode = os.fstat(file.fileno()).st_ino
        file.seek(offset)
        data = file.read(PORTION_BYTES)
    records, used = _whole_records(data)
    if not used:
        return None
    parsed = [_parse(record) for record in records]
    events = tuple(event for event in parsed if event is not None)
    return _Portion(events, len(parsed) - len(events), inode, offset + used)


def _whole_records(data: bytes) -> tuple[list[bytes], int]:
    """Records that end with a newline outside of quotes, and their bytes. The last, unfinished one is left; one that
    never closes its quote is given up as a line."""
    records, begin, used = [], 0, 0
    while (end := data.find(b"\n", used)) >= 0:
        used = end + 1
        record = data[begin:used]
        if record.count(b'"') % 2 == 0 or len(record) > LONGEST_RECORD_BYTES:
            records.append(record)
            begin = used
    if not records and len(data) >= PORTION_BYTES:
        return [data], len(data)
    return [record for record in records if record.strip()], begin


def _parse(record: bytes) -> CelEvent | None:
    text = record.decode("utf-8", errors="replace")
    try:
        rows = list(csv.reader([text], strict=False))
    except csv.Error:
        return None
    return read_line(rows[0]) if len(rows) == 1 else None


async def _store(session: AsyncSession, events: tuple[CelEvent, ...]) -> int:
    """Equal events of one instant are told apart by their order in the file."""
    seen: Counter[tuple[str, str, datetime]] = Counter()
    keyed: dict[_Key, CelEvent] = {}
    for event in events:
        same = (event.uniqueid, event.event_type, event.at)
        keyed[*same, seen[same]] = event
        seen[same] += 1
    known = await _known(session, sorted({event.uniqueid for event in events}))
    fresh = [(key[3], event) for key, event in keyed.items() if key not in known]
    for start in range(0, len(fresh), ROWS_AT_ONCE):
        rows = [_row(ordinal, event) for ordinal, event in fresh[start : start + ROWS_AT_ONCE]]
        # past the unit of work: a call leaves thirty of these
        await session.execute(insert(CelRow.__table__), rows)  # type: ignore[arg-type]
    return len(fresh)


def _row(ordinal: int, event: CelEvent) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(event, name) for name in _COLUMNS}
    return row | {"ordinal": ordinal, "is_settled": False}


async def _known(session: AsyncSession, uniqueids: list[str]) -> set[_Key]:
    known: set[_Key] = set()
    for start in range(0, len(uniqueids), 500):
        part = CelRow.uniqueid.in_(uniqueids[start : start + 500])
        rows = await session.execute(
            select(CelRow.uniqueid, CelRow.event_type, CelRow.at, CelRow.ordinal).where(part)
        )
        known |= {(uniqueid, kind, at, ordinal) for uniqueid, kind, at, ordinal in rows}
    return known
