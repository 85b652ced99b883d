"""Mapping of connections to programs from which leads are fetched, of the log of fetching, and of leads that were taken."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import callcore.orders.tables  # noqa: F401 - the tables that foreign keys point to
from callcore.kernel.database import Base, BigId


class IntegrationAccountRow(Base):
    """`secret` is sealed (kernel.seal). `source` and `site_org_id` are what its orders carry. `generation` grows when the
    address belongs to another base: external ids and `cursor` are of one generation. `due_at` of the schedule, None: only by
    the button. Who fetches holds `lease_key` until `lease_until`."""

    __tablename__ = "integration_accounts"
    __table_args__ = (UniqueConstraint("kind"), Index("ix_integration_accounts_due_at", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]  # leads
    address: Mapped[str]
    login: Mapped[str]
    secret: Mapped[str]
    secret_at: Mapped[datetime]
    is_on: Mapped[bool]
    every_minutes: Mapped[int]
    source: Mapped[str]
    site_org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    generation: Mapped[int] = mapped_column(default=1)
    cursor: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime | None]
    lease_key: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    version: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class IntegrationRunRow(Base):
    """One fetching. `state` RunState, `cause` RunCause, `trouble` Trouble or empty. `refusals`: [{"id", "fields"}], the
    first ones; `refused` counts all."""

    __tablename__ = "integration_runs"
    __table_args__ = (Index("ix_integration_runs_account_id", "account_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("integration_accounts.id", ondelete="CASCADE"))
    cause: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str]
    trouble: Mapped[str] = mapped_column(default="")
    taken: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[list[Any]] = mapped_column(default=list)
    has_more: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ExternalLeadRow(Base):
    """A lead that became an order, written in the transaction of the order: it is taken once. `run_id` of a run that may
    have left the log."""

    __tablename__ = "external_leads"
    __table_args__ = (
        UniqueConstraint("account_id", "generation", "external_id"),
        Index("ix_external_leads_run_id", "run_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("integration_accounts.id", ondelete="CASCADE"))
    generation: Mapped[int]
    external_id: Mapped[str]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="SET NULL"))
    run_id: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime]
