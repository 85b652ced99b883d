"""Who distributes by hand, and the order under his hand."""

from typing import Final

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Forbidden, Invalid, NotFound
from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.orders.model import OrderKind
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderRow

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


def checked_note(note: str) -> str:
    """Raises Invalid (field note)."""
    note = note.replace("\x00", "").strip()
    if len(note) > MAX_NOTE_CHARS:
        raise Invalid("note-too-long", fields={"note": f"at most {MAX_NOTE_CHARS} characters"})
    return note
