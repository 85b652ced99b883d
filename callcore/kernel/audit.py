"""Who did what to which thing: sign-ins, recording plays, reveals, changes of rights. Append-only."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcore.kernel.database import Base, BigId
from callcore.kernel.ids import ActingAs


class AuditRow(Base):
    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_entity", "entity", "entity_id"), Index("ix_audit_log_at", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(BigId)
    on_behalf_id: Mapped[int | None] = mapped_column(BigId)  # as whom the actor did it, if not as himself
    action: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[str]
    ip: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


def record(
    session: AsyncSession,
    *,
    at: datetime,
    actor_id: int | None,
    action: str,
    entity: str,
    entity_id: str | int,
    ip: str = "",
    **data: Any,
) -> None:
    """Add a row to the caller's transaction; `action` reads subject:verb, e.g. `recording:played`. Of one who acts in
    another's place both are written."""
    on_behalf_id = None
    if isinstance(actor_id, ActingAs):
        actor_id, on_behalf_id = actor_id.actor_id, int(actor_id)
    row = AuditRow(
        at=at,
        actor_id=actor_id,
        on_behalf_id=on_behalf_id,
        action=action,
        entity=entity,
        entity_id=str(entity_id),
        ip=ip,
        data=data,
    )
    session.add(row)


# Things by which no call is decided: their changes come by the hundred and concern nobody who watches the network.
ASIDE: Final = (
    "api_key",
    "audit",
    "call",
    "customer",
    "dealer_cost",
    "feedback",
    "import",
    "integration",
    "letter",
    "message_template",
    "notify_rules",
    "order",
    "order-policy",
    "order_reason",
    "order_status",
    "orders",
    "promo-code",
    "recording",
    "recordings",
    "retention_rule",
    "session",
    "task",
    "view",
)


def newest(connection: Connection, seen: int | None) -> tuple[int, bool]:
    """The number of the newest row, 0 for none, and whether a change of the network is among those after `seen`; always
    for None. Cheap while nothing happens."""
    last = connection.scalar(_NEWEST) or 0
    if seen is None or last <= seen:
        return last, seen is None
    return last, connection.scalar(_OF_NETWORK, {"seen": seen}) is not None


_NEWEST: Final = select(func.max(AuditRow.id))
_OF_NETWORK: Final = (
    select(AuditRow.id).where(AuditRow.id > bindparam("seen"), AuditRow.entity.not_in(ASIDE)).limit(1)
)
