"""Mapping of callbacks, the robot, masked sessions, and who is never to be called by a machine."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import callcore.calls.attempt_tables
import callcore.orders.tables  # noqa: F401 - with the line above: the tables that foreign keys point to
from callcore.kernel.database import Base, BigId


class CallbackRow(Base):
    """Somebody asks to be called. `public_id` is the customer's key to look at it. `open_key` site and number while it is
    open: a second request refreshes the first. `state` CallbackState; `due_at` the next try in UTC, `tz` the customer's
    zone. `source`: widget, api, queue, operator. `lease_until` belongs to the worker that holds it. `assigned_at`: a person has
    said who calls: the person, the outlet, the dealer, and with none of these the operators."""

    __tablename__ = "callbacks"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("open_key"),
        Index("ix_callbacks_due", "state", "due_at"),
        Index("ix_callbacks_made_at", "made_at", "id"),
        Index("ix_callbacks_org_id", "org_id", "made_at"),
        Index("ix_callbacks_number", "number", "made_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str]
    open_key: Mapped[str | None]
    site: Mapped[str]
    number: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    source: Mapped[str]
    page: Mapped[str] = mapped_column(default="")
    medium: Mapped[str] = mapped_column(default="")
    campaign: Mapped[str] = mapped_column(default="")
    region_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    tz: Mapped[str]
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # who took it by hand
    outlet_id: Mapped[int | None] = mapped_column(ForeignKey("outlets.id"))
    assigned_at: Mapped[datetime | None]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"))
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    is_soon: Mapped[bool] = mapped_column(default=True)  # in 30 seconds, else at a chosen time
    made_at: Mapped[datetime]
    refreshed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ip_hash: Mapped[str] = mapped_column(default="")


class CallbackSiteRow(Base):
    """A site that may carry the widget. `key` stands in its script tag; `origins` are the addresses it may be asked from,
    none: any. `org_id` a dealer's own site. `seconds` of the promise on the button."""

    __tablename__ = "callback_sites"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str]
    title: Mapped[str]
    origins: Mapped[list[Any]] = mapped_column(default=list)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    did_id: Mapped[int | None] = mapped_column(ForeignKey("dids.id"))
    source: Mapped[str] = mapped_column(default="site")
    is_active: Mapped[bool] = mapped_column(default=True)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)  # texts and colours of the widget
    made_at: Mapped[datetime]


class RobotCallRow(Base):
    """The robot confirms one order (one row an order and cycle). `state` RobotState; `result` RobotResult once it is
    over; `keys` all keys that were pressed, by try; `attempts` dialled so far. `due_at` the next try."""

    __tablename__ = "robot_calls"
    __table_args__ = (
        UniqueConstraint("order_id", "cycle"),
        Index("ix_robot_calls_due", "state", "due_at"),
        Index("ix_robot_calls_made_at", "made_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    cycle: Mapped[int]
    state: Mapped[str]
    result: Mapped[str] = mapped_column(default="")
    keys: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    call_id: Mapped[str] = mapped_column(default="")  # of the newest try
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class DoNotCallRow(Base):
    """A number that no machine may call: key 9, or a person's word. `lifted_at` ends it."""

    __tablename__ = "do_not_call"
    __table_args__ = (Index("ix_do_not_call_number", "number", "lifted_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str]
    source: Mapped[str]  # robot, person, api
    reason: Mapped[str] = mapped_column(default="")
    call_id: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lift_reason: Mapped[str] = mapped_column(default="")


class VoicePhraseRow(Base):
    """A phrase that an administrator recorded instead of the synthesiser's: `name` is the phrase's name in the code; the
    newest one in force has an empty `replaced_at`."""

    __tablename__ = "voice_phrases"
    __table_args__ = (Index("ix_voice_phrases_name", "voice", "name", "replaced_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    voice: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str]
    file_name: Mapped[str]
    duration_ms: Mapped[int]
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    replaced_at: Mapped[datetime | None]


class MaskedSessionRow(Base):
    """This pair of numbers means this order until `expires_at`: a dealer's own telephone calls `did_number` and gets the
    customer; the customer who calls it gets this dealer's phone. `dealer_number` E.164 of an outside phone."""

    __tablename__ = "masked_sessions"
    __table_args__ = (
        UniqueConstraint("dealer_number", "did_number"),
        Index("ix_masked_sessions_customer", "customer_number", "did_number"),
        Index("ix_masked_sessions_expires_at", "expires_at"),
        Index("ix_masked_sessions_order_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dealer_number: Mapped[str]
    did_number: Mapped[str]
    customer_number: Mapped[str]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phones.id"))
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
