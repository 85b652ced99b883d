"""Use case: an order gets another manager. Runs in the caller's transaction; many orders are many transactions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import outbox
from callcore.kernel.audit import record
from callcore.kernel.errors import Conflict, NotFound
from callcore.network.model import DEALER_ROLES, STAFF_ROLES, Viewer
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.changing import check_worker
from callcore.orders.model import OrderEventKind
from callcore.orders.rights import order_reach
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

MAX_MANAGERS = 500


@dataclass(frozen=True, slots=True)
class Manager:
    id: int
    full_name: str
    org_name: str


def _may_lead(viewer: Viewer) -> ColumnElement[bool]:
    """People whom this viewer may name: staff names anybody who works with orders, a dealer his own and those below."""
    if viewer.is_staff:
        return UserRow.role.in_(sorted(STAFF_ROLES | DEALER_ROLES))
    below = OrgRow.path.startswith(viewer.org_path, autoescape=True)
    return and_(UserRow.role.in_(sorted(DEALER_ROLES)), below)


async def managers_for(session: AsyncSession, viewer: Viewer) -> tuple[Manager, ...]:
    """By name, MAX_MANAGERS at most; staff gets his own house and those who lead an order already."""
    wanted = [UserRow.is_active, _may_lead(viewer)]
    if viewer.is_staff:
        wanted.append(or_(UserRow.role.in_(sorted(STAFF_ROLES)), UserRow.org_id == viewer.org_id))
    rows = await session.execute(
        select(UserRow.id, UserRow.full_name, OrgRow.name)
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .where(*wanted)
        .order_by(UserRow.full_name, UserRow.id)
        .limit(MAX_MANAGERS)
    )
    return tuple(Manager(*row) for row in rows)


async def change_manager(
    session: AsyncSession,
    viewer: Viewer,
    number: int,
    manager_id: int | None,
    *,
    now: datetime,
    expected: int | None = None,
) -> int | None:
    """Who led it before; None also when nothing had to change. `expected`: only while this one leads it (an undo). Raises
    NotFound for an order or a person that the viewer may not touch, Forbidden, NotAllowedNow("dealer-suspended"),
    Conflict("manager-changed")."""
    reach = await order_reach(session, viewer, now)
    order = await session.scalar(
        select(OrderRow).where(OrderRow.number == number, reach.own()).with_for_update()
    )
    if order is None:
        raise NotFound("order-not-found")
    await check_worker(session, viewer)
    if expected is not None and order.manager_id != expected:
        raise Conflict("manager-changed")
    before = order.manager_id
    if before == manager_id:
        return before
    names = {None: "не назначен"} | await _names(session, viewer, order, manager_id)
    order.manager_id, order.version = manager_id, order.version + 1
    await session.flush()
    text = f"Менеджер: {names.get(before, '')} → {names[manager_id]}"
    data = {"text": text, "from": before, "to": manager_id}
    _ = await add_event(session, order.id, OrderEventKind.CHANGED, at=now, actor_id=viewer.user_id, data=data)
    record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="order:manager",
        entity="order",
        entity_id=order.id,
        before=before,
        after=manager_id,
    )
    _ = await outbox.put(
        session,
        "order:changed",
        at=now,
        dedupe_key=f"order:changed:{order.id}:{order.version}",
        order_id=order.id,
    )
    return before


async def _names(
    session: AsyncSession, viewer: Viewer, order: OrderRow, manager_id: int | None
) -> dict[int | None, str]:
    """Raises NotFound when the new one may not lead this order: it must be his organisation's, one above it, or staff's."""
    ids = {one for one in (order.manager_id, manager_id) if one is not None}
    rows = (
        await session.execute(
            select(UserRow.id, UserRow.full_name, UserRow.is_active, UserRow.role, OrgRow.path)
            .join(OrgRow, OrgRow.id == UserRow.org_id)
            .where(UserRow.id.in_(ids))
        )
    ).all()
    if manager_id is not None:
        org_path = await session.scalar(select(OrgRow.path).where(OrgRow.id == order.org_id)) or ""
        new = next((row for row in rows if row.id == manager_id and row.is_active), None)
        is_staff = new is not None and new.role in STAFF_ROLES and viewer.is_staff
        is_theirs = (
            new is not None
            and new.role in DEALER_ROLES
            and org_path.startswith(new.path)
            and (viewer.is_staff or new.path.startswith(viewer.org_path))
        )
        if not (is_staff or is_theirs):
            raise NotFound("manager-not-found")
    return {row.id: row.full_name for row in rows}
