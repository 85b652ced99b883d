"""What has to be told outside, written in the transaction of the change itself; callcore.messaging sends it afterwards."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcore.kernel.database import Base, BigId, insert_unless_exists


class OutboxRow(Base):
    """A fact to be told. `topic` names it (duty:gap), `data` holds ids and words, never a masked number. Open while
    `done_at` is empty; `due_at` is the next try or the end of a lease."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("dedupe_key"), Index("ix_outbox_open", "done_at", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    topic: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    dedupe_key: Mapped[str]


async def put(
    session: AsyncSession,
    topic: str,
    *,
    at: datetime,
    dedupe_key: str,
    due_at: datetime | None = None,
    **data: Any,
) -> bool:
    """Add to the caller's transaction; False when this cause has been put before. Not told before `due_at`."""
    return await insert_unless_exists(
        session,
        OutboxRow,
        topic=topic,
        data=data,
        made_at=at,
        due_at=due_at or at,
        attempts=0,
        error="",
        done_at=None,
        dedupe_key=dedupe_key,
    )
