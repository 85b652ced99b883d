"""Use cases: files on an order. Only who may see the order's own card reads them; they are put away, never rewritten."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope, shown_numbers
from callcore.customers.queries import customers_by_id
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import Viewer
from callcore.orders.changing import note_change, order_to_change
from callcore.orders.desk_tables import OrderFileRow
from callcore.orders.file_kinds import FileKind, read_kind
from callcore.orders.file_store import FileStore, StoredFile
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderEventKind
from callcore.orders.rights import order_reach
from callcore.orders.tables import OrderRow

MAX_FILES: Final = 100


@dataclass(frozen=True, slots=True)
class Upload:
    """`file` stands anywhere; it is read from its beginning."""

    name: str
    file: IO[bytes]
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    path: Path
    name: str
    media_type: str


class OrderFiles:
    def __init__(self, database: Database, clock: Clock, store: FileStore) -> None:
        self._database = database
        self._clock = clock
        self._store = store

    async def attach(self, viewer: Viewer, number: int, upload: Upload) -> bool:
        """The bytes first, the row after: a row always has its file. False when this very file is on the order already.
        Raises NotFound, Forbidden, Invalid (field file), OSError."""
        await self._check_reach(viewer, number)
        kind = await asyncio.to_thread(read_kind, upload.name, upload.file)
        stored = await self._store.keep(upload.file)
        now = self._clock.now()
        async with self._database.transaction() as session:
            order = await order_to_change(session, viewer, number, now=now, is_running=False)
            if not await _has_room(session, order, stored, kind):
                return False
            row = _row(order, stored, kind, upload, viewer, now)
            session.add(row)
            await session.flush()
            await note_change(
                session,
                viewer,
                order,
                OrderEventKind.FILE,
                now=now,
                text=kind.name,
                file_id=row.id,
                is_public=upload.is_public,
            )
        return True

    async def read(self, viewer: Viewer, number: int, file_id: int) -> Download:
        """Raises NotFound: also for who sees the order only because it is offered to him."""
        async with self._database.session() as session:
            reach = await order_reach(session, viewer, self._clock.now())
            found = await session.execute(
                select(OrderFileRow, OrderRow.customer_id)
                .join(OrderRow, OrderRow.id == OrderFileRow.order_id)
                .where(
                    OrderFileRow.id == file_id,
                    OrderRow.number == number,
                    reach.own(),
                    OrderFileRow.deleted_at.is_(None),
                )
            )
            one = found.one_or_none()
            if one is None:
                raise NotFound("file-not-found")
            row: OrderFileRow = one[0]
            name = await _told_name(session, reach.scope, row.name, one[1])
        return Download(await self._store.path(row.sha256), name, row.media_type)

    async def remove(self, viewer: Viewer, number: int, file_id: int) -> None:
        """The bytes stay: other orders may hold them. Raises NotFound, Forbidden."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            order = await order_to_change(session, viewer, number, now=now, is_running=False)
            row = await session.get(OrderFileRow, file_id)
            if row is None or row.order_id != order.id or row.deleted_at is not None:
                raise NotFound("file-not-found")
            row.deleted_at = now
            await note_change(
                session,
                viewer,
                order,
                OrderEventKind.FILE,
                now=now,
                field="file-removed",
                text=row.name,
                file_id=row.id,
            )

    async def restore(self, viewer: Viewer, number: int, file_id: int) -> None:
        """Undo of `remove`. Raises NotFound, Forbidden."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            order = await order_to_change(session, viewer, number, now=now, is_running=False)
            row = await session.get(OrderFileRow, file_id)
            if row is None or row.order_id != order.id:
                raise NotFound("file-not-found")
            if row.deleted_at is None:
                return
            row.deleted_at = None
            await note_change(
                session, viewer, order, OrderEventKind.FILE, now=now, text=row.name, file_id=row.id
            )

    async def _check_reach(self, viewer: Viewer, number: int) -> None:
        """Before a byte is kept."""
        async with self._database.session() as session:
            reach = await order_reach(session, viewer, self._clock.now())
            found = await session.scalar(select(OrderRow.id).where(OrderRow.number == number, reach.own()))
        if found is None:
            raise NotFound("order-not-found")


async def _told_name(session: AsyncSession, scope: Scope, name: str, customer_id: int) -> str:
    """A file may be named by the number that is hidden."""
    customer = (await customers_by_id(session, [customer_id]))[customer_id]
    shown = await shown_numbers(session, scope, [customer.phone])
    is_hidden = customer.phone and customer.phone not in shown
    return without_numbers(name, [customer.phone]) if is_hidden else name


async def _has_room(session: AsyncSession, order: OrderRow, stored: StoredFile, kind: FileKind) -> bool:
    own = (OrderFileRow.order_id == order.id, OrderFileRow.deleted_at.is_(None))
    count = await session.scalar(select(func.count()).select_from(OrderFileRow).where(*own))
    if (count or 0) >= MAX_FILES:
        raise Invalid("files-too-many", fields={"file": f"at most {MAX_FILES}"})
    twin = select(OrderFileRow.id).where(
        *own, OrderFileRow.sha256 == stored.sha256, OrderFileRow.name == kind.name
    )
    return await session.scalar(twin) is None


def _row(
    order: OrderRow, stored: StoredFile, kind: FileKind, upload: Upload, viewer: Viewer, now: datetime
) -> OrderFileRow:
    return OrderFileRow(
        order_id=order.id,
        sha256=stored.sha256,
        name=kind.name,
        size=stored.size,
        media_type=kind.media_type,
        is_public=upload.is_public,
        user_id=viewer.user_id,
        at=now,
        deleted_at=None,
    )
