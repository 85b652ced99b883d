"""Mapping of orders."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

import callcore.catalog.tables
import callcore.customers.tables
import callcore.network.tables  # noqa: F401 - the three hold what the foreign keys below refer to
from callcore.kernel.database import Base, BigId


class OrderReasonRow(Base):
    """Why an order was refused, given back or not fulfilled. `kind`: decline, release, failed. `fault`: dealer, customer,
    none. Never deleted: history names it."""

    __tablename__ = "order_reasons"
    __table_args__ = (
        UniqueConstraint("kind", "title"),
        CheckConstraint("fault IN ('dealer', 'customer', 'none')", name="fault"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    fault: Mapped[str] = mapped_column(default="none")
    position: Mapped[int] = mapped_column(default=100)
    is_active: Mapped[bool] = mapped_column(default=True)


class OrderRow(Base):
    """An order or a request («обращение»). `status_class` is OrderClass and drives rules, `status` is the word shown.

    `total_kopecks` is the sum of the lines less `discount_kopecks`. `site_org_id`: whose own site it came from, empty for
    the head site. `offered_at` is t0 of its distribution, `run` counts distributions (0: never). `declined_at`: a dealer
    has refused it and nobody has taken it since. `contacted_at`: a contact with the customer is proven in this cycle.
    `attention_at`: from then on it is a problem (overdue, nobody took it, complaint); a closed one by a complaint only.
    `complained_at`: the customer's complaint that is not settled yet. `cycle` grows when it is reopened. `deleted_at`: shown to nobody but in the audit.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("public_id"),
        Index("ix_orders_created_at", "created_at", "id"),
        Index("ix_orders_org_id", "org_id", "created_at", "id"),
        Index("ix_orders_customer_id", "customer_id", "created_at"),
        Index("ix_orders_status_class", "status_class", "created_at", "id"),
        Index("ix_orders_status", "status", "created_at", "id"),
        Index("ix_orders_attention_at", "attention_at", "deleted_at", "created_at", "id"),
        Index("ix_orders_declined_at", "declined_at"),
        # the list: each tab is read from one of these, in its order; deleted orders stand in none
        *(
            Index(
                name,
                *columns,
                sqlite_where=text("deleted_at IS NULL"),
                postgresql_where=text("deleted_at IS NULL"),
            )
            for name, *columns in (
                ("ix_orders_listed_class", "status_class", "created_at", "id", "offered_at", "deleted_at"),
                ("ix_orders_listed_org", "org_id", "status_class", "created_at", "id", "deleted_at"),
                ("ix_orders_listed_manager", "manager_id", "status_class", "created_at", "id", "deleted_at"),
                ("ix_orders_listed_sum", "total_kopecks", "id", "deleted_at"),
            )
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int] = mapped_column(BigId)
    public_id: Mapped[str]
    kind: Mapped[str]  # OrderKind: order, request
    status: Mapped[str]
    status_class: Mapped[str]
    result: Mapped[str]  # running, done, failed
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    region_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    tz: Mapped[str]
    city: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    outlet_id: Mapped[int | None] = mapped_column(ForeignKey("outlets.id"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    did_id: Mapped[int | None] = mapped_column(ForeignKey("dids.id"))
    source: Mapped[str] = mapped_column(default="unknown")
    medium: Mapped[str] = mapped_column(default="unknown")
    campaign: Mapped[str] = mapped_column(default="")
    request_type: Mapped[str] = mapped_column(default="unknown")
    total_kopecks: Mapped[int] = mapped_column(BigId, default=0)
    version: Mapped[int] = mapped_column(default=1)
    channel: Mapped[str] = mapped_column(default="", server_default="")  # OrderChannel
    site_org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    cycle: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    offered_at: Mapped[datetime | None]
    run: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    declined_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    attention_at: Mapped[datetime | None]
    complained_at: Mapped[datetime | None]
    reason_id: Mapped[int | None] = mapped_column(ForeignKey("order_reasons.id"))
    close_note: Mapped[str] = mapped_column(default="", server_default="")
    earned_kopecks: Mapped[int | None] = mapped_column(BigId)
    points_override: Mapped[int | None]
    phone_policy: Mapped[str] = mapped_column(default="", server_default="")  # empty: the dealer's
    promo_code: Mapped[str] = mapped_column(default="", server_default="")
    discount_kopecks: Mapped[int] = mapped_column(BigId, default=0, server_default=text("0"))
    deleted_at: Mapped[datetime | None]


class OrderLineRow(Base):
    """A copy of the product at order time. `quantity_m` is thousandths, `price` roubles with four places. `service` is
    the code of a service (delivery, installation, …) for lines of that kind; `params` are words by name: {"цвет": "дуб"}.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        Index("ix_order_lines_order_id", "order_id"),
        Index("ix_order_lines_article", "article"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(default="goods")  # goods, service
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
    article: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    unit: Mapped[str] = mapped_column(default="шт")
    quantity_m: Mapped[int] = mapped_column(BigId)
    price: Mapped[Decimal] = mapped_column(Numeric(15, 4))
    total_kopecks: Mapped[int] = mapped_column(BigId)
    category: Mapped[str] = mapped_column(default="", server_default="")
    service: Mapped[str] = mapped_column(default="", server_default="")
    params: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))


class OrderEventRow(Base):
    """The timeline of an order, append-only. `kind` is OrderEventKind."""

    __tablename__ = "order_events"
    __table_args__ = (
        UniqueConstraint("order_id", "seq"),
        # one call stands on one order, once: linking a call again changes nothing
        Index(
            "uq_order_events_call",
            "call_id",
            unique=True,
            sqlite_where=text("kind = 'call'"),
            postgresql_where=text("kind = 'call'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    seq: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    call_id: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class OrderSequenceRow(Base):
    """The last number given to an order or a request. One row, `name` "order"; its lock makes the numbers gapless."""

    __tablename__ = "order_sequences"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigId)
