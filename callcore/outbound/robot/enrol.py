"""Use case: an order is put before the robot: one row an order and cycle."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.orders.model import OrderClass, OrderKind
from callcore.orders.tables import OrderRow
from callcore.outbound.robot.model import RobotState, allowed_from
from callcore.outbound.robot.plan_call import zone_of
from callcore.outbound.robot.settings import RobotSettings
from callcore.outbound.tables import RobotCallRow


async def enrol(
    session: AsyncSession, order: OrderRow, settings: RobotSettings, *, now: datetime, at_once: bool = False
) -> bool:
    """False when this order, in this cycle, has its row. In the caller's transaction."""
    wait = timedelta() if at_once else timedelta(minutes=settings.delay_minutes)
    due_at = allowed_from(max(now, order.created_at + wait), await zone_of(session, order), settings)
    return await insert_unless_exists(
        session,
        RobotCallRow,
        order_id=order.id,
        cycle=order.cycle,
        state=RobotState.WAITING.value,
        result="",
        keys="",
        attempts=0,
        call_id="",
        made_at=now,
        due_at=due_at,
        lease_until=None,
        ended_at=None,
        data={},
    )


def unknown_orders(settings: RobotSettings, since: datetime) -> tuple[ColumnElement[bool], ...]:
    known = exists().where(RobotCallRow.order_id == OrderRow.id, RobotCallRow.cycle == OrderRow.cycle)
    return (
        OrderRow.created_at >= since,
        OrderRow.kind == OrderKind.ORDER.value,
        OrderRow.channel.in_(settings.channels),
        *_from_sources(settings.sources),
        OrderRow.status_class.in_((OrderClass.OPEN.value, OrderClass.WAITING.value)),
        OrderRow.contacted_at.is_(None),
        OrderRow.deleted_at.is_(None),
        ~known,
    )


def _from_sources(sources: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    if not sources:
        return ()
    wanted = []
    for one in sources:
        source, _, medium = one.partition("/")
        wanted.append(and_(OrderRow.source == source, *((OrderRow.medium == medium,) if medium else ())))
    return (or_(*wanted),)


def has_new(connection: Connection, settings: RobotSettings, since: datetime) -> bool:
    return (
        connection.execute(select(OrderRow.id).where(*unknown_orders(settings, since)).limit(1)).first()
        is not None
    )
