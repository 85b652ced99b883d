"""Use case: an order or a request is made. Runs in the caller's transaction; numbers are one gapless sequence."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.kernel.ids import public_id
from callcore.orders.model import NewLine, NewOrder, OrderClass, OrderEventKind, check_lines, status_of
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow, OrderSequenceRow

_SEQUENCE = "order"


async def create_order(
    session: AsyncSession, new: NewOrder, *, now: datetime, actor_id: int | None = None
) -> OrderRow:
    """Order, lines and the event `created`. Raises Invalid for a wrong line or status; sums are exact, rounded half up
    once a line."""
    check_lines(new.lines)
    status = status_of(new.status)
    order = OrderRow(
        number=await take_order_numbers(session),
        public_id=public_id(),
        kind=new.kind.value,
        status=status.code,
        status_class=status.status_class.value,
        result=status.result.value,
        created_at=now,
        due_at=new.due_at,
        closed_at=now if status.status_class is OrderClass.CLOSED else None,
        customer_id=new.customer_id,
        region_code=new.region_code,
        tz=new.tz,
        city=new.city,
        address=new.address,
        org_id=new.org_id,
        outlet_id=new.outlet_id,
        manager_id=new.manager_id,
        did_id=new.did_id,
        source=new.source,
        medium=new.medium,
        campaign=new.campaign,
        request_type=new.request_type,
        channel=new.channel,
        site_org_id=new.site_org_id,
        lat=new.lat,
        lon=new.lon,
        total_kopecks=sum(line.total_kopecks for line in new.lines),
        version=1,
    )
    session.add(order)
    await session.flush()
    session.add_all(_line(order.id, position, line) for position, line in enumerate(new.lines, start=1))
    session.add(
        OrderEventRow(
            order_id=order.id,
            seq=1,
            at=now,
            kind=OrderEventKind.CREATED.value,
            actor_id=actor_id,
            call_id="",
            data={"kind": new.kind.value, "status": status.code, "source": new.source},
        )
    )
    await session.flush()
    return order


async def take_order_numbers(session: AsyncSession, count: int = 1) -> int:
    """The first of `count` numbers in a row, ours if the transaction commits. Others wait for it, so a rolled-back
    order leaves no gap."""
    for _ in range(2):
        taken = cast(
            "CursorResult[Any]",
            await session.execute(
                update(OrderSequenceRow)
                .where(OrderSequenceRow.name == _SEQUENCE)
                .values(value=OrderSequenceRow.value + count)
                .returning(OrderSequenceRow.value)
                .execution_options(synchronize_session=False)
            ),
        ).scalar_one_or_none()
        if taken is not None:
            return int(taken) - count + 1
        last = await session.scalar(select(func.max(OrderRow.number))) or 0
        await insert_unless_exists(session, OrderSequenceRow, name=_SEQUENCE, value=last)
    raise RuntimeError("the sequence of orders is missing")


def _line(order_id: int, position: int, line: NewLine) -> OrderLineRow:
    return OrderLineRow(
        order_id=order_id,
        position=position,
        kind=line.kind,
        product_id=line.product_id,
        article=line.article,
        name=line.name,
        unit=line.unit,
        quantity_m=line.quantity_m,
        price=line.price,
        total_kopecks=line.total_kopecks,
        category=line.category,
        service=line.service,
        params=dict(line.params),
    )
