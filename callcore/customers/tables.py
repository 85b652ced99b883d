"""Mapping of customers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcore.kernel.database import Base, BigId


class CustomerRow(Base):
    """A person or a company. `merged_into_id`: was the same as another and lives on there. `anonymised_at`: asked to be
    forgotten; the row stays for the books."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(default="")  # empty until somebody asks
    region_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(default="person", server_default="person")  # person, company
    inn: Mapped[str] = mapped_column(default="", server_default="")
    tags: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    anonymised_at: Mapped[datetime | None]


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


class ConsentRow(Base):
    """`kind`: pd (personal data), ads, calls (automatic calls). In force while `revoked_at` is empty. `text_version` is
    what was agreed to; `source` where (site, phone, api, link), with `ip` when there is one. A refusal without an
    earlier consent is a row whose `revoked_at` equals `at`."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_customer_id", "customer_id", "kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    text_version: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    ip: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_source: Mapped[str] = mapped_column(default="")


class CustomerMergeRow(Base):
    """Two were one. `moved` holds the ids of what moved to the kept one, so that it can be undone."""

    __tablename__ = "customer_merges"
    __table_args__ = (Index("ix_customer_merges_kept_id", "kept_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    merged_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    moved: Mapped[dict[str, Any]]


class CustomerClaimRow(Base):
    """A dealer works with this customer; others may not, until `until`. One at a time."""

    __tablename__ = "customer_claims"
    __table_args__ = (
        Index("ix_customer_claims_org_id", "org_id"),
        Index(
            "uq_customer_claims_open",
            "customer_id",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    until: Mapped[datetime]
    released_at: Mapped[datetime | None]
