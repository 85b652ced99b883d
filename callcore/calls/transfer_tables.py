"""Mapping of transfers: who handed a talk on, to whom, and what came of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import callcore.calls.tables  # noqa: F401 - with what it refers to
from callcore.kernel.database import Base, BigId


class TransferRow(Base):
    """One handing on inside a call; `ordinal` from 1 makes the chain. `kind` blind or attended; `means` phone (REFER),
    keys (feature code), desk. `to_kind`: person, outlet, duty, outside, unknown; `to_extension` what was dialled.
    `wait_s` until the target joined the customer, `talk_s` their talk. `result` TransferResult, empty while open.
    `returned_to` the user to whom an unanswered one came back."""

    __tablename__ = "call_transfers"
    __table_args__ = (
        UniqueConstraint("call_row_id", "ordinal"),
        Index("ix_call_transfers_at", "at", "id"),
        Index("ix_call_transfers_from_org_id", "from_org_id", "at"),
        Index("ix_call_transfers_to_org_id", "to_org_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_row_id: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str]
    means: Mapped[str] = mapped_column(default="phone")
    from_phone_id: Mapped[int | None]
    from_user_id: Mapped[int | None]
    from_outlet_id: Mapped[int | None]
    from_org_id: Mapped[int | None]
    to_kind: Mapped[str] = mapped_column(default="unknown")
    to_extension: Mapped[str] = mapped_column(default="")
    to_phone_id: Mapped[int | None]
    to_user_id: Mapped[int | None]
    to_outlet_id: Mapped[int | None]
    to_org_id: Mapped[int | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wait_s: Mapped[int] = mapped_column(default=0)
    talk_s: Mapped[int] = mapped_column(default=0)
    result: Mapped[str] = mapped_column(default="")
    returned_to: Mapped[int | None]
    is_repaired: Mapped[bool] = mapped_column(default=False)  # written or corrected from CEL
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
