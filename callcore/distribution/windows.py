"""Windows of orders as rows: who sees an order from when on, until they are closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import outbox
from callcore.orders.desk_tables import OrderWindowRow


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
    if not windows:
        return
    _ = await session.execute(
        insert(OrderWindowRow),
        [
            {
                "order_id": order_id,
                "run": run,
                "org_id": window.org_id,
                "stage": window.stage,
                "opens_at": window.opens_at,
            }
            for window in windows
        ],
    )
    for window in windows:
        _ = await outbox.put(
            session,
            "order:available",
            at=now,
            due_at=window.opens_at,
            dedupe_key=f"order:available:{order_id}:{run}:{window.org_id}",
            order_id=order_id,
            org_id=window.org_id,
            stage=window.stage,
        )


async def close_windows(
    session: AsyncSession, order_id: int, *, now: datetime, taken_by: int | None = None
) -> None:
    """All that are open."""
    cause = (
        "withdrawn"
        if taken_by is None
        else case((OrderWindowRow.org_id == taken_by, "accepted"), else_="withdrawn")
    )
    _ = await session.execute(
        update(OrderWindowRow)
        .where(OrderWindowRow.order_id == order_id, OrderWindowRow.closed_at.is_(None))
        .values(closed_at=now, close_cause=cause)
        .execution_options(synchronize_session=False)
    )
