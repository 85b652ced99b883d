"""Mapping of what the choice of a dealer rests on: policies by version, ledgers of points and quotas."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcore.kernel.database import Base, BigId


class PolicyRow(Base):
    """A named policy of calls or of orders (`scope`). The newest of its versions is in force; of each scope the policy
    with the smallest id is that of everything without one of its own."""

    __tablename__ = "policies"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    scope: Mapped[str] = mapped_column(default="calls", server_default="calls")  # calls, orders


class PolicyVersionRow(Base):
    """Append-only: a return to an older version is a new one with its body. `body` is that of policy.policy_to_json."""

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("policy_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    version: Mapped[int]
    made_at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(BigId)
    note: Mapped[str] = mapped_column(default="")
    body: Mapped[dict[str, Any]]


class PointsEntryRow(Base):
    """The rating of a dealer is the sum of these; OrgRow.points keeps it at hand. Never changed, never deleted.

    `kind` is ledger.PointsKind; `dedupe_key` names the cause (call:<call id>:missed:<org id>), so that one cause counts once.
    """

    __tablename__ = "points_entries"
    __table_args__ = (UniqueConstraint("dedupe_key"), Index("ix_points_entries_org_id", "org_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str]
    points: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")
    call_id: Mapped[str] = mapped_column(default="")
    order_id: Mapped[int | None] = mapped_column(BigId)  # orders stand above and are not known here
    cycle: Mapped[int] = mapped_column(default=1)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime]
    dedupe_key: Mapped[str]


class QuotaEntryRow(Base):
    """What counts against quotas: append-only. `scope` is calls or orders, `org_id` empty for the count of all that were
    distributed. `amount` is +1 for counted and given, -1 for released."""

    __tablename__ = "quota_entries"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        CheckConstraint("amount IN (-1, 1)", name="amount"),
        Index("ix_quota_entries_at", "policy_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    scope: Mapped[str]
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    amount: Mapped[int]
    call_id: Mapped[str] = mapped_column(default="")
    order_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime]
    dedupe_key: Mapped[str]
