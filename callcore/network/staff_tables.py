"""Mapping of who is at work: shifts of the duty roster, pauses; and of how people and contacts come into the network."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

import callcore.network.tables  # noqa: F401 - the tables that foreign keys point to
from callcore.kernel.database import Base, BigId


class DutyShiftRow(Base):
    """Who answers when nobody else does, from `starts_at` until `ends_at` (not included). `phone_ids` are rung one after
    another; `tz` is the zone in which people set the times. Shifts do not overlap."""

    __tablename__ = "duty_shifts"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="not_empty"),
        Index("ix_duty_shifts_ends_at", "ends_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    tz: Mapped[str]
    phone_ids: Mapped[list[Any]]
    note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class PauseRow(Base):
    """A person takes no calls for a while. Open while `ended_at` is empty and `until`, if any, has not come."""

    __tablename__ = "pauses"
    __table_args__ = (
        Index("ix_pauses_user_id", "user_id", "started_at"),
        # a person has one open pause at most
        Index(
            "uq_pauses_open",
            "user_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    started_at: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class OrgPhoneRow(Base):
    """A number on a dealer's card, for people to read; the PBX rings PhoneRow."""

    __tablename__ = "organization_phones"
    __table_args__ = (UniqueConstraint("org_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    number: Mapped[str]  # E.164
    label: Mapped[str] = mapped_column(default="")


class InviteRow(Base):
    """A way in for one person, by a link. Only the hash of the link's secret is stored. `user_id` empty: whoever comes
    joins the organisation; set: that person chooses a new password."""

    __tablename__ = "invites"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_invites_org_id", "org_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str]
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    email: Mapped[str]
    role: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(BigId)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
