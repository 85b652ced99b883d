"""Use case: a dealer takes an order that is offered to him. The first wins, whatever else happens at that moment.

One UPDATE decides: it names the state that it expects and the window that must be open. Everything before it only saves
work, everything after it happens under the lock that it holds.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.assign_order import ACCEPTED
from callcore.distribution.offered import Offered, choose, offered_to, offers_query
from callcore.distribution.outlets import chosen_outlet
from callcore.distribution.quota_history import release_quota
from callcore.distribution.windows import take_windows
from callcore.kernel import outbox
from callcore.kernel.errors import Conflict
from callcore.network.model import OrgState, Viewer
from callcore.network.policy import StageKind
from callcore.network.tables import OrgRow
from callcore.orders.attention import attention_at
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import OrderClass, OrderEventKind
from callcore.orders.settings import OrderSettings, order_settings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event


@dataclass(frozen=True, slots=True)
class Accepted:
    """`was_mine`: it had been taken by the same organisation before; nothing was done."""

    order_id: int
    number: int
    org_id: int
    was_mine: bool = False


async def accept_order(session: AsyncSession, viewer: Viewer, number: int, *, now: datetime) -> Accepted:
    """Raises NotFound for what was never offered to him, Conflict("order-taken") when another was quicker,
    Conflict("window-closed") when it is not offered to him any more, Forbidden for who is no dealer,
    NotAllowedNow("dealer-suspended")."""
    found = await offered_to(session, viewer, number, now)
    if found.is_mine:
        return Accepted(found.order_id, number, found.org_id, was_mine=True)
    settings = await order_settings(session)
    version = await _take(session, viewer, found, settings, now)
    if version is None:
        again = await offered_to(session, viewer, number, now)
        if again.is_mine:
            return Accepted(again.order_id, number, again.org_id, was_mine=True)
        raise Conflict("window-closed")
    stages = await take_windows(session, found.order_id, found.org_id, now=now)
    if found.org_id not in stages:
        raise Conflict("window-closed")  # refused at the same moment on another screen
    if StageKind.QUOTA.value in stages.values():
        await release_quota(session, found.order_id, found.run, taken_by=found.org_id)
    await _tell(session, viewer, found, version, now)
    return Accepted(found.order_id, number, found.org_id)


def glance(connection: Connection, viewer: Viewer, number: int, now: datetime) -> Offered:
    """The same in one step, for who would stand in line for nothing."""
    return choose(viewer, connection.execute(*offers_query(viewer, number, now)).all())


async def _take(
    session: AsyncSession, viewer: Viewer, found: Offered, settings: OrderSettings, now: datetime
) -> int | None:
    """The new version of the order; None when it is not to be had in the state that was expected."""
    window = select(OrderWindowRow.id).where(
        OrderWindowRow.id == found.window_id,
        OrderWindowRow.run == OrderRow.run,
        OrderWindowRow.closed_at.is_(None),
        OrderWindowRow.opens_at <= now,
    )
    org = select(OrgRow.id).where(OrgRow.id == found.org_id, OrgRow.state == OrgState.ACTIVE.value)
    taken = OrderRow(
        status=ACCEPTED.code, status_class=ACCEPTED.status_class.value, accepted_at=now, due_at=found.due_at
    )
    outlet_id = await chosen_outlet(session, found.order_id, found.run, found.org_id)
    return await session.scalar(
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
            outlet_id=outlet_id,
            manager_id=viewer.user_id if viewer.org_id == found.org_id else None,
            status=taken.status,
            status_class=taken.status_class,
            accepted_at=now,
            declined_at=None,
            attention_at=func.coalesce(
                OrderRow.complained_at, attention_at(taken, settings)
            ),  # a complaint is the older
            version=OrderRow.version + 1,
        )
        .returning(OrderRow.version)
        .execution_options(synchronize_session=False)
    )


async def _tell(session: AsyncSession, viewer: Viewer, found: Offered, version: int, now: datetime) -> None:
    _ = await add_event(
        session,
        found.order_id,
        OrderEventKind.ACCEPTED,
        at=now,
        actor_id=viewer.user_id,
        data={"org_id": found.org_id, "org_name": found.org_name, "text": found.org_name},
    )
    _ = await outbox.put(
        session,
        "order:accepted",
        at=now,
        dedupe_key=f"order:accepted:{found.order_id}:{version}",
        order_id=found.order_id,
        org_id=found.org_id,
        user_id=viewer.user_id,
    )
