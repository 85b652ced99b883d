"""Use case: a dealer refuses an order that is offered to him. He is out for this order; whoever comes next sees it at once
when he was the last of his stage."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.desk import send_to_desk
from callcore.distribution.distribute import distribute
from callcore.distribution.offered import window_of
from callcore.distribution.pipeline import Word
from callcore.distribution.quota_history import release_quota
from callcore.distribution.rights import checked_note, lock_order
from callcore.distribution.windows import DECLINED, close_window, open_early, run_windows
from callcore.kernel import outbox
from callcore.kernel.errors import Conflict
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderDeclineRow
from callcore.orders.model import OrderClass, OrderEventKind, ReasonKind, status_of
from callcore.orders.reasons import reason_for
from callcore.orders.settings import OrderSettings, order_settings
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

NOBODY_LEFT = status_of("dealer_declined")


async def decline_order(
    session: AsyncSession,
    viewer: Viewer,
    number: int,
    reason_id: int | None,
    note: str = "",
    *,
    now: datetime,
) -> int:
    """The dealer's id. Raises as accept_order, Invalid (fields reason, note)."""
    note = checked_note(note)
    found = await window_of(session, viewer, number, now)
    order = await lock_order(session, number)
    reason = await reason_for(session, ReasonKind.DECLINE, reason_id)
    if order.status_class != OrderClass.OPEN:
        raise Conflict("order-taken")
    org_id = found.org_id
    if not await close_window(session, order.id, order.run, org_id, cause=DECLINED, now=now):
        raise Conflict("window-closed")
    session.add(
        OrderDeclineRow(
            order_id=order.id,
            run=order.run,
            org_id=org_id,
            user_id=viewer.user_id,
            kind="declined",
            reason_id=reason.id,
            note=note,
            at=now,
        )
    )
    order.declined_at = now
    await session.flush()
    await release_quota(session, order.id, order.run, only=org_id)
    await _tell(session, viewer, order, org_id, ". ".join(filter(None, (reason.title, note))), now)
    await go_on(session, order, await order_settings(session), now=now)
    return org_id


async def go_on(session: AsyncSession, order: OrderRow, settings: OrderSettings, *, now: datetime) -> None:
    """After somebody has dropped out of the run. The order is locked."""
    if await open_early(session, order.id, order.run, now=now):
        return
    stages = {window.stage for window in await run_windows(session, order.id, order.run)}
    if not stages.isdisjoint((Word.OWN, Word.CLAIM)):  # whose it was does not want it: the network may
        await distribute(session, order, settings, now=now)
        return
    was_at_desk = Word.DESK in stages
    order.status = NOBODY_LEFT.code
    await session.flush()
    if not was_at_desk:
        await send_to_desk(session, order, settings, now=now)


async def _tell(
    session: AsyncSession, viewer: Viewer, order: OrderRow, org_id: int, why: str, now: datetime
) -> None:
    org = await session.get(OrgRow, org_id)
    name = org.name if org else ""
    _ = await add_event(
        session,
        order.id,
        OrderEventKind.DECLINED,
        at=now,
        actor_id=viewer.user_id,
        data={"org_id": org_id, "org_name": name, "reason": why, "text": f"{name}: {why}"},
    )
    _ = await outbox.put(
        session,
        "order:declined",
        at=now,
        dedupe_key=f"order:declined:{order.id}:{order.run}:{org_id}",
        order_id=order.id,
        org_id=org_id,
    )
