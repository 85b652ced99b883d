"""Use case: an order that was taken comes back: the dealer gives it up, the head office takes it, or nobody called."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.decline_order import NOBODY_LEFT
from callcore.distribution.desk import send_to_desk
from callcore.distribution.distribute import distribute
from callcore.distribution.quota_history import release_quota
from callcore.distribution.rights import checked_note, lock_order, may_distribute
from callcore.kernel import audit, outbox
from callcore.kernel.errors import Conflict, Forbidden, NotFound
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderDeclineRow
from callcore.orders.model import OrderClass, OrderEventKind, ReasonKind
from callcore.orders.reasons import reason_for
from callcore.orders.rights import order_reach
from callcore.orders.settings import OrderSettings, order_settings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event


@dataclass(frozen=True, slots=True)
class Return:
    """How it comes back. `actor_id` None: by itself. `is_his_will`: the dealer's own doing or failing, so that the order
    stands among those that a dealer refused."""

    why: str
    reason_id: int | None = None
    actor_id: int | None = None
    is_his_will: bool = True
    offers: bool = True


async def release_order(
    session: AsyncSession,
    viewer: Viewer,
    number: int,
    reason_id: int | None,
    note: str = "",
    *,
    now: datetime,
    offers: bool = True,
) -> int:
    """The dealer's id. He does not get this order again by himself. `offers`: to the others at once, else it waits for who
    distributes by hand. Raises NotFound, Forbidden, Conflict("order-not-taken"), Invalid (fields reason, note)."""
    note = checked_note(note)
    settings = await order_settings(session)
    reach = await order_reach(session, viewer, now)
    order = await lock_order(session, number, reach.visible())
    is_his = not reach.scope.is_whole and reach.scope.covers(order.org_id)
    if not (is_his or may_distribute(viewer, settings)):
        raise Forbidden("not-distributor")
    reason = await reason_for(session, ReasonKind.RELEASE, reason_id)
    why = ". ".join(filter(None, (reason.title, note)))
    back = Return(why, reason.id, viewer.user_id, is_his, offers)
    org_id = await give_back(session, order, back, settings, now=now)
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="order:released",
        entity="order",
        entity_id=order.number,
        org_id=org_id,
        reason=why,
    )
    return org_id


async def give_back(
    session: AsyncSession, order: OrderRow, back: Return, settings: OrderSettings, *, now: datetime
) -> int:
    """The order is locked. Raises Conflict("order-not-taken")."""
    org_id = order.org_id
    if org_id is None or order.status_class == OrderClass.CLOSED:
        raise Conflict("order-not-taken")
    org = await session.get(OrgRow, org_id)
    if org is None:
        raise NotFound("dealer-not-found")
    session.add(
        OrderDeclineRow(
            order_id=order.id,
            run=order.run,
            org_id=org_id,
            user_id=back.actor_id,
            kind="released",
            reason_id=back.reason_id,
            note=back.why,
            at=now,
        )
    )
    order.org_id = order.outlet_id = order.manager_id = None
    order.accepted_at = order.contacted_at = None
    order.status, order.status_class = NOBODY_LEFT.code, NOBODY_LEFT.status_class.value
    order.declined_at = now if back.is_his_will else order.declined_at
    await session.flush()
    await release_quota(session, order.id, order.run, only=org_id)
    _ = await add_event(
        session,
        order.id,
        OrderEventKind.RELEASED,
        at=now,
        actor_id=back.actor_id,
        data={"org_id": org_id, "org_name": org.name, "reason": back.why, "text": f"{org.name}: {back.why}"},
    )
    _ = await outbox.put(
        session,
        "order:released",
        at=now,
        dedupe_key=f"order:released:{order.id}:{order.version}",
        order_id=order.id,
        org_id=org_id,
    )
    if back.offers:
        await distribute(session, order, settings, now=now, actor_id=back.actor_id)
    else:
        await send_to_desk(session, order, settings, now=now)
    return org_id
