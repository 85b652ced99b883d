"""Use case: what a dealer has in hand goes elsewhere in one action: to another dealer, or to all by the rules."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.assign_order import dealer_to_get, hand_over
from callcore.distribution.decline_order import go_on
from callcore.distribution.release_order import Return, give_back
from callcore.distribution.rights import check_distributor, checked_note, lock_order
from callcore.distribution.windows import withdraw
from callcore.kernel import audit
from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import OrgKind, OrgState, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import OrderClass, OrderKind
from callcore.orders.settings import order_settings
from callcore.orders.tables import OrderRow

MAX_MOVED = 500


@dataclass(frozen=True, slots=True)
class Moved:
    """`left`: so many more are waiting for the next press. `withdrawn`: offers that he will not see any more."""

    orders: int
    left: int
    withdrawn: int


async def move_orders(
    session: AsyncSession,
    viewer: Viewer,
    from_org_id: int,
    to_org_id: int | None,
    note: str = "",
    *,
    now: datetime,
) -> Moved:
    """None offers them to all. At most MAX_MOVED in one go. Raises NotFound, Forbidden, Invalid (fields org_id, note)."""
    note = checked_note(note)
    settings = await order_settings(session)
    check_distributor(viewer, settings)
    org = await session.get(OrgRow, from_org_id)
    if org is None or org.kind == OrgKind.MANUFACTURER:
        raise NotFound("dealer-not-found")
    if to_org_id is not None:
        if to_org_id == from_org_id:
            raise Invalid("dealer-same", fields={"org_id": "choose another dealer"})
        _ = await dealer_to_get(session, to_org_id, None)
    numbers = list(await session.scalars(_in_hand(from_org_id)))
    for number in numbers[:MAX_MOVED]:
        order = await lock_order(session, number)
        if order.org_id != from_org_id or order.status_class == OrderClass.CLOSED:
            continue
        if to_org_id is None:
            back = Return(note or "заказы дилера переданы", None, viewer.user_id, is_his_will=False)
            _ = await give_back(session, order, back, settings, now=now)
        else:
            await hand_over(
                session, order, to_org_id, None, settings, now=now, actor_id=viewer.user_id, note=note
            )
    withdrawn = await _withdraw_offers(session, from_org_id, now)
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="orders:moved",
        entity="organization",
        entity_id=from_org_id,
        to=to_org_id,
        numbers=numbers[:MAX_MOVED],
        note=note,
    )
    return Moved(min(len(numbers), MAX_MOVED), max(0, len(numbers) - MAX_MOVED), withdrawn)


def _in_hand(org_id: int) -> Select[int]:
    return (
        select(OrderRow.number)
        .where(
            OrderRow.org_id == org_id,
            OrderRow.kind == OrderKind.ORDER.value,
            OrderRow.status_class != OrderClass.CLOSED.value,
            OrderRow.deleted_at.is_(None),
        )
        .order_by(OrderRow.id)
    )


async def _withdraw_offers(session: AsyncSession, org_id: int, now: datetime) -> int:
    """Of a dealer who does not work; others need not wait for him."""
    org = await session.get(OrgRow, org_id)
    offered = await session.scalars(
        select(OrderRow.number)
        .join(OrderWindowRow, OrderWindowRow.order_id == OrderRow.id)
        .where(
            OrderWindowRow.org_id == org_id,
            OrderWindowRow.closed_at.is_(None),
            OrderRow.status_class == OrderClass.OPEN.value,
        )
        .order_by(OrderRow.id)
    )
    numbers = list(offered) if org is not None and org.state != OrgState.ACTIVE else []
    settings = await order_settings(session)
    for number in numbers:
        order = await lock_order(session, number)
        if order.status_class == OrderClass.OPEN and await withdraw(session, order.id, org_id, now=now):
            await go_on(session, order, settings, now=now)
    return len(numbers)
