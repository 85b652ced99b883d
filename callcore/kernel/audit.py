"""Who did what to which thing: sign-ins, recording plays, reveals, changes of rights. Append-only."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, func, select
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


def newest(connection: Connection) -> int:
    """Grows with each change that a person makes; 0 when there was none."""
    return connection.scalar(_NEWEST) or 0


_NEWEST: Final = select(func.max(AuditRow.id))
