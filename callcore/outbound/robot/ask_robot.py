"""Use cases: a person of the head office sends the robot to one order, or takes it off. Run in the caller's transaction."""

from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.queries import customers_by_id
from callcore.kernel import audit
from callcore.kernel.errors import Forbidden, NotAllowedNow
from callcore.network.model import Role, Viewer
from callcore.orders.changing import order_to_change
from callcore.orders.tables import OrderRow
from callcore.outbound.do_not_call import is_barred
from callcore.outbound.robot.enrol import enrol
from callcore.outbound.robot.model import RobotResult, RobotState, allowed_from
from callcore.outbound.robot.plan_call import is_wanted, zone_of
from callcore.outbound.robot.results import finish
from callcore.outbound.robot.settings import stored_robot_settings
from callcore.outbound.tables import RobotCallRow

SENDERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR})


async def send_robot(session: AsyncSession, viewer: Viewer, number: int, *, now: datetime) -> datetime:
    """When it will call: at once, or with the next allowed hours; a plan that was over begins anew. Raises Forbidden,
    NotFound, NotAllowedNow("order-closed", "robot-off", "robot-not-needed", "robot-calling", "number-barred")."""
    order = await _order(session, viewer, number, now)
    settings = (await stored_robot_settings(session)).settings
    if not settings.is_on:
        raise NotAllowedNow("robot-off")
    customer = (await customers_by_id(session, [order.customer_id])).get(order.customer_id)
    if not is_wanted(order, order.cycle) or customer is None:
        raise NotAllowedNow("robot-not-needed")
    if await is_barred(session, customer.phone, order.customer_id):
        raise NotAllowedNow("number-barred")
    due_at = allowed_from(now, await zone_of(session, order), settings)
    if not await enrol(session, order, settings, now=now, at_once=True):
        await _again(session, order, now, due_at)
    _audit(session, viewer, order, "robot:sent", now)
    return due_at


async def call_robot_off(session: AsyncSession, viewer: Viewer, number: int, *, now: datetime) -> None:
    """Raises Forbidden, NotFound, NotAllowedNow("order-closed", "robot-not-waiting")."""
    order = await _order(session, viewer, number, now)
    row = await _row(session, order)
    if row is None or row.state != RobotState.WAITING:
        raise NotAllowedNow("robot-not-waiting")
    await finish(session, row, RobotResult.NOT_NEEDED, now, by="person")
    _audit(session, viewer, order, "robot:called-off", now)


async def _again(session: AsyncSession, order: OrderRow, now: datetime, due_at: datetime) -> None:
    changed = await session.scalar(
        update(RobotCallRow)
        .where(
            RobotCallRow.order_id == order.id,
            RobotCallRow.cycle == order.cycle,
            RobotCallRow.state != RobotState.CALLING.value,
            RobotCallRow.result.not_in((RobotResult.CONFIRMED.value, RobotResult.STOPPED.value)),
        )
        .values(
            state=RobotState.WAITING.value, result="", attempts=0, ended_at=None, due_at=due_at, made_at=now
        )
        .returning(RobotCallRow.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        row = await _row(session, order)
        is_calling = row is not None and row.state == RobotState.CALLING
        raise NotAllowedNow("robot-calling" if is_calling else "robot-not-needed")


async def _order(session: AsyncSession, viewer: Viewer, number: int, now: datetime) -> OrderRow:
    if viewer.role not in SENDERS:
        raise Forbidden("not-sender")
    return await order_to_change(session, viewer, number, now=now)


async def _row(session: AsyncSession, order: OrderRow) -> RobotCallRow | None:
    found = select(RobotCallRow).where(RobotCallRow.order_id == order.id, RobotCallRow.cycle == order.cycle)
    row: RobotCallRow | None = await session.scalar(found.execution_options(populate_existing=True))
    return row


def _audit(session: AsyncSession, viewer: Viewer, order: OrderRow, action: str, now: datetime) -> None:
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action=action,
        entity="order",
        entity_id=order.id,
        number=order.number,
    )
