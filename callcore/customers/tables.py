"""Mapping of customers."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcore.kernel.database import Base, BigId


class CustomerRow(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(default="")  # empty until somebody asks
    region_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class ContactRow(Base):
    """A way to reach a customer; `kind` phone (E.164) or email (lower case). One value belongs to one customer."""

    __tablename__ = "customer_contacts"
    __table_args__ = (
        UniqueConstraint("kind", "value"),
        Index("ix_customer_contacts_customer_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    value: Mapped[str]
    is_main: Mapped[bool] = mapped_column(default=True)
