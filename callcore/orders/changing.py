"""The order that a person is about to change, and the traces that each change leaves."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit, outbox
from callcore.kernel.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.network.outlets import check_not_suspended
from callcore.network.tables import UserRow
from callcore.orders.model import OrderClass, OrderEventKind
from callcore.orders.rights import order_reach
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.timeline import add_event

FACTORY: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})  # decides what concerns the dealer himself
HEAD_OFFICE: Final = FACTORY | {Role.SUPERVISOR, Role.OPERATOR}
WORKERS: Final = HEAD_OFFICE | DEALER_ROLES
MAX_REASON_CHARS: Final = 500
_MAX_READ: Final = 200


async def check_worker(session: AsyncSession, viewer: Viewer) -> None:
    """Who may change orders at all. Raises Forbidden, NotAllowedNow("dealer-suspended")."""
    if viewer.role not in WORKERS:
        raise Forbidden("order-read-only")
    await check_not_suspended(session, viewer)


async def order_to_change(
    session: AsyncSession, viewer: Viewer, number: int, *, now: datetime, is_running: bool = True
) -> OrderRow:
    """His own order with its version grown; locked until the transaction ends, so what is checked now holds. Raises
    Forbidden, NotFound, NotAllowedNow("dealer-suspended", and "order-closed" unless closed ones are wanted too)."""
    if viewer.role not in WORKERS:
        raise Forbidden("order-read-only")
    reach = await order_reach(session, viewer, now)
    order_id = await session.scalar(
        update(OrderRow)
        .where(OrderRow.number == number, reach.own())
        .values(version=OrderRow.version + 1)
        .returning(OrderRow.id)
        .execution_options(synchronize_session=False)
    )
    if order_id is None:
        raise NotFound("order-not-found")
    await check_not_suspended(session, viewer)
    order = (
        await session.scalars(
            select(OrderRow).where(OrderRow.id == order_id).execution_options(populate_existing=True)
        )
    ).one()
    if is_running and order.status_class == OrderClass.CLOSED:
        raise NotAllowedNow("order-closed")
    return order


async def note_change(
    session: AsyncSession,
    viewer: Viewer,
    order: OrderRow,
    kind: OrderEventKind,
    *,
    now: datetime,
    **data: Any,
) -> int:
    """An event of the timeline and an audit row; the event's id. `data` as the keys of the timeline say."""
    data["version"] = order.version
    await add_event(session, order.id, kind, at=now, actor_id=viewer.user_id, data=data)
    own = select(OrderEventRow.id).where(
        OrderEventRow.order_id == order.id,
        OrderEventRow.kind == kind.value,
        OrderEventRow.actor_id == viewer.user_id,
    )
    event_id = (await session.scalars(own.order_by(OrderEventRow.seq.desc()).limit(1))).one()
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action=f"order:{data.get('field', kind.value)}",
        entity="order",
        entity_id=order.id,
        number=order.number,
        **{name: value for name, value in data.items() if name != "version"},
    )
    return event_id


async def tell_changed(
    session: AsyncSession, viewer: Viewer, order: OrderRow, *, now: datetime, **data: Any
) -> None:
    """A change of what stands on the order; whoever wants to know is told. `data["field"]` names it."""
    event_id = await note_change(session, viewer, order, OrderEventKind.CHANGED, now=now, **data)
    await outbox.put(
        session,
        "order:changed",
        at=now,
        dedupe_key=f"order:changed:{event_id}",
        order_id=order.id,
        event_id=event_id,
    )


async def changes_since(
    session: AsyncSession, order_id: int, shown: int, field: str
) -> tuple[tuple[str, dict[str, Any]], ...]:
    """(who, data of the event), oldest first: changes of this field since the version that a person was shown."""
    rows = await session.execute(
        select(UserRow.full_name, OrderEventRow.data)
        .outerjoin(UserRow, UserRow.id == OrderEventRow.actor_id)
        .where(OrderEventRow.order_id == order_id, OrderEventRow.kind == OrderEventKind.CHANGED.value)
        .order_by(OrderEventRow.seq.desc())
        .limit(_MAX_READ)
    )
    return tuple(
        (name or "", data)
        for name, data in rows
        if data.get("field") == field and data.get("version", 0) > shown
    )[::-1]


def check_reason(text: str, *, field: str = "reason") -> str:
    """Words that say why. Raises Invalid with that field."""
    words = " ".join(text.replace("\x00", "").split())
    if not 3 <= len(words) <= MAX_REASON_CHARS:
        raise Invalid("reason-words", fields={field: f"3 to {MAX_REASON_CHARS} characters"})
    return words
