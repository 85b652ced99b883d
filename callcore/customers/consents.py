"""Use cases and reading: what a customer has agreed to, provably (152-ФЗ, 38-ФЗ). All run in the caller's transaction.

A consent names the text that was shown, where and when it was given and from which address. Nothing is overwritten: a
refusal closes what was in force, and a refusal of what was never given is kept as well.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.tables import ConsentRow
from callcore.kernel import audit


class ConsentKind(StrEnum):
    PERSONAL_DATA = "pd"
    ADS = "ads"
    CALLS = "calls"  # automatic calls


@dataclass(frozen=True, slots=True)
class ConsentView:
    """`revoked_at` equal to `at`: refused without an earlier consent."""

    id: int
    kind: ConsentKind
    text_version: str
    source: str
    ip: str
    at: datetime
    revoked_at: datetime | None
    revoke_source: str

    @property
    def is_in_force(self) -> bool:
        return self.revoked_at is None


async def give_consent(
    session: AsyncSession,
    customer_id: int,
    kind: ConsentKind,
    *,
    at: datetime,
    source: str,
    text_version: str = "",
    ip: str = "",
    actor_id: int | None = None,
) -> bool:
    """False when the same text is agreed to already. `source` is site, phone, api or link; `actor_id` who wrote it down,
    None for the customer himself."""
    known = await session.scalar(
        select(ConsentRow.id)
        .where(ConsentRow.customer_id == customer_id, ConsentRow.kind == kind.value)
        .where(ConsentRow.revoked_at.is_(None), ConsentRow.text_version == text_version)
        .limit(1)
    )
    if known is not None:
        return False
    row = ConsentRow(
        customer_id=customer_id, kind=kind.value, text_version=text_version, source=source, ip=ip, at=at
    )
    session.add(row)
    audit.record(
        session,
        at=at,
        actor_id=actor_id,
        action="consent:given",
        entity="customer",
        entity_id=customer_id,
        ip=ip,
        kind=kind.value,
        source=source,
        text_version=text_version,
    )
    return True


async def revoke_consent(
    session: AsyncSession,
    customer_id: int,
    kind: ConsentKind,
    *,
    at: datetime,
    source: str,
    ip: str = "",
    actor_id: int | None = None,
) -> bool:
    """False when the last word was a refusal already."""
    last = await session.scalar(
        select(ConsentRow)
        .where(ConsentRow.customer_id == customer_id, ConsentRow.kind == kind.value)
        .order_by(ConsentRow.revoked_at.is_(None).desc(), ConsentRow.id.desc())
        .limit(1)
    )
    if last is not None and last.revoked_at is not None:
        return False
    if last is None:
        session.add(_refusal(customer_id, kind, source, ip, at))
    else:
        await session.execute(
            update(ConsentRow)
            .where(ConsentRow.customer_id == customer_id, ConsentRow.kind == kind.value)
            .where(ConsentRow.revoked_at.is_(None))
            .values(revoked_at=at, revoke_source=source)
        )
    audit.record(
        session,
        at=at,
        actor_id=actor_id,
        action="consent:revoked",
        entity="customer",
        entity_id=customer_id,
        ip=ip,
        kind=kind.value,
        source=source,
    )
    return True


def _refusal(customer_id: int, kind: ConsentKind, source: str, ip: str, at: datetime) -> ConsentRow:
    return ConsentRow(
        customer_id=customer_id,
        kind=kind.value,
        source=source,
        ip=ip,
        at=at,
        revoked_at=at,
        revoke_source=source,
    )


async def has_consent(session: AsyncSession, customer_id: int, kind: ConsentKind) -> bool:
    """In force now; asked right before something is sent."""
    found = await session.scalar(
        select(ConsentRow.id)
        .where(ConsentRow.customer_id == customer_id, ConsentRow.kind == kind.value)
        .where(ConsentRow.revoked_at.is_(None))
        .limit(1)
    )
    return found is not None


async def consents_of(session: AsyncSession, customer_id: int) -> tuple[ConsentView, ...]:
    """The whole history, newest first. The caller has checked that the viewer may know the customer."""
    rows = await session.scalars(
        select(ConsentRow).where(ConsentRow.customer_id == customer_id).order_by(ConsentRow.id.desc())
    )
    return tuple(
        ConsentView(
            id=row.id,
            kind=ConsentKind(row.kind),
            text_version=row.text_version,
            source=row.source,
            ip=row.ip,
            at=row.at,
            revoked_at=row.revoked_at,
            revoke_source=row.revoke_source,
        )
        for row in rows
    )
