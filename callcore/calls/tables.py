"""Mapping of calls. A call is one conversation from the customer's view; its key for the world is `call_id`."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

import callcore.customers.tables
import callcore.network.tables  # noqa: F401 - with the line above: the tables that foreign keys point to
from callcore.kernel.database import Base, BigId


class CallRow(Base):
    """One row of the journal.

    `state` is CallState, `result` CallResult (empty while alive). `caller_number` is E.164 or empty when the caller
    hides or sends nonsense; what came is kept in `caller_raw`. `org_id` and `outlet_id` are who talked, else who was tried
    first. Durations are whole seconds. `route` is a Rung: who carried the call. `warning` is a
    code such as unknown-did.
    """

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("call_id"),
        Index("ix_calls_started_at", "started_at", "id"),
        Index("ix_calls_org_id", "org_id", "started_at", "id"),
        Index("ix_calls_result", "result", "started_at", "id"),
        Index("ix_calls_caller_number", "caller_number", "started_at"),
        Index("ix_calls_customer_id", "customer_id", "started_at"),
        Index("ix_calls_order_id", "order_id", "started_at"),
        Index("ix_calls_region_code", "region_code", "started_at", "id"),
        Index("ix_calls_user_id", "user_id", "started_at"),
        Index("ix_calls_did_id", "did_id", "started_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[str]
    direction: Mapped[str]
    state: Mapped[str]
    result: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wait_s: Mapped[int] = mapped_column(default=0)
    talk_s: Mapped[int] = mapped_column(default=0)
    did_number: Mapped[str] = mapped_column(default="")  # as dialled, E.164 when it parses
    did_id: Mapped[int | None] = mapped_column(ForeignKey("dids.id"))
    caller_number: Mapped[str] = mapped_column(default="")
    caller_raw: Mapped[str] = mapped_column(default="")
    caller_name: Mapped[str] = mapped_column(default="")
    region_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    source: Mapped[str] = mapped_column(default="unknown")
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    outlet_id: Mapped[int | None] = mapped_column(ForeignKey("outlets.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    order_id: Mapped[int | None] = mapped_column(BigId)  # orders stand above calls and are not known here
    route: Mapped[str] = mapped_column(default="")
    warning: Mapped[str] = mapped_column(default="")
    is_transferred: Mapped[bool] = mapped_column(default=False)
    has_recording: Mapped[bool] = mapped_column(default=False)
    hangup_cause: Mapped[int | None]
    is_repaired: Mapped[bool] = mapped_column(default=False)  # written or corrected from CEL
    explanation: Mapped[dict[str, Any] | None]  # routing.model.Explanation as JSON


class LegRow(Base):
    """One channel in its role. Closed only by its own channel's hang-up."""

    __tablename__ = "call_legs"
    __table_args__ = (
        UniqueConstraint("uniqueid"),
        Index("ix_call_legs_call", "call_row_id"),
        Index("ix_call_legs_user_id", "user_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_row_id: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"))
    uniqueid: Mapped[str]
    channel: Mapped[str]
    role: Mapped[str]  # customer, outlet, operator, duty, other
    phone_id: Mapped[int | None]
    org_id: Mapped[int | None]
    outlet_id: Mapped[int | None]
    user_id: Mapped[int | None]
    step: Mapped[int | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]  # picked up
    bridged_at: Mapped[datetime | None]  # joined with the other side
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(
        default=""
    )  # talked, declined, busy, no_answer, cancelled, unavailable, failed
    hangup_cause: Mapped[int | None]


class LinkedidRow(Base):
    """The set of linkedids of a call; an index, never an identity."""

    __tablename__ = "call_linkedids"

    linkedid: Mapped[str] = mapped_column(primary_key=True)
    call_row_id: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), index=True)


class CallEventRow(Base):
    """What happened in a call, in order: tries, declines, fallback, recordings, anomalies. For the call's page."""

    __tablename__ = "call_events"
    __table_args__ = (Index("ix_call_events_call", "call_row_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_row_id: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class RecordingRow(Base):
    """One recording. `base` is the file name of the PBX without suffix; `path` the playable file relative to the
    recordings folder; `waveform` two lists of peaks 0..100 (customer, ours); further copies stand in recording_copies."""

    __tablename__ = "recordings"
    __table_args__ = (
        UniqueConstraint("base"),
        Index("ix_recordings_call", "call_row_id"),
        Index("ix_recordings_state", "state"),
        Index("ix_recordings_due_at", "due_at"),
        Index("ix_recordings_started_at", "started_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_row_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"))
    call_id: Mapped[str]
    kind: Mapped[str] = mapped_column(default="talk")  # talk, voicemail
    base: Mapped[str]
    state: Mapped[str]  # RecordingState: pending, processing, ready, failed, empty
    started_at: Mapped[datetime]
    path: Mapped[str] = mapped_column(default="")
    mime: Mapped[str] = mapped_column(default="")
    size_bytes: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(default="")
    duration_ms: Mapped[int] = mapped_column(default=0)
    is_truncated: Mapped[bool] = mapped_column(default=False)
    waveform: Mapped[dict[str, Any] | None]
    loudness_lufs: Mapped[float | None]  # of the source, before it was levelled
    silence_share: Mapped[float | None]  # 0..1: neither side speaks
    talk_share: Mapped[float | None]  # 0..1: our side's part of all speech
    paused_ms: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # not recorded on purpose
    paused_at: Mapped[datetime | None]  # since when it pauses right now
    deleted_at: Mapped[datetime | None]  # the files are gone, the row tells of them
    delete_reason: Mapped[str] = mapped_column(default="", server_default="")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[
        datetime | None
    ]  # end of a lease, next try, or next look at the call; none: nothing is owed
    error: Mapped[str] = mapped_column(default="")


class CelRow(Base):
    """The PBX's own record of a call, read from its file; `extra` is JSON text as it came."""

    __tablename__ = "cel_events"
    __table_args__ = (
        UniqueConstraint("uniqueid", "event_type", "at", "ordinal", name="uq_cel_events_event"),
        Index("ix_cel_events_linkedid", "linkedid"),
        Index("ix_cel_events_is_settled", "is_settled", "event_type"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_type: Mapped[str]
    at: Mapped[datetime]
    ordinal: Mapped[int] = mapped_column(default=0)  # tells apart equal rows of one instant
    uniqueid: Mapped[str]
    linkedid: Mapped[str]
    channel: Mapped[str]
    context: Mapped[str]
    extension: Mapped[str]
    application: Mapped[str]
    application_data: Mapped[str]
    caller_number: Mapped[str]
    caller_name: Mapped[str]
    peer: Mapped[str]
    extra: Mapped[str]
    call_id: Mapped[str] = mapped_column(default="")
    is_settled: Mapped[bool] = mapped_column(default=False)  # its call has been compared with the journal


class CelCursorRow(Base):
    """How far the CEL file has been read: identity of the file and byte offset."""

    __tablename__ = "cel_cursors"

    path: Mapped[str] = mapped_column(primary_key=True)
    inode: Mapped[int] = mapped_column(BigId)
    offset: Mapped[int] = mapped_column(BigId)
