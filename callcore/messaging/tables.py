"""Mapping of messages to people: the inbox on the site, letters on their way."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
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
    """One message over one channel to one address. `state` is rules.LetterState. `due_at` is the next try or the end of
    a lease. `sender` is who carried it (smtp, twilio, …) and `sender_id` its own name of the message, by which news of
    delivery come. `is_ad`: sent only with the customer's consent. `order_id` and `customer_id` tell what it belongs to."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_deliveries_state", "state", "due_at"),
        Index("ix_deliveries_order_id", "order_id"),
        Index("ix_deliveries_customer_id", "customer_id"),
        Index("ix_deliveries_org_id", "org_id", "made_at"),
        Index("ix_deliveries_sender_id", "sender", "sender_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str]  # email, sms
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
    sender: Mapped[str] = mapped_column(default="", server_default="")
    sender_id: Mapped[str] = mapped_column(default="", server_default="")
    delivered_at: Mapped[datetime | None]
    is_ad: Mapped[bool] = mapped_column(default=False, server_default=false())
    event: Mapped[str] = mapped_column(default="", server_default="")
    order_id: Mapped[int | None] = mapped_column(BigId)
    customer_id: Mapped[int | None] = mapped_column(BigId)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    html: Mapped[str] = mapped_column(default="", server_default="")


class NotifyRuleRow(Base):
    """A cell of the matrix event x recipient x channel that somebody set; what is not here is as events.MATRIX says.
    `org_id` and `user_id` empty: for the whole network; `org_id`: that dealer's choice; `user_id`: a person's own."""

    __tablename__ = "notify_rules"
    __table_args__ = (Index("ix_notify_rules_event", "event"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    event: Mapped[str]
    recipient: Mapped[str]
    channel: Mapped[str]
    is_on: Mapped[bool]
    scope_key: Mapped[str] = mapped_column(unique=True)  # net|org:<id>|user:<id>:event:recipient:channel


class TemplateRow(Base):
    """The words of a message, over those that are built in."""

    __tablename__ = "message_templates"
    __table_args__ = (UniqueConstraint("event", "recipient", "channel"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event: Mapped[str]
    recipient: Mapped[str]
    channel: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class SurveyRow(Base):
    """One question to the customer of a closed order; asked once a cycle. `score` 1 to 5 when answered."""

    __tablename__ = "surveys"
    __table_args__ = (UniqueConstraint("order_id", "cycle"), UniqueConstraint("token_hash"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId)
    cycle: Mapped[int]
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    token_hash: Mapped[str]
    result: Mapped[str]  # done, failed: the question differs
    made_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    score: Mapped[int | None]
    text: Mapped[str] = mapped_column(default="")


class FeedbackRow(Base):
    """A review or a complaint of a customer. `state`: new, shown, hidden (reviews); new, working, closed (complaints)."""

    __tablename__ = "feedback"
    __table_args__ = (
        CheckConstraint("kind IN ('review', 'complaint')", name="kind"),
        Index("ix_feedback_org_id", "org_id", "at"),
        Index("ix_feedback_order_id", "order_id"),
        Index("ix_feedback_state", "kind", "state", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    order_id: Mapped[int] = mapped_column(BigId)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    customer_id: Mapped[int | None] = mapped_column(BigId)
    score: Mapped[int | None]
    text: Mapped[str]
    state: Mapped[str] = mapped_column(default="new")
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
