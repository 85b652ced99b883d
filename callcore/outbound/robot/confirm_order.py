"""Use case: the customer has confirmed his order, by the robot's key or on his page. Runs in the caller's transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.distribute import distribute
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import NotFound
from callcore.orders.model import OrderClass, OrderEventKind, OrderKind
from callcore.orders.settings import order_settings
from callcore.orders.statuses import load_statuses
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event
from callcore.orders.watch_orders import refresh_attention
from callcore.outbound.robot.model import RobotResult, RobotState
from callcore.outbound.robot.settings import stored_robot_settings
from callcore.outbound.tables import RobotCallRow

CONFIRMED = "robot_confirmed"
ROBOT, LINK = "robot", "link"  # by whom


async def confirm_order(session: AsyncSession, order_id: int, *, by: str, now: datetime, **data: Any) -> bool:
    """`by`: ROBOT or LINK. An order that nobody has taken gets the stage «confirmed», and its distribution begins when it
    waited for this word. False when it is over or was confirmed before in this cycle. Raises NotFound."""
    order = await _locked(session, order_id)
    if order.status_class == OrderClass.CLOSED or not await _settle_row(session, order, by, now):
        return False
    said = {"field": RobotResult.CONFIRMED.value, "by": by, "text": "link" if by == LINK else ""} | data
    await add_event(session, order.id, OrderEventKind.ROBOT, at=now, data=said)
    stage = (await load_statuses(session)).find(CONFIRMED)
    if order.status_class == OrderClass.OPEN and stage is not None and stage.is_active:
        way = {"from": order.status, "to": stage.code}
        order.status = stage.code
        await add_event(session, order.id, OrderEventKind.STATUS, at=now, data=way)
    await refresh_attention(session, order)
    settings = await order_settings(session)
    is_waiting = order.status_class == OrderClass.OPEN and order.org_id is None and order.run == 0
    robot = (await stored_robot_settings(session)).settings
    if is_waiting and settings.needs_confirmation and robot.starts_distribution:
        await distribute(session, order, settings, now=now)
    await session.flush()
    return True


async def may_confirm(session: AsyncSession, order_id: int) -> bool:
    """Whether the customer's page offers it: the order waits for his word, or the robot could not get it."""
    order = await session.get(OrderRow, order_id)
    if order is None or order.deleted_at is not None or order.kind != OrderKind.ORDER:
        return False
    if order.status_class not in (OrderClass.OPEN, OrderClass.WAITING):
        return False
    row = await session.scalar(
        select(RobotCallRow).where(RobotCallRow.order_id == order.id, RobotCallRow.cycle == order.cycle)
    )
    if row is not None:
        return row.result != RobotResult.CONFIRMED
    return order.run == 0 and (await order_settings(session)).needs_confirmation


async def _locked(session: AsyncSession, order_id: int) -> OrderRow:
    found = await session.scalar(
        update(OrderRow)
        .where(
            OrderRow.id == order_id,
            OrderRow.kind == OrderKind.ORDER.value,
            OrderRow.deleted_at.is_(None),
        )
        .values(version=OrderRow.version + 1)
        .returning(OrderRow.id)
        .execution_options(synchronize_session=False)
    )
    order = await session.get(OrderRow, found, populate_existing=True) if found is not None else None
    if order is None:
        raise NotFound("order-not-found")
    return order


async def _settle_row(session: AsyncSession, order: OrderRow, by: str, now: datetime) -> bool:
    """The robot has nothing to do any more; an order that it never knew gets a row that says how it was confirmed."""
    if await insert_unless_exists(
        session,
        RobotCallRow,
        order_id=order.id,
        cycle=order.cycle,
        keys="",
        attempts=0,
        call_id="",
        made_at=now,
        due_at=now,
        lease_until=None,
        data={"by": by},
        state=RobotState.DONE.value,
        result=RobotResult.CONFIRMED.value,
        ended_at=now,
    ):
        return True
    row = await session.scalar(
        select(RobotCallRow)
        .where(RobotCallRow.order_id == order.id, RobotCallRow.cycle == order.cycle)
        .with_for_update()
    )
    if row is None or row.result == RobotResult.CONFIRMED:
        return False
    row.state, row.result, row.ended_at = RobotState.DONE.value, RobotResult.CONFIRMED.value, now
    row.lease_until, row.data = None, {**row.data, "by": by}
    return True
