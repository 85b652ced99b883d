"""What the list of orders asks for: each service opens its own session; rights are checked inside."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.bootstrap.order_bulk import OrderBulk
from callcore.calls.views import JournalChoices
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import TooMany
from callcore.network.model import Role, Viewer
from callcore.orders import saved_views
from callcore.orders.change_manager import Manager, managers_for
from callcore.orders.change_status import working_stages
from callcore.orders.changing import WORKERS
from callcore.orders.export_orders import note_export, piece_of, write_book
from callcore.orders.list_model import ListPage, ListRow, Owed, TabCount
from callcore.orders.list_queries import order_list, order_rows, owed_now, tab_counts
from callcore.orders.report import orders_report
from callcore.orders.report_model import Cut, OrdersReport, Span
from callcore.orders.saved_views import NewView
from callcore.orders.statuses import load_statuses
from callcore.orders.views import OrderCursor, OrderFilter
from web.orders.list_services import ListFrame, ListServices, StatusName, Table

EXPORT_WAIT_S: Final = 60.0
OFFERED_AGE: Final = timedelta(seconds=10)
OFFERED_KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class _Offered:
    at: datetime
    managers: tuple[Manager, ...]
    statuses: tuple[StatusName, ...]
    stages: tuple[StatusName, ...]


class OrderListReader:
    """Names follow the services. Files are made one after another: each keeps a core busy."""

    def __init__(
        self, database: Database, clock: Clock, choices: Callable[[Viewer], Awaitable[JournalChoices]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._choices = choices
        self._bulk = OrderBulk(database, clock)
        self._exports = asyncio.Semaphore(1)
        self._kept: dict[tuple[Role, str], _Offered] = {}

    def services(self) -> ListServices:
        return ListServices(
            page=self.page,
            rows=self.rows,
            tabs=self.tabs,
            owed=self.owed,
            choices=self._choices,
            frame=self.frame,
            choose_columns=self.choose_columns,
            choose_page_rows=self.choose_page_rows,
            choose_view=self.choose_view,
            save_view=self.save_view,
            delete_view=self.delete_view,
            assign=self._bulk.assign,
            lead=self._bulk.lead,
            move=self._bulk.move,
            undo=self._bulk.undo,
            export=self.export,
            report=self.report,
        )

    async def page(
        self, viewer: Viewer, wanted: OrderFilter, *, after: OrderCursor | None, limit: int
    ) -> ListPage:
        async with self._database.session() as session:
            now = self._clock.now()
            return await order_list(session, viewer, wanted, after=after, limit=limit, now=now)

    async def rows(
        self, viewer: Viewer, wanted: OrderFilter, numbers: Collection[int]
    ) -> tuple[ListRow, ...]:
        async with self._database.session() as session:
            return await order_rows(session, viewer, wanted, numbers, self._clock.now())

    async def tabs(self, viewer: Viewer) -> tuple[TabCount, ...]:
        async with self._database.session() as session:
            return await tab_counts(session, viewer, self._clock.now())

    async def owed(self, viewer: Viewer) -> Owed:
        async with self._database.session() as session:
            return await owed_now(session, viewer, self._clock.now())

    async def frame(self, viewer: Viewer) -> ListFrame:
        async with self._database.session() as session:
            offered = await self._offered(session, viewer)
            return ListFrame(
                choice=await saved_views.list_choice(session, viewer.user_id),
                views=await saved_views.views_of(session, viewer),
                managers=offered.managers,
                statuses=offered.statuses,
                stages=offered.stages if viewer.role in WORKERS else (),
            )

    async def _offered(self, session: AsyncSession, viewer: Viewer) -> _Offered:
        """What filters offer changes rarely; ten seconds old at most."""
        key, now = (viewer.role, viewer.org_path), self._clock.now()
        kept = self._kept.get(key)
        if kept is None or now - kept.at > OFFERED_AGE:
            book = await load_statuses(session)
            statuses = tuple(StatusName(one.code, one.name) for one in book.stages)
            stages = tuple(StatusName(one.code, one.name) for one in working_stages(book))
            kept = _Offered(now, await managers_for(session, viewer), statuses, stages)
            if len(self._kept) >= OFFERED_KEPT:
                self._kept.clear()
            self._kept[key] = kept
        return kept

    async def choose_columns(self, viewer: Viewer, codes: Sequence[str]) -> None:
        async with self._database.transaction() as session:
            await saved_views.choose_columns(session, viewer.user_id, codes)

    async def choose_page_rows(self, viewer: Viewer, page_rows: int) -> None:
        async with self._database.transaction() as session:
            await saved_views.choose_page_rows(session, viewer.user_id, page_rows)

    async def choose_view(self, viewer: Viewer, view_id: int) -> None:
        async with self._database.transaction() as session:
            await saved_views.choose_view(session, viewer, view_id)

    async def save_view(self, viewer: Viewer, new: NewView) -> int:
        async with self._database.transaction() as session:
            return await saved_views.save_view(session, viewer, new, now=self._clock.now())

    async def delete_view(self, viewer: Viewer, view_id: int) -> NewView:
        async with self._database.transaction() as session:
            return await saved_views.delete_view(session, viewer, view_id, now=self._clock.now())

    async def report(self, viewer: Viewer, span: Span, cut: Cut, org_id: int | None) -> OrdersReport:
        async with self._database.session() as session:
            return await orders_report(session, viewer, span, cut, self._clock.now(), org_id)

    async def export(self, viewer: Viewer, wanted: OrderFilter, table: Table, path: Path) -> int:
        now = self._clock.now()

        async def piece(
            after: OrderCursor | None, limit: int
        ) -> tuple[tuple[ListRow, ...], OrderCursor | None]:
            async with self._database.session() as session:
                return await piece_of(session, viewer, wanted, after, limit, now)

        try:
            async with asyncio.timeout(EXPORT_WAIT_S):
                _ = await self._exports.acquire()
        except TimeoutError:
            raise TooMany("export-busy", retry_after_s=60) from None
        try:
            count = await write_book(path, table.titles, table.cells, piece)
        finally:
            self._exports.release()
        async with self._database.transaction() as session:
            note_export(session, viewer, count=count, query=table.query, now=now)
        return count
