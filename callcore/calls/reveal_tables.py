"""Mapping of numbers that were opened to a dealer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import callcore.calls.tables  # noqa: F401 - with what it refers to
from callcore.kernel.database import Base, BigId


class PhoneRevealRow(Base):
    """From this call on a dealer sees the customer's number of this order."""

    __tablename__ = "phone_reveals"
    __table_args__ = (
        UniqueConstraint("order_id", "org_id"),
        Index("ix_phone_reveals_number", "number", "org_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId)  # orders stand above calls
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    number: Mapped[str]
    call_id: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
