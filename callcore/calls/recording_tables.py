"""Mapping of how long recordings are kept, what may not be deleted, and what the nightly check found."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

import callcore.calls.tables  # noqa: F401 - with what it refers to
from callcore.kernel.database import Base, BigId


class RetentionRuleRow(Base):
    """The first rule by `position` that fits a recording says how many days it is kept. Empty conditions fit all:
    `org_id` with those below it, `did_id`, `direction`, `kind`, `result` of the call. `days` 0: for ever."""

    __tablename__ = "retention_rules"
    __table_args__ = (Index("ix_retention_rules_position", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    position: Mapped[int]
    title: Mapped[str]
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    did_id: Mapped[int | None] = mapped_column(ForeignKey("dids.id"))
    direction: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="")
    result: Mapped[str] = mapped_column(default="")
    days: Mapped[int]
    reason: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class RecordingHoldRow(Base):
    """Somebody forbade to delete a recording, with a reason; in force while `released_at` is empty."""

    __tablename__ = "recording_holds"
    __table_args__ = (
        Index(
            "uq_recording_holds_open",
            "recording_id",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    recording_id: Mapped[int] = mapped_column(ForeignKey("recordings.id"))
    reason: Mapped[str]
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    released_at: Mapped[datetime | None]
    released_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    release_reason: Mapped[str] = mapped_column(default="")


class RecordingCopyRow(Base):
    """One playable file of a recording in the store: `format` opus, mp3, wav; `path` is its key in the store `store`
    (local, s3)."""

    __tablename__ = "recording_copies"
    __table_args__ = (UniqueConstraint("recording_id", "format"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    recording_id: Mapped[int] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"))
    format: Mapped[str]
    store: Mapped[str]
    path: Mapped[str]
    mime: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigId)
    sha256: Mapped[str]
    at: Mapped[datetime]


class RecordingCheckRow(Base):
    """One comparison of rows and files, both ways; `body` lists what was found and what was done, by code."""

    __tablename__ = "recording_checks"
    __table_args__ = (Index("ix_recording_checks_at", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(default=0)
    files: Mapped[int] = mapped_column(default=0)
    problems: Mapped[int] = mapped_column(default=0)
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
