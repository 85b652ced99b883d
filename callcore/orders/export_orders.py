"""The list of orders as an XLSX file: read in pieces, written row by row, nothing in it that a viewer may not see."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from callcore.kernel.audit import record
from callcore.network.model import Viewer
from callcore.orders.list_conditions import conditions_of
from callcore.orders.list_model import MAX_EXPORT, ListRow
from callcore.orders.list_queries import rows_for_page
from callcore.orders.list_tabs import on_tab
from callcore.orders.rights import order_reach
from callcore.orders.views import OrderCursor, OrderFilter

PIECE: Final = 500
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
COLUMN_CHARS: Final = 22
MAX_CELL: Final = 32_000
_AS_WRITTEN: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
Value = str | int | float | None


class Pieces(Protocol):
    """Reads the next piece after a cursor: rows and the cursor of the following one."""

    async def __call__(
        self, after: OrderCursor | None, limit: int
    ) -> tuple[tuple[ListRow, ...], OrderCursor | None]: ...


async def piece_of(
    session: AsyncSession,
    viewer: Viewer,
    wanted: OrderFilter,
    after: OrderCursor | None,
    limit: int,
    now: datetime,
) -> tuple[tuple[ListRow, ...], OrderCursor | None]:
    reach = await order_reach(session, viewer, now)
    conditions = [on_tab(viewer, reach, wanted.tab), *conditions_of(reach.scope, wanted)]
    return await rows_for_page(session, viewer, reach, conditions, wanted, after, limit)


async def write_book(
    path: Path, titles: Sequence[str], cells: Callable[[ListRow], Sequence[Value]], pieces: Pieces
) -> int:
    """How many orders were written, MAX_EXPORT at most. Rows go to the disk as they come, outside the loop's thread. What
    `pieces` raises at its first call leaves nothing behind."""
    rows, after = await pieces(None, PIECE)
    book = Workbook(str(path), _AS_WRITTEN)
    try:
        sheet = _sheet(book, titles)
        written = 0
        while rows:
            await asyncio.to_thread(_write, sheet, written + 1, [cells(row) for row in rows])
            written += len(rows)
            if after is None or written >= MAX_EXPORT:
                break
            rows, after = await pieces(after, min(PIECE, MAX_EXPORT - written))
    finally:
        await asyncio.to_thread(book.close)
    return written


def _sheet(book: Workbook, titles: Sequence[str]) -> Worksheet:
    sheet = book.add_worksheet("Заказы")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(titles) - 1, COLUMN_CHARS)
    sheet.write_row(0, 0, titles, book.add_format({"bold": True}))
    return sheet


def note_export(session: AsyncSession, viewer: Viewer, *, count: int, query: str, now: datetime) -> None:
    record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="orders:exported",
        entity="orders",
        entity_id="list",
        count=count,
        query=query,
    )


def harmless(value: Value) -> Value:
    """What a person typed never becomes a formula, here or in what the file is saved as later."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write(sheet: Worksheet, first: int, rows: Sequence[Sequence[Value]]) -> None:
    for number, row in enumerate(rows, first):
        for column, value in enumerate(row):
            _ = sheet.write(number, column, _plain(value))


def _plain(value: Value) -> Value:
    """A cell holds no control characters and 32 767 of any at most."""
    safe = harmless(value)
    if isinstance(safe, str):
        return "".join(char for char in safe if char.isprintable() or char == "\n")[:MAX_CELL]
    return safe
