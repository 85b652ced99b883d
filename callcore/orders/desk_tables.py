"""Mapping of what stands around an order: who may see it and when, refusals, proofs, files, reasons, statuses, imports."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

import callcore.orders.tables  # noqa: F401 - the tables that foreign keys point to
from callcore.kernel.database import Base, BigId


class OrderWindowRow(Base):
    """From `opens_at` on this dealer sees this order, until it is closed for him (taken, refused, withdrawn, ended). One
    row for each candidate of a run; what nobody may take any more has `closed_at`. `stage` is StageKind."""

    __tablename__ = "order_windows"
    __table_args__ = (
        UniqueConstraint("order_id", "run", "org_id"),
        Index("ix_order_windows_org_id", "org_id", "closed_at", "opens_at", "order_id"),
        Index("ix_order_windows_opens_at", "opens_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    run: Mapped[int]
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    stage: Mapped[str]
    opens_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    close_cause: Mapped[str] = mapped_column(default="")  # accepted, declined, withdrawn


class OrderDecisionRow(Base):
    """Why these dealers, in this order: written once at t0 of a run. `body` is that of explanation to JSON."""

    __tablename__ = "order_decisions"
    __table_args__ = (UniqueConstraint("order_id", "run"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    run: Mapped[int]
    at: Mapped[datetime]
    policy_id: Mapped[int] = mapped_column(BigId)  # 0: the built-in one
    policy_version: Mapped[int]
    body: Mapped[dict[str, Any]]


class OrderDeclineRow(Base):
    """A dealer refused or gave back an order. Never changed. `kind`: declined (before acceptance), released (after)."""

    __tablename__ = "order_declines"
    __table_args__ = (
        Index("ix_order_declines_order_id", "order_id"),
        Index("ix_order_declines_org_id", "org_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    run: Mapped[int]
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(default="declined")
    reason_id: Mapped[int | None] = mapped_column(ForeignKey("order_reasons.id"))
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class OrderContactRow(Base):
    """A proven contact with the customer: `kind` call (both legs were bridged long enough) or manual (a manager of the
    factory vouches, with a reason)."""

    __tablename__ = "order_contacts"
    __table_args__ = (Index("ix_order_contacts_order_id", "order_id", "cycle"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    cycle: Mapped[int]
    kind: Mapped[str]
    call_id: Mapped[str] = mapped_column(default="")
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    talk_s: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    dedupe_key: Mapped[str] = mapped_column(
        unique=True
    )  # call:<call id>:<order id>, manual:<order id>:<cycle>


class OrderFileRow(Base):
    """A file on an order; its bytes lie in the store under their SHA-256 and are shared by equal files."""

    __tablename__ = "order_files"
    __table_args__ = (Index("ix_order_files_order_id", "order_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    sha256: Mapped[str]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigId)
    media_type: Mapped[str]
    is_public: Mapped[bool] = mapped_column(default=False)  # the customer may read it
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class OrderStatusRow(Base):
    """A stage of the pipeline as the administrator names it, over those that are built in (model.STATUSES). The class of
    a built-in code cannot change. `term_h`: hours it may take before it is a problem, none for no limit."""

    __tablename__ = "order_statuses"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    status_class: Mapped[str]
    result: Mapped[str] = mapped_column(default="running")
    position: Mapped[int] = mapped_column(default=100)
    term_h: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class PromoCodeRow(Base):
    """`kind` percent (value in hundredths of a per cent) or sum (kopecks). `org_id`: only on orders of that dealer and those below.
    `code` is stored in upper case."""

    __tablename__ = "promo_codes"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("kind IN ('percent', 'sum')", name="kind"),
        CheckConstraint("use_limit IS NULL OR used <= use_limit", name="not_overused"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    value: Mapped[int] = mapped_column(BigId)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    min_kopecks: Mapped[int] = mapped_column(BigId, default=0)
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    use_limit: Mapped[int | None]
    used: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())


class PromoUseRow(Base):
    """An order holds one code at most."""

    __tablename__ = "promo_uses"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("promo_codes.id"))
    discount_kopecks: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ImportJobRow(Base):
    """A table of orders from a file. `state`: preview, applied, undone. `sha256` is the file's: the same file is told of."""

    __tablename__ = "import_jobs"
    __table_args__ = (Index("ix_import_jobs_at", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(default="orders")
    file_name: Mapped[str]
    sha256: Mapped[str]
    state: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ImportRowRow(Base):
    """One row of the file as read; `error` says what is wrong with it, `order_id` what it became."""

    __tablename__ = "import_rows"
    __table_args__ = (UniqueConstraint("job_id", "line"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("import_jobs.id", ondelete="CASCADE"))
    line: Mapped[int]
    raw: Mapped[dict[str, Any]]
    error: Mapped[str] = mapped_column(default="")
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="SET NULL"))


class DealerServiceRow(Base):
    """A service that a dealer gives: code of orders.model.SERVICES. `price` roubles with four places, none for agreed."""

    __tablename__ = "dealer_services"

    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[Decimal | None] = mapped_column(Numeric(15, 4))


class OrderViewRow(Base):
    """A named view of the list: its conditions (the address's query) and columns. Shared ones are seen by all staff, or
    by the people of the owner's organisation when he is a dealer's."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("owner_id", "page", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    page: Mapped[str] = mapped_column(default="orders")
    name: Mapped[str]
    query: Mapped[str]
    columns: Mapped[list[Any]] = mapped_column(default=list)
    is_shared: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=100, server_default=text("100"))
