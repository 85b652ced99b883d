"""Windows of orders as rows: who sees an order from when on, until they are closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, case, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.pipeline import Word, is_far
from callcore.kernel.database import insert_rows, insert_unless_exists
from callcore.kernel.outbox import OutboxRow
from callcore.orders.desk_tables import OrderWindowRow

DECLINED, ACCEPTED, WITHDRAWN = "declined", "accepted", "withdrawn"
AVAILABLE = "order:available"


@dataclass(frozen=True, slots=True)
class Window:
    """`stage` is StageKind or one of the words of pipeline.py."""

    org_id: int
    stage: str
    opens_at: datetime


async def open_windows(
    session: AsyncSession, order_id: int, run: int, windows: Sequence[Window], *, now: datetime
) -> None:
    """The rows, and for each the news that falls due when it opens."""
    rows = [
        {
            "order_id": order_id,
            "run": run,
            "org_id": window.org_id,
            "stage": str(window.stage),
            "opens_at": window.opens_at,
        }
        for window in windows
    ]
    await insert_rows(session, OrderWindowRow, rows)
    news = [_news(order_id, run, one, now) for one in windows if not is_far(one.opens_at, now)]
    await insert_rows(session, OutboxRow, news)  # what opens only after a refusal is told of then


def _news(order_id: int, run: int, window: Window, now: datetime) -> dict[str, Any]:
    return {
        "topic": AVAILABLE,
        "data": {"order_id": order_id, "org_id": window.org_id, "stage": str(window.stage)},
        "made_at": now,
        "due_at": window.opens_at,
        "dedupe_key": _key(order_id, run, window.org_id),
    }


def _key(order_id: int, run: int, org_id: int) -> str:
    return f"order:available:{order_id}:{run}:{org_id}"


async def close_windows(session: AsyncSession, order_id: int, *, now: datetime) -> None:
    """All that are open, in every run."""
    _ = await session.execute(
        update(OrderWindowRow)
        .where(OrderWindowRow.order_id == order_id, OrderWindowRow.closed_at.is_(None))
        .values(closed_at=now, close_cause=WITHDRAWN)
        .execution_options(synchronize_session=False)
    )


async def close_window(
    session: AsyncSession, order_id: int, run: int, org_id: int, *, cause: str, now: datetime
) -> bool:
    """One that is open and has opened; tells whether there was such. The order is locked."""
    closed = await session.execute(
        update(OrderWindowRow)
        .where(
            OrderWindowRow.order_id == order_id,
            OrderWindowRow.run == run,
            OrderWindowRow.org_id == org_id,
            OrderWindowRow.closed_at.is_(None),
            OrderWindowRow.opens_at <= now,
        )
        .values(closed_at=now, close_cause=cause)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", closed).rowcount == 1


async def withdraw(session: AsyncSession, order_id: int, org_id: int, *, now: datetime) -> bool:
    """Of one dealer, open or still to come; tells whether there was such. The order is locked."""
    closed = await session.execute(
        update(OrderWindowRow)
        .where(
            OrderWindowRow.order_id == order_id,
            OrderWindowRow.org_id == org_id,
            OrderWindowRow.closed_at.is_(None),
        )
        .values(closed_at=now, close_cause=WITHDRAWN)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", closed).rowcount > 0


async def take_windows(session: AsyncSession, order_id: int, org_id: int, *, now: datetime) -> dict[int, str]:
    """The winner's is accepted, the others are withdrawn. Dealers and stages of those that were open until now: without
    the winner's own, somebody has closed it meanwhile."""
    cause = case((OrderWindowRow.org_id == org_id, ACCEPTED), else_=WITHDRAWN)
    rows = await session.execute(
        update(OrderWindowRow)
        .where(OrderWindowRow.order_id == order_id, OrderWindowRow.closed_at.is_(None))
        .values(closed_at=now, close_cause=cause)
        .returning(OrderWindowRow.org_id, OrderWindowRow.stage)
        .execution_options(synchronize_session=False)
    )
    return {row[0]: row[1] for row in rows}


async def run_windows(session: AsyncSession, order_id: int, run: int) -> list[OrderWindowRow]:
    """In the order of opening."""
    rows = await session.scalars(
        select(OrderWindowRow)
        .where(OrderWindowRow.order_id == order_id, OrderWindowRow.run == run)
        .order_by(OrderWindowRow.opens_at, OrderWindowRow.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def open_early(session: AsyncSession, order_id: int, run: int, *, now: datetime) -> bool:
    """When everybody of the newest open stage has refused, the next one opens now and those behind it as much earlier.
    False when nobody is left who sees the order or ever will. The order is locked."""
    windows = [one for one in await run_windows(session, order_id, run) if one.stage != Word.DESK]
    opened = [one for one in windows if one.opens_at <= now]
    coming = [one for one in windows if one.opens_at > now and one.closed_at is None]
    newest = max((one.opens_at for one in opened), default=now)
    if any(one.closed_at is None for one in opened if one.opens_at == newest):
        return True
    if not coming:
        return any(one.closed_at is None for one in opened)
    earlier = coming[0].opens_at - now
    for window in coming:
        window.opens_at -= earlier
    await session.flush()
    for window in coming:
        if not is_far(window.opens_at, now):
            await _tell_earlier(
                session, order_id, run, Window(window.org_id, window.stage, window.opens_at), now
            )
    return True


async def _tell_earlier(
    session: AsyncSession, order_id: int, run: int, window: Window, now: datetime
) -> None:
    """Moves what is not told yet, or writes what was not to be told before somebody refused."""
    if await insert_unless_exists(session, OutboxRow, **_news(order_id, run, window, now)):
        return
    _ = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.dedupe_key == _key(order_id, run, window.org_id), OutboxRow.done_at.is_(None))
        .values(due_at=window.opens_at)
        .execution_options(synchronize_session=False)
    )
