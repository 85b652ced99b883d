"""Mapping of ways in besides a password: keys of the API, acting for another; and of what people set for themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import callcore.network.tables  # noqa: F401 - the tables that foreign keys point to
from callcore.kernel.database import Base, BigId


class ApiKeyRow(Base):
    """A key of the public API. Only the hash of its secret is stored; `prefix` is shown to tell keys apart. `scopes` are
    words (orders:write, orders:read). `org_id`: acts for that organisation and those below; the manufacturer's for all."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[str]
    scopes: Mapped[list[Any]]
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ImpersonationRow(Base):
    """A person of the factory acts as a dealer's person, with a reason, until `ended_at` or `until`."""

    __tablename__ = "impersonations"
    __table_args__ = (Index("ix_impersonations_started_at", "started_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))  # as whom
    reason: Mapped[str]
    started_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ip: Mapped[str] = mapped_column(default="")


class SettingRow(Base):
    """One group of settings that people change at run time; `value` is what its owner wrote as JSON."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class PreferenceRow(Base):
    """What one person chose for himself, on any device: columns of a list, rows on a page, a default view."""

    __tablename__ = "preferences"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
