"""Mapping of calls that we make: one row a press, written before anything is dialled."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

import callcore.calls.task_tables  # noqa: F401 - with what it refers to
from callcore.kernel.database import Base, BigId


class AttemptRow(Base):
    """One call out. `call_id` is ours: ChannelId in the PBX, key of the call's row in the journal. `key` is the press:
    the same key is the same attempt. `open_key` names what may be called once at a time (order:12, number:+7…) while
    the attempt is open, and is empty of value after it. `kind` AttemptKind, `state` AttemptState, `result` AttemptResult
    (empty while open), `reason` a code for people. `phone_keys` are our phones, all rung at once; none: nobody of ours
    (the robot). `number` and `cli` are E.164. `whisper` is a sound. `data` holds what its owner needs again, and
    `cli_label`: how our number was signed then."""

    __tablename__ = "call_attempts"
    __table_args__ = (
        UniqueConstraint("call_id"),
        UniqueConstraint("key"),
        UniqueConstraint("open_key"),
        Index("ix_call_attempts_state", "state", "made_at"),
        Index("ix_call_attempts_order_id", "order_id", "made_at"),
        Index("ix_call_attempts_org_id", "org_id", "made_at"),
        Index("ix_call_attempts_user_id", "user_id", "made_at"),
        Index("ix_call_attempts_number", "number", "made_at"),
        Index("ix_call_attempts_owner", "kind", "owner_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[str]
    key: Mapped[str]
    open_key: Mapped[str | None]
    kind: Mapped[str]
    state: Mapped[str]
    result: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    number: Mapped[str]
    cli: Mapped[str]
    phone_keys: Mapped[list[Any]] = mapped_column(default=list)
    whisper: Mapped[str] = mapped_column(default="")
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # who pressed, or for whom
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    order_id: Mapped[int | None] = mapped_column(BigId)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"))
    owner_id: Mapped[int | None] = mapped_column(BigId)  # of a callback request or of a robot's call
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]  # the PBX was asked; set before the asking
    ours_at: Mapped[datetime | None]  # our side picked up
    dialled_at: Mapped[datetime | None]  # the outside number was dialled
    joined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    talk_s: Mapped[int] = mapped_column(default=0)
    cost_kopecks: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # what the carrier takes
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
