"""Who distributes by hand, and the order under his hand."""

from typing import Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Forbidden, Invalid, NotFound
from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.orders.model import OrderKind, ReasonKind
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderReasonRow, OrderRow

DISTRIBUTORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR})
MAX_NOTE_CHARS: Final = 500


def may_distribute(viewer: Viewer, settings: OrderSettings) -> bool:
    """The head office, and the department that distributes where it is an organisation of its own."""
    is_desk = viewer.role in DEALER_ROLES and viewer.org_id == settings.desk_org_id
    return viewer.role in DISTRIBUTORS or is_desk


def check_distributor(viewer: Viewer, settings: OrderSettings) -> None:
    if not may_distribute(viewer, settings):
        raise Forbidden("not-distributor")


async def lock_order(session: AsyncSession, number: int, *conditions: ColumnElement[bool]) -> OrderRow:
    """The row as it is now, one version further; others wait until the transaction ends. The first write of it, so that on
    SQLite what is read next holds. Raises NotFound."""
    found = await session.scalar(
        update(OrderRow)
        .where(
            OrderRow.number == number,
            OrderRow.kind == OrderKind.ORDER.value,
            OrderRow.deleted_at.is_(None),
            *conditions,
        )
        .values(version=OrderRow.version + 1)
        .returning(OrderRow.id)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        raise NotFound("order-not-found")
    order = await session.get(OrderRow, found, populate_existing=True)
    if order is None:
        raise NotFound("order-not-found")
    return order


async def reason_of(session: AsyncSession, kind: ReasonKind, reason_id: int | None) -> OrderReasonRow:
    """Raises Invalid (field reason)."""
    row = await session.get(OrderReasonRow, reason_id) if reason_id else None
    if row is None or row.kind != kind.value or not row.is_active:
        raise Invalid("reason-missing", fields={"reason": "choose a reason"})
    return row


def checked_note(note: str) -> str:
    """Raises Invalid (field note)."""
    note = note.replace("\x00", "").strip()
    if len(note) > MAX_NOTE_CHARS:
        raise Invalid("note-too-long", fields={"note": f"at most {MAX_NOTE_CHARS} characters"})
    return note


async def reasons_of(session: AsyncSession, kind: ReasonKind) -> list[OrderReasonRow]:
    """In the order of the list."""
    rows = await session.scalars(
        select(OrderReasonRow)
        .where(OrderReasonRow.kind == kind.value, OrderReasonRow.is_active)
        .order_by(OrderReasonRow.position, OrderReasonRow.id)
    )
    return list(rows)
