"""Mapping of what dealers cost the manufacturer."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

import callcore.network.tables  # noqa: F401 - the tables that foreign keys point to
from callcore.kernel.database import Base, BigId


class DealerCostRow(Base):
    """One sum spent on a dealer in a month. `month` is its first day, `kind` costs.CostKind. `batch` names the file that brought
    it, empty for one that was typed. Never deleted: `removed_at` takes it out of the figures."""

    __tablename__ = "dealer_costs"
    __table_args__ = (
        Index("ix_dealer_costs_month", "month", "org_id"),
        Index("ix_dealer_costs_batch", "batch"),
        CheckConstraint("kopecks > 0", name="kopecks"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    month: Mapped[date]
    kind: Mapped[str]
    kopecks: Mapped[int] = mapped_column(BigId)
    note: Mapped[str] = mapped_column(default="")
    batch: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None]
