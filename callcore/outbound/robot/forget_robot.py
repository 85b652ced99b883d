"""Use case: a customer asks to be forgotten, so what the robot has told him goes, and the pairs of numbers that mean him. In the
caller's transaction. A number of the register «Не звонить» stays there: it is his own word that nobody may call it."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.orders.tables import OrderRow
from callcore.outbound.tables import MaskedSessionRow, RobotCallRow


async def forget_robot(session: AsyncSession, customer_id: int) -> None:
    rows = await session.scalars(
        select(RobotCallRow)
        .join(OrderRow, OrderRow.id == RobotCallRow.order_id)
        .where(OrderRow.customer_id == customer_id)
    )
    for row in rows:
        row.data = {name: value for name, value in row.data.items() if name != "said"}
    orders = select(OrderRow.id).where(OrderRow.customer_id == customer_id)
    await session.execute(delete(MaskedSessionRow).where(MaskedSessionRow.order_id.in_(orders)))
