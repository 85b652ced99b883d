"""Use cases: the register of numbers that no machine may call. Key 9 puts a number there, or a person does; only a person
of the factory takes one off, with a reason. Nothing is deleted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.consents import ConsentKind, revoke_consent
from callcore.customers.tables import ConsentRow, ContactRow
from callcore.kernel import audit
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.kernel.phones import parse_phone
from callcore.network.model import Role, Viewer
from callcore.network.tables import UserRow
from callcore.outbound.tables import DoNotCallRow

EDITORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR})
MAX_REASON_CHARS: Final = 300
PAGE: Final = 50


class BarSource(StrEnum):
    """DoNotCallRow.source."""

    ROBOT = "robot"  # the customer pressed 9
    PERSON = "person"
    API = "api"


@dataclass(frozen=True, slots=True)
class BarredNumber:
    """`lifted_at` set: it may be called again."""

    id: int
    number: str
    source: str
    reason: str
    at: datetime
    author: str
    lifted_at: datetime | None
    lifted_by: str
    lift_reason: str


@dataclass(frozen=True, slots=True)
class BarredPage:
    items: tuple[BarredNumber, ...]
    total: int
    next_before: int | None


async def is_barred(session: AsyncSession, number: str, customer_id: int | None = None) -> bool:
    """On the register, or the customer's last word about automatic calls was a refusal."""
    found = await session.scalar(
        select(DoNotCallRow.id)
        .where(DoNotCallRow.number == number, DoNotCallRow.lifted_at.is_(None))
        .limit(1)
    )
    if found is not None or customer_id is None:
        return found is not None
    last = await session.scalar(
        select(ConsentRow)
        .where(ConsentRow.customer_id == customer_id, ConsentRow.kind == ConsentKind.CALLS.value)
        .order_by(ConsentRow.revoked_at.is_(None).desc(), ConsentRow.id.desc())
        .limit(1)
    )
    return last is not None and last.revoked_at is not None


async def bar_number(
    session: AsyncSession,
    number: str,
    source: BarSource,
    *,
    now: datetime,
    reason: str = "",
    call_id: str = "",
    customer_id: int | None = None,
    user_id: int | None = None,
) -> bool:
    """In the caller's transaction, with the customer's consent taken back; False when it stood there already."""
    if customer_id is not None:
        via = "phone" if source is BarSource.ROBOT else "operator"
        await revoke_consent(session, customer_id, ConsentKind.CALLS, at=now, source=via, actor_id=user_id)
    if await is_barred(session, number):
        return False
    row = DoNotCallRow(
        number=number, source=source.value, reason=reason, call_id=call_id, at=now, user_id=user_id
    )
    session.add(row)
    await session.flush()
    audit.record(
        session,
        at=now,
        actor_id=user_id,
        action="do-not-call:added",
        entity="do-not-call",
        entity_id=row.id,
        source=source.value,
        reason=reason,
    )
    return True


async def add_number(session: AsyncSession, viewer: Viewer, text: str, reason: str, *, now: datetime) -> None:
    """By a person. Raises Forbidden, Invalid (fields number, reason), Conflict("number-barred")."""
    _check(viewer)
    words = _checked(reason)
    parsed = parse_phone(text)
    if parsed is None:
        raise Invalid("number-wrong", fields={"number": "not-number"})
    customer_id = await session.scalar(
        select(ContactRow.customer_id).where(ContactRow.kind == "phone", ContactRow.value == parsed.e164)
    )
    if not await bar_number(
        session,
        parsed.e164,
        BarSource.PERSON,
        now=now,
        reason=words,
        customer_id=customer_id,
        user_id=viewer.user_id,
    ):
        raise Conflict("number-barred")


async def lift_number(
    session: AsyncSession, viewer: Viewer, row_id: int, reason: str, *, now: datetime
) -> None:
    """Raises Forbidden, NotFound (also for one that was lifted), Invalid (field reason). The consent stays refused: that
    is the customer's own word."""
    _check(viewer)
    words = _checked(reason)
    lifted = await session.scalar(
        update(DoNotCallRow)
        .where(DoNotCallRow.id == row_id, DoNotCallRow.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=viewer.user_id, lift_reason=words)
        .returning(DoNotCallRow.id)
    )
    if lifted is None:
        raise NotFound("number-not-barred")
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="do-not-call:lifted",
        entity="do-not-call",
        entity_id=row_id,
        reason=words,
    )


async def barred_numbers(
    session: AsyncSession, viewer: Viewer, *, query: str = "", before: int | None = None
) -> BarredPage:
    """Newest first, also those that were lifted. `query` digits of the number. Raises Forbidden."""
    _check(viewer)
    digits = "".join(char for char in query if char.isascii() and char.isdigit())[:15]
    wanted: list[ColumnElement[bool]] = [DoNotCallRow.number.contains(digits)] if digits else []
    total = await session.scalar(select(func.count()).select_from(DoNotCallRow).where(*wanted)) or 0
    if before is not None:
        wanted.append(DoNotCallRow.id < before)
    author, lifter = UserRow.__table__.alias("author"), UserRow.__table__.alias("lifter")
    rows = (
        await session.execute(
            select(DoNotCallRow, author.c.full_name, lifter.c.full_name)
            .outerjoin(author, author.c.id == DoNotCallRow.user_id)
            .outerjoin(lifter, lifter.c.id == DoNotCallRow.lifted_by)
            .where(*wanted)
            .order_by(DoNotCallRow.id.desc())
            .limit(PAGE + 1)
        )
    ).all()
    items = tuple(
        BarredNumber(
            row.id,
            row.number,
            row.source,
            row.reason,
            row.at,
            author_name or "",
            row.lifted_at,
            lifter_name or "",
            row.lift_reason,
        )
        for row, author_name, lifter_name in rows[:PAGE]
    )
    return BarredPage(items, total, items[-1].id if len(rows) > PAGE else None)


def _check(viewer: Viewer) -> None:
    if viewer.role not in EDITORS:
        raise Forbidden("not-editor")


def _checked(reason: str) -> str:
    words = reason.replace("\x00", "").strip()
    if not words or len(words) > MAX_REASON_CHARS:
        raise Invalid("reason-wrong", fields={"reason": "empty" if not words else "too-long"})
    return words
