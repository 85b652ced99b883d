"""What the list of orders needs from below; bootstrap fills it. Every callable checks the viewer's rights itself."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from callcore.calls.views import JournalChoices
from callcore.network.model import Viewer
from callcore.orders.bulk import BulkResult
from callcore.orders.change_manager import Manager
from callcore.orders.list_model import ListPage, ListRow, Owed, TabCount
from callcore.orders.report_model import Cut, OrdersReport, Span
from callcore.orders.saved_views import ListChoice, NewView, SavedView
from callcore.orders.views import OrderCursor, OrderFilter, OrderPage

Value = str | int | float | None


class FindOrders(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: OrderFilter, *, after: OrderCursor | None, limit: int
    ) -> OrderPage: ...


class ReadList(Protocol):
    async def __call__(
        self, viewer: Viewer, wanted: OrderFilter, *, after: OrderCursor | None, limit: int
    ) -> ListPage: ...


@dataclass(frozen=True, slots=True)
class StatusName:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ListFrame:
    """What stands around the rows: how this person sees the list, what its filters offer; `stages` to which he may move
    orders, none for who only reads."""

    choice: ListChoice
    views: tuple[SavedView, ...]
    managers: tuple[Manager, ...]
    statuses: tuple[StatusName, ...]
    stages: tuple[StatusName, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """What an exported file shows: titles of columns and how a row fills them. `query` is told to the audit log."""

    titles: Sequence[str]
    cells: Callable[[ListRow], Sequence[Value]]
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListServices:
    """`page` and `rows` raise NotFound for a tab that this viewer has not; `rows` are those of the numbered orders that
    stand on the list now. `assign`, `lead` and `move` change many orders, each for itself; `undo` takes one of these back.
    `export` fills the file and tells how many orders are in it; it raises TooMany while another is being made.
    `report` may be of one dealer alone."""

    page: ReadList
    rows: Callable[[Viewer, OrderFilter, Collection[int]], Awaitable[tuple[ListRow, ...]]]
    tabs: Callable[[Viewer], Awaitable[tuple[TabCount, ...]]]
    owed: Callable[[Viewer], Awaitable[Owed]]
    choices: Callable[[Viewer], Awaitable[JournalChoices]]
    frame: Callable[[Viewer], Awaitable[ListFrame]]
    choose_columns: Callable[[Viewer, Sequence[str]], Awaitable[None]]
    choose_page_rows: Callable[[Viewer, int], Awaitable[None]]
    choose_view: Callable[[Viewer, int], Awaitable[None]]
    save_view: Callable[[Viewer, NewView], Awaitable[int]]
    delete_view: Callable[[Viewer, int], Awaitable[NewView]]
    assign: Callable[[Viewer, Sequence[int], int], Awaitable[BulkResult]]
    lead: Callable[[Viewer, Sequence[int], int], Awaitable[BulkResult]]
    move: Callable[[Viewer, Sequence[int], str], Awaitable[BulkResult]]
    undo: Callable[[Viewer, int], Awaitable[BulkResult]]
    export: Callable[[Viewer, OrderFilter, Table, Path], Awaitable[int]]
    report: Callable[[Viewer, Span, Cut, int | None], Awaitable[OrdersReport]]


SERVICES = web.AppKey("order_list_services", ListServices)
