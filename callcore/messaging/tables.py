"""Mapping of messages to people: the inbox on the site, letters on their way."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import callcore.network.tables  # noqa: F401 - the tables that foreign keys point to
from callcore.kernel.database import Base, BigId


class NoticeRow(Base):
    """A message in the inbox of one person. `level` is info, warning or alarm; `url` a path of the site."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("user_id", "dedupe_key"),
        Index("ix_notices_user_id", "user_id", "read_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    topic: Mapped[str]
    level: Mapped[str]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    dedupe_key: Mapped[str]


class DeliveryRow(Base):
    """One message over one channel to one address. `state`: waiting, sent, dead. `due_at` is the next try or the end of
    a lease."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("dedupe_key"), Index("ix_deliveries_state", "state", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str]  # email
    address: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    dedupe_key: Mapped[str]
