"""Mapping of tasks that calls leave to people."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import callcore.calls.tables  # noqa: F401 - with what it refers to
from callcore.kernel.database import Base, BigId


class TaskRow(Base):
    """One thing to do. `kind` is tasks.TaskKind; `org_id` empty is the head office's; `user_id` empty is nobody's yet.
    Closed when `closed_at` is set, with `close_reason`. `dedupe_key` names the cause, so that one cause makes one task."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_tasks_open", "closed_at", "due_at"),
        Index("ix_tasks_org_id", "org_id", "due_at"),
        Index("ix_tasks_caller_number", "caller_number"),
        Index("ix_tasks_call_id", "call_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    call_id: Mapped[str] = mapped_column(default="")
    caller_number: Mapped[str] = mapped_column(default="")  # E.164 of whom to call back
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    order_id: Mapped[int | None] = mapped_column(BigId)
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str] = mapped_column(default="")
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    dedupe_key: Mapped[str]
