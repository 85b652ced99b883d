"""Use case: an order goes to a dealer by hand, whether or not it was offered to him."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.quota_history import release_quota
from callcore.distribution.rights import check_distributor, checked_note, lock_order
from callcore.distribution.windows import close_windows
from callcore.kernel import audit, outbox
from callcore.kernel.errors import Conflict, Invalid
from callcore.network.model import OrgKind, OrgState, Viewer
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.attention import attention_at
from callcore.orders.model import OrderClass, OrderEventKind, status_of
from callcore.orders.rights import order_reach
from callcore.orders.settings import OrderSettings, order_settings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

ACCEPTED = status_of("accepted")


async def assign_order(
    session: AsyncSession,
    viewer: Viewer,
    number: int,
    org_id: int,
    manager_id: int | None = None,
    note: str = "",
    *,
    now: datetime,
) -> str:
    """The dealer's name. He need not be a candidate, but must work. Raises NotFound, Forbidden, Conflict("order-closed"),
    Invalid (fields org_id, manager_id, note)."""
    note = checked_note(note)
    settings = await order_settings(session)
    check_distributor(viewer, settings)
    reach = await order_reach(session, viewer, now)
    order = await lock_order(session, number, reach.visible())
    if order.status_class == OrderClass.CLOSED:
        raise Conflict("order-closed")
    org = await dealer_to_get(session, org_id, manager_id)
    before = order.org_id
    if before != org_id or order.manager_id != manager_id:
        await hand_over(
            session, order, org_id, manager_id, settings, now=now, actor_id=viewer.user_id, note=note
        )
        audit.record(
            session,
            at=now,
            actor_id=viewer.user_id,
            action="order:assigned",
            entity="order",
            entity_id=order.number,
            org_id=org_id,
            before=before,
            note=note,
        )
    return org.name


async def dealer_to_get(session: AsyncSession, org_id: int, manager_id: int | None) -> OrgRow:
    """Raises Invalid (fields org_id, manager_id)."""
    org = await session.get(OrgRow, org_id)
    if org is None or org.kind == OrgKind.MANUFACTURER:
        raise Invalid("dealer-unknown", fields={"org_id": "choose a dealer"})
    if org.state != OrgState.ACTIVE:
        raise Invalid("dealer-suspended", fields={"org_id": "choose one who works"})
    if manager_id is not None:
        his = select(UserRow.id).where(UserRow.id == manager_id, UserRow.org_id == org_id, UserRow.is_active)
        if await session.scalar(his) is None:
            raise Invalid("manager-unknown", fields={"manager_id": "choose one of the dealer's people"})
    return org


async def hand_over(
    session: AsyncSession,
    order: OrderRow,
    org_id: int,
    manager_id: int | None,
    settings: OrderSettings,
    *,
    now: datetime,
    actor_id: int | None,
    note: str = "",
) -> None:
    """The row is locked by the caller or new. A dealer who is new to it has not talked with the customer yet."""
    if order.org_id != org_id or order.accepted_at is None:
        order.accepted_at, order.contacted_at, order.outlet_id = now, None, None
        order.status, order.status_class = ACCEPTED.code, ACCEPTED.status_class.value
    order.org_id, order.manager_id, order.declined_at = org_id, manager_id, None
    order.attention_at = attention_at(order, settings)
    await session.flush()
    if order.run:
        await close_windows(session, order.id, now=now)
        await release_quota(session, order.id, order.run, taken_by=org_id)
    name = await session.scalar(select(OrgRow.name).where(OrgRow.id == org_id)) or ""
    _ = await add_event(
        session,
        order.id,
        OrderEventKind.ASSIGNED,
        at=now,
        actor_id=actor_id,
        data={"org_id": org_id, "org_name": name, "text": ". ".join(filter(None, (name, note)))},
    )
    _ = await outbox.put(
        session,
        "order:assigned",
        at=now,
        dedupe_key=f"order:assigned:{order.id}:{order.version}:{org_id}",
        order_id=order.id,
        org_id=org_id,
    )
