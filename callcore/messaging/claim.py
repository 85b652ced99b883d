"""Rows that several workers share: who takes a row puts its `due_at` beyond his lease, guarded by the value he saw.

On PostgreSQL SKIP LOCKED keeps workers out of each other's way; the guard alone decides, on both databases.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.outbox import OutboxRow
from callcore.messaging.tables import DeliveryRow

Claimed = TypeVar("Claimed", OutboxRow, DeliveryRow)


def is_any_due(
    connection: Connection, table: type[Any], is_open: Sequence[ColumnElement[bool]], now: datetime
) -> bool:
    """Is there anything to claim? Asked every moment, most often in vain: it costs one statement."""
    return (
        connection.execute(select(table.id).where(*is_open, table.due_at <= now).limit(1)).first() is not None
    )


async def claim(
    session: AsyncSession,
    table: type[Claimed],
    is_open: Sequence[ColumnElement[bool]],
    *,
    now: datetime,
    lease: timedelta,
    limit: int,
) -> list[Claimed]:
    """In the caller's transaction; the rows come back with `attempts` already counted and are his until `due_at`."""
    found = await session.scalars(
        select(table)
        .where(*is_open, table.due_at <= now)
        .order_by(table.due_at, table.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    mine = []
    for row in list(found):
        won = await session.execute(
            update(table)
            .where(table.id == row.id, *is_open, table.due_at == row.due_at)
            .values(due_at=now + lease, attempts=row.attempts + 1)
            .execution_options(synchronize_session=False)
        )
        if cast("CursorResult[Any]", won).rowcount == 1:
            await session.refresh(row)
            mine.append(row)
    return mine
