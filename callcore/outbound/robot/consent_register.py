"""Read side: who has agreed to automatic calls, and who has refused, with the proof of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.consents import ConsentKind
from callcore.customers.tables import ConsentRow, ContactRow, CustomerRow
from callcore.kernel.errors import Forbidden
from callcore.network.model import Viewer
from callcore.outbound.do_not_call import EDITORS

PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConsent:
    """`revoked_at` equal to `at`: refused without an earlier consent."""

    id: int
    customer_id: int
    name: str
    number: str
    at: datetime
    source: str
    text_version: str
    ip: str
    revoked_at: datetime | None
    revoke_source: str


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """`given` in force and `refused` of all, whatever is searched for."""

    items: tuple[CallConsent, ...]
    given: int
    refused: int
    next_before: int | None


async def call_consents(
    session: AsyncSession, viewer: Viewer, *, query: str = "", before: int | None = None
) -> ConsentPage:
    """Newest first. `query` digits of the number. Raises Forbidden."""
    if viewer.role not in EDITORS:
        raise Forbidden("not-editor")
    of_calls = ConsentRow.kind == ConsentKind.CALLS.value
    counts = await session.execute(
        select(ConsentRow.revoked_at.is_(None), func.count())
        .where(of_calls)
        .group_by(ConsentRow.revoked_at.is_(None))
    )
    known = {bool(is_given): int(count) for is_given, count in counts}
    number = (
        select(ContactRow.value)
        .where(ContactRow.customer_id == ConsentRow.customer_id, ContactRow.kind == "phone")
        .order_by(ContactRow.is_main.desc(), ContactRow.id)
        .limit(1)
        .scalar_subquery()
    )
    rows = (
        await session.execute(
            select(ConsentRow, CustomerRow.name, number)
            .join(CustomerRow, CustomerRow.id == ConsentRow.customer_id)
            .where(of_calls, *_narrowed(query, before))
            .order_by(ConsentRow.id.desc())
            .limit(PAGE + 1)
        )
    ).all()
    items = tuple(_consent(row, name, phone) for row, name, phone in rows[:PAGE])
    return ConsentPage(
        items, known.get(True, 0), known.get(False, 0), items[-1].id if len(rows) > PAGE else None
    )


def _narrowed(query: str, before: int | None) -> list[ColumnElement[bool]]:
    digits = "".join(char for char in query if char.isascii() and char.isdigit())[:15]
    found: list[ColumnElement[bool]] = []
    if digits:
        having = select(ContactRow.customer_id).where(
            ContactRow.kind == "phone", ContactRow.value.contains(digits)
        )
        found.append(ConsentRow.customer_id.in_(having))
    if before is not None:
        found.append(ConsentRow.id < before)
    return found


def _consent(row: ConsentRow, name: str, number: str | None) -> CallConsent:
    return CallConsent(
        id=row.id,
        customer_id=row.customer_id,
        name=name,
        number=number or "",
        at=row.at,
        source=row.source,
        text_version=row.text_version,
        ip=row.ip,
        revoked_at=row.revoked_at,
        revoke_source=row.revoke_source,
    )
