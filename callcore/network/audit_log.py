"""Read side: who did what to which thing, for administrators and supervisors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.kernel.audit import AuditRow
from callcore.kernel.errors import Forbidden
from callcore.kernel.finding import contains_text
from callcore.network.model import Role, Viewer
from callcore.network.tables import UserRow

READERS: Final = frozenset({Role.ADMIN, Role.SUPERVISOR})
MAX_ROWS: Final = 5000  # of an export


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Every field narrows; empty ones do not. `person` is a part of a name or address, of who did it or for whom;
    `subject` the part of an action before its colon; `until` is not included."""

    person: str = ""
    subject: str = ""
    action: str = ""
    entity: str = ""
    entity_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`on_behalf` is the name of the person in whose place it was done. `data` as the use case wrote it."""

    id: int
    at: datetime
    actor_id: int | None
    actor: str
    on_behalf: str
    action: str
    entity: str
    entity_id: str
    ip: str
    data: Mapping[str, Any]


async def find_audit(
    session: AsyncSession, viewer: Viewer, wanted: AuditFilter, *, before: int | None = None, limit: int = 50
) -> tuple[AuditLine, ...]:
    """Newest first, those before the row `before`. Raises Forbidden."""
    if viewer.role not in READERS:
        raise Forbidden("not-audit-reader")
    actor, other = aliased(UserRow), aliased(UserRow)
    found = (
        select(AuditRow, actor.full_name, other.full_name)
        .outerjoin(actor, actor.id == AuditRow.actor_id)
        .outerjoin(other, other.id == AuditRow.on_behalf_id)
        .where(*_conditions(wanted))
        .order_by(AuditRow.id.desc())
        .limit(max(1, min(limit, MAX_ROWS)))
    )
    if before is not None:
        found = found.where(AuditRow.id < before)
    return tuple(
        AuditLine(
            id=row.id,
            at=row.at,
            actor_id=row.actor_id,
            actor=name or "",
            on_behalf=behalf or "",
            action=row.action,
            entity=row.entity,
            entity_id=row.entity_id,
            ip=row.ip,
            data=row.data,
        )
        for row, name, behalf in await session.execute(found)
    )


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.person:
        people = select(UserRow.id).where(
            or_(contains_text(UserRow.full_name, wanted.person), contains_text(UserRow.email, wanted.person))
        )
        conditions.append(or_(AuditRow.actor_id.in_(people), AuditRow.on_behalf_id.in_(people)))
    if wanted.subject:
        conditions.append(AuditRow.action.startswith(f"{wanted.subject}:", autoescape=True))
    if wanted.action:
        conditions.append(AuditRow.action == wanted.action)
    if wanted.entity:
        conditions.append(AuditRow.entity == wanted.entity)
    if wanted.entity_id:
        conditions.append(AuditRow.entity_id == wanted.entity_id)
    if wanted.since is not None:
        conditions.append(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditRow.at < wanted.until)
    return conditions
