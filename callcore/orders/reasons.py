"""Why orders are refused, given back or not fulfilled: the list, and its changes by the administrator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.model import Role, Viewer
from callcore.orders.model import Fault, ReasonKind
from callcore.orders.tables import OrderReasonRow

MAX_TITLE_CHARS: Final = 80
STEP: Final = 10  # between positions, so that one can be put between two
EDITORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
_DEFAULTS: Final[dict[ReasonKind, tuple[tuple[str, Fault], ...]]] = {
    ReasonKind.DECLINE: (
        ("Нет товара", Fault.DEALER),
        ("Не работаем в этом городе", Fault.NONE),
        ("Нет свободных людей", Fault.DEALER),
        ("Не оказываем эту услугу", Fault.DEALER),
        ("Заказ слишком мал", Fault.DEALER),
        ("Клиент уже отказался", Fault.CUSTOMER),
    ),
    ReasonKind.RELEASE: (
        ("Не дозвонились до клиента", Fault.CUSTOMER),
        ("Товар кончился", Fault.DEALER),
        ("Не успеваем к сроку", Fault.DEALER),
        ("Клиент просит другого дилера", Fault.DEALER),
        ("Взяли по ошибке", Fault.DEALER),
        ("Передан по решению производителя", Fault.NONE),
    ),
    ReasonKind.FAILED: (
        ("Клиент передумал", Fault.CUSTOMER),
        ("Клиент купил в другом месте", Fault.CUSTOMER),
        ("Клиенту дорого", Fault.CUSTOMER),
        ("Не дозвонились до клиента", Fault.CUSTOMER),
        ("Нет товара", Fault.DEALER),
        ("Не успели к сроку", Fault.DEALER),
        ("Не договорились о доставке или монтаже", Fault.DEALER),
        ("Повторный или ошибочный заказ", Fault.NONE),
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`position` orders the list within its kind; an inactive one is not offered and still names what it was used for."""

    id: int
    kind: ReasonKind
    title: str
    fault: Fault
    position: int
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonDraft:
    """`id` None: a new one. The kind of one that exists does not change."""

    kind: ReasonKind
    title: str
    fault: Fault
    is_active: bool = True
    id: int | None = None


async def ensure_reasons(session: AsyncSession) -> None:
    """The usual ones of each kind that has none at all; may be repeated and run beside itself."""
    known = set(await session.scalars(select(OrderReasonRow.kind).distinct()))
    for kind, defaults in _DEFAULTS.items():
        if kind in known:
            continue
        for number, (title, fault) in enumerate(defaults, start=1):
            await insert_unless_exists(
                session,
                OrderReasonRow,
                kind=kind.value,
                title=title,
                fault=fault.value,
                position=number * STEP,
                is_active=True,
            )


async def load_reasons(
    session: AsyncSession, kind: ReasonKind | None = None, *, active_only: bool = True
) -> tuple[Reason, ...]:
    """By kind and position."""
    found = select(OrderReasonRow).order_by(OrderReasonRow.kind, OrderReasonRow.position, OrderReasonRow.id)
    if kind is not None:
        found = found.where(OrderReasonRow.kind == kind.value)
    if active_only:
        found = found.where(OrderReasonRow.is_active)
    return tuple(_reason(row) for row in await session.scalars(found))


async def reason_for(session: AsyncSession, kind: ReasonKind, reason_id: int | None) -> Reason:
    """One that may be chosen now. Raises Invalid("reason-needed") with the field reason."""
    row = await session.get(OrderReasonRow, reason_id) if reason_id is not None else None
    if row is None or row.kind != kind or not row.is_active:
        raise Invalid("reason-needed", fields={"reason": "one of the list"})
    return _reason(row)


async def save_reason(session: AsyncSession, viewer: Viewer, draft: ReasonDraft, *, now: datetime) -> Reason:
    """Raises Forbidden, NotFound, Invalid (field title), Conflict("reason-exists"): this kind has that title already."""
    check_editor(viewer)
    title = " ".join(draft.title.split())
    if not 0 < len(title) <= MAX_TITLE_CHARS or not title.isprintable():
        raise Invalid("reason-title", fields={"title": f"1 to {MAX_TITLE_CHARS} characters"})
    twin = await session.scalar(
        select(OrderReasonRow.id).where(
            OrderReasonRow.kind == draft.kind.value, OrderReasonRow.title == title
        )
    )
    if twin is not None and twin != draft.id:
        raise Conflict("reason-exists", fields={"title": "is there already"})
    row = await _row_to_save(session, draft)
    row.title, row.fault, row.is_active = title, draft.fault.value, draft.is_active
    await session.flush()
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="reason:saved",
        entity="order_reason",
        entity_id=row.id,
        kind=row.kind,
        title=title,
        fault=row.fault,
        is_active=row.is_active,
    )
    return _reason(row)


async def reorder_reasons(
    session: AsyncSession, viewer: Viewer, kind: ReasonKind, ids: Sequence[int], *, now: datetime
) -> None:
    """`ids` from the first to the last; what is left out stays behind them. Raises Forbidden."""
    check_editor(viewer)
    rows = list(await session.scalars(select(OrderReasonRow).where(OrderReasonRow.kind == kind.value)))
    places = {reason_id: number for number, reason_id in enumerate(ids)}
    rows.sort(key=lambda row: (places.get(row.id, len(places)), row.position, row.id))
    for number, row in enumerate(rows, start=1):
        row.position = number * STEP
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="reason:reordered",
        entity="order_reason",
        entity_id=kind.value,
        ids=[row.id for row in rows],
    )


def check_editor(viewer: Viewer) -> None:
    """Of the factory's own lists. Raises Forbidden."""
    if viewer.role not in EDITORS:
        raise Forbidden("not-editor")


async def _row_to_save(session: AsyncSession, draft: ReasonDraft) -> OrderReasonRow:
    if draft.id is not None:
        row = await session.get(OrderReasonRow, draft.id)
        if row is None or row.kind != draft.kind:
            raise NotFound("reason-not-found")
        return row
    last = await session.scalar(
        select(func.max(OrderReasonRow.position)).where(OrderReasonRow.kind == draft.kind.value)
    )
    row = OrderReasonRow(kind=draft.kind.value, position=(last or 0) + STEP)
    session.add(row)
    return row


def _reason(row: OrderReasonRow) -> Reason:
    return Reason(row.id, ReasonKind(row.kind), row.title, Fault(row.fault), row.position, row.is_active)
