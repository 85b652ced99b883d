"""Use case: a dealer takes an order that is offered to him. The first wins, whatever else happens at that moment.

One UPDATE decides: it names the state that it expects and the window that must be open. Everything before it only saves
work, everything after it happens under the lock that it holds.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.assign_order import ACCEPTED
from callcore.distribution.quota_history import release_quota
from callcore.distribution.windows import take_windows
from callcore.kernel import outbox
from callcore.kernel.errors import Conflict, Forbidden, NotAllowedNow, NotFound
from callcore.network.model import DEALER_ROLES, OrgState, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.attention import attention_at
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import OrderClass, OrderEventKind, OrderKind
from callcore.orders.rights import order_reach
from callcore.orders.settings import order_settings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event


@dataclass(frozen=True, slots=True)
class Accepted:
    """`was_mine`: it had been taken by the same organisation before; nothing was done."""

    order_id: int
    number: int
    org_id: int
    was_mine: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """A window that is open for somebody of the viewer's."""

    order_id: int
    run: int
    window_id: int
    org_id: int


async def accept_order(session: AsyncSession, viewer: Viewer, number: int, *, now: datetime) -> Accepted:
    """Raises NotFound for what was never offered to him, Conflict("order-taken") when another was quicker,
    Conflict("window-closed") when it is not offered to him any more, Forbidden for who is no dealer,
    NotAllowedNow("dealer-suspended")."""
    if viewer.role not in DEALER_ROLES:
        raise Forbidden("not-dealer")
    found = await _offered(session, viewer, number, now)
    if isinstance(found, Accepted):
        return found
    order = await _take(session, viewer, found, now)
    if order is None:
        again = await _offered(session, viewer, number, now)
        if isinstance(again, Accepted):
            return again
        raise Conflict("window-closed")
    if not await take_windows(session, order.id, order.run, found.org_id, now=now):
        raise Conflict("window-closed")
    order.attention_at = attention_at(order, await order_settings(session))
    await release_quota(session, order.id, order.run, taken_by=found.org_id)
    await _tell(session, viewer, order, found.org_id, now)
    return Accepted(order.id, order.number, found.org_id)


async def window_of(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> Offered:
    """For a refusal. Raises as accept_order; his own order is not offered to him any more."""
    if viewer.role not in DEALER_ROLES:
        raise Forbidden("not-dealer")
    found = await _offered(session, viewer, number, now)
    if isinstance(found, Accepted):
        raise Conflict("order-mine")
    return found


async def _offered(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> Offered | Accepted:
    """The window to take it by: that of his own organisation, else the first of one below. Raises as accept_order."""
    reach = await order_reach(session, viewer, now)
    org_ids = sorted(reach.scope.org_ids or ())
    order = (
        await session.execute(
            select(OrderRow.id, OrderRow.run, OrderRow.status_class, OrderRow.org_id).where(
                OrderRow.number == number,
                OrderRow.kind == OrderKind.ORDER.value,
                OrderRow.deleted_at.is_(None),
            )
        )
    ).one_or_none()
    if order is None:
        raise NotFound("order-not-found")
    if order.org_id in org_ids and order.status_class != OrderClass.OPEN:
        return Accepted(order.id, number, order.org_id, was_mine=True)
    windows = (
        await session.execute(
            select(OrderWindowRow.id, OrderWindowRow.org_id, OrderWindowRow.closed_at)
            .where(
                OrderWindowRow.order_id == order.id,
                OrderWindowRow.org_id.in_(org_ids),
                OrderWindowRow.opens_at <= now,
            )
            .order_by(OrderWindowRow.opens_at, OrderWindowRow.id)
        )
    ).all()
    if not windows:
        raise NotFound("order-not-found")
    if order.status_class != OrderClass.OPEN:
        raise Conflict("order-taken")
    if reach.is_suspended:
        raise NotAllowedNow("dealer-suspended")
    still = [window for window in windows if window.closed_at is None]
    if not still:
        raise Conflict("window-closed")
    chosen = next((window for window in still if window.org_id == viewer.org_id), still[0])
    return Offered(order.id, order.run, chosen.id, chosen.org_id)


async def _take(session: AsyncSession, viewer: Viewer, found: Offered, now: datetime) -> OrderRow | None:
    window = select(OrderWindowRow.id).where(
        OrderWindowRow.id == found.window_id,
        OrderWindowRow.run == OrderRow.run,
        OrderWindowRow.closed_at.is_(None),
        OrderWindowRow.opens_at <= now,
    )
    org = select(OrgRow.id).where(OrgRow.id == found.org_id, OrgRow.state == OrgState.ACTIVE.value)
    taken = await session.scalar(
        update(OrderRow)
        .where(
            OrderRow.id == found.order_id,
            OrderRow.status_class == OrderClass.OPEN.value,
            OrderRow.deleted_at.is_(None),
            window.exists(),
            org.exists(),
        )
        .values(
            org_id=found.org_id,
            outlet_id=None,
            manager_id=viewer.user_id if viewer.org_id == found.org_id else None,
            status=ACCEPTED.code,
            status_class=ACCEPTED.status_class.value,
            accepted_at=now,
            declined_at=None,
            version=OrderRow.version + 1,
        )
        .returning(OrderRow.id)
        .execution_options(synchronize_session=False)
    )
    return None if taken is None else await session.get(OrderRow, taken, populate_existing=True)


async def _tell(session: AsyncSession, viewer: Viewer, order: OrderRow, org_id: int, now: datetime) -> None:
    name = await session.scalar(select(OrgRow.name).where(OrgRow.id == org_id)) or ""
    _ = await add_event(
        session,
        order.id,
        OrderEventKind.ACCEPTED,
        at=now,
        actor_id=viewer.user_id,
        data={"org_id": org_id, "org_name": name, "text": name},
    )
    _ = await outbox.put(
        session,
        "order:accepted",
        at=now,
        dedupe_key=f"order:accepted:{order.id}:{order.version}",
        order_id=order.id,
        org_id=org_id,
        user_id=viewer.user_id,
    )
