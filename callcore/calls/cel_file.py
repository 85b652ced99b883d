"""Reads the PBX's CEL file from where the last reading ended, into the database. Idempotent. Of calls that were heard whole
nothing is kept (cel_hold.py)."""

import asyncio
import csv
import io
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from callcore.calls.cel import CelEvent, read_line
from callcore.calls.cel_hold import HeldRecords, Place, Record
from callcore.calls.tables import CelCursorRow, CelRow
from callcore.kernel.database import Base, Database, unless_exists, upsert
from callcore.kernel.logs import get_logger

PORTION_BYTES: Final = 256 * 1024
GRACE: Final = timedelta(seconds=3)  # the same facts may still be on their way through AMI
LONGEST_RECORD_BYTES: Final = 64 * 1024  # an unclosed quote may not swallow more
ROWS_AT_ONCE: Final = 100  # whoever waits for the interpreter meanwhile is a caller
_SAID_BEFORE: Final = b'"CHAN_END",'  # a quarter of all lines; the same channel's HANGUP has told it

_log = get_logger(__name__)
_Key = tuple[str, str, datetime, int]
_COLUMNS: Final = tuple(field.name for field in fields(CelEvent))
_values = attrgetter(*_COLUMNS)
_EVENTS: Final = Base.metadata.tables[CelRow.__tablename__]
_CURSORS: Final = Base.metadata.tables[CelCursorRow.__tablename__]


@dataclass(frozen=True, slots=True)
class _Portion:
    """Whole records, and where the next ones begin. `is_anew`: from the start of a file, so rows may be known."""

    records: tuple[Record, ...]
    next: Place
    is_anew: bool


class CelReader:
    """The place in the file moves in the same transaction as the rows. A rotated file is read to its end under its new
    name before the new one is begun; a truncated one is read from its start, known rows are not doubled."""

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database
        self._place: Place | None = None  # none: as the database says
        self._held = HeldRecords()

    async def read_new(
        self,
        now: datetime,
        *,
        since: datetime | None = None,
        saw_whole: Callable[[str], bool] = lambda _: False,
    ) -> int:
        """Store the whole records that came since the last time, but for calls that were heard whole; `since`: from when on
        the PBX was heard. Returns how many were new."""
        total = 0
        place, self._place = self._place, None
        is_first = place is None
        if place is None:
            self._held.clear()
            place = await self._database.read(self._stored_place)
        while (portion := await asyncio.to_thread(_read_portion, self._path, place)) is not None:
            place = portion.next
            lines = self._held.sift(portion.records, since, saw_whole, now - GRACE, now)
            total += await self._keep(lines, place, is_anew=is_first or portion.is_anew)
        if self._held.first is not None and (
            lines := self._held.sift((), since, saw_whole, now - GRACE, now)
        ):
            total += await self._keep(lines, place, is_anew=is_first)
        self._place = place
        return total

    def _stored_place(self, connection: Connection) -> Place:
        row = connection.execute(_PLACE, {"path": str(self._path)}).one_or_none()
        return Place(0, 0) if row is None else Place(row.inode, row.offset)

    async def _keep(self, lines: Sequence[bytes], read_to: Place, *, is_anew: bool) -> int:
        parsed = await asyncio.to_thread(_parse_all, lines) if lines else []
        events = tuple(event for event in parsed if event is not None)
        if len(events) < len(parsed):
            _log.warning("lines of the CEL file not understood", lines=len(parsed) - len(events))
        place = self._held.first or read_to

        def store(connection: Connection) -> int:
            moved = upsert(connection, _CURSORS, "path", ("inode", "offset"))
            row = {"path": str(self._path), "inode": place.inode, "offset": place.offset}
            connection.execute(moved, row)
            return _store(connection, events, is_anew=is_anew) if events else 0

        return await self._database.write(store)


def _read_portion(path: Path, place: Place) -> _Portion | None:
    """None when there is nothing new."""
    inode, offset = place.inode, place.offset
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
    wanted = tuple(
        Record(line, Place(inode, offset + begin))
        for begin, line in records
        if line.strip() and not line.startswith(_SAID_BEFORE)
    )
    return _Portion(wanted, Place(inode, offset + used), is_anew=not offset)


def _whole_records(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """Records that end with a newline outside of quotes, each with its beginning, and their bytes. The last, unfinished one is left; one that
    never closes its quote is given up as a line."""
    records, begin, used = list[tuple[int, bytes]](), 0, 0
    while (end := data.find(b"\n", used)) >= 0:
        used = end + 1
        record = data[begin:used]
        if record.count(b'"') % 2 == 0 or len(record) > LONGEST_RECORD_BYTES:
            records.append((begin, record))
            begin = used
    if not records and len(data) >= PORTION_BYTES:
        return [(0, data)], len(data)
    return records, begin


def _parse_all(records: Sequence[bytes]) -> list[CelEvent | None]:
    """Together; one by one when that does not give a row for each record."""
    text = b"".join(records).decode("utf-8", errors="replace")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=False))
    except csv.Error:
        rows = []
    if len(rows) != len(records):
        return [_parse(record) for record in records]
    return [read_line(row) for row in rows]


def _parse(record: bytes) -> CelEvent | None:
    text = record.decode("utf-8", errors="replace")
    try:
        rows = list(csv.reader([text], strict=False))
    except csv.Error:
        return None
    return read_line(rows[0]) if len(rows) == 1 else None


def _store(connection: Connection, events: tuple[CelEvent, ...], *, is_anew: bool) -> int:
    """Equal events of one instant are told apart by their order in the file."""
    seen: Counter[tuple[str, str, datetime]] = Counter()
    rows: list[dict[str, Any]] = []
    known = _known(connection, events) if is_anew else frozenset[_Key]()
    for event in events:
        same = (event.uniqueid, event.event_type, event.at)
        if (*same, seen[same]) not in known:
            row = dict(zip(_COLUMNS, _values(event), strict=True))
            rows.append(row | {"ordinal": seen[same], "is_settled": False})
        seen[same] += 1
    insert = unless_exists(connection, _EVENTS)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(insert, rows[start : start + ROWS_AT_ONCE])
    return len(rows)


def _known(connection: Connection, events: tuple[CelEvent, ...]) -> frozenset[_Key]:
    uniqueids = sorted({event.uniqueid for event in events})
    known: set[_Key] = set()
    for start in range(0, len(uniqueids), 500):
        found = connection.execute(_KNOWN, {"names": uniqueids[start : start + 500]})
        known |= {(uniqueid, kind, at, ordinal) for uniqueid, kind, at, ordinal in found}
    return frozenset(known)


_PLACE: Final = select(_CURSORS.c.inode, _CURSORS.c.offset).where(_CURSORS.c.path == bindparam("path"))
_KNOWN: Final = select(_EVENTS.c.uniqueid, _EVENTS.c.event_type, _EVENTS.c.at, _EVENTS.c.ordinal).where(
    _EVENTS.c.uniqueid.in_(bindparam("names", expanding=True))
)
