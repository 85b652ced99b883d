"""The open orders of known dealers, as the whisper tells of them: no name and no number of a customer."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.orders.model import OrderClass, OrderKind
from callcore.orders.tables import OrderLineRow, OrderRow

MAX_ORDERS = 2000
_LONGEST_GOODS = 40
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """`goods` is the name of the first line, cut at a word; `region_code` may be empty."""

    id: int
    number: int
    goods: str
    total_kopecks: int
    region_code: str


async def open_orders(session: AsyncSession) -> tuple[OpenOrder, ...]:
    """The newest first, MAX_ORDERS of them at most."""
    rows = await session.execute(
        select(OrderRow.id, OrderRow.number, OrderRow.total_kopecks, OrderRow.region_code)
        .where(
            OrderRow.org_id.is_not(None),
            OrderRow.kind == OrderKind.ORDER,
            OrderRow.status_class != OrderClass.CLOSED,
        )
        .order_by(OrderRow.created_at.desc(), OrderRow.id.desc())
        .limit(MAX_ORDERS)
    )
    orders = list(rows)
    goods = await _goods(session, [row.id for row in orders])
    return tuple(
        OpenOrder(row.id, row.number, goods.get(row.id, ""), row.total_kopecks, row.region_code or "")
        for row in orders
    )


async def _goods(session: AsyncSession, order_ids: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(order_ids), _CHUNK):
        first = (
            select(OrderLineRow.order_id, func.min(OrderLineRow.position).label("position"))
            .where(OrderLineRow.order_id.in_(order_ids[start : start + _CHUNK]))
            .group_by(OrderLineRow.order_id)
            .subquery()
        )
        rows = await session.execute(
            select(OrderLineRow.order_id, OrderLineRow.name).join(
                first,
                (first.c.order_id == OrderLineRow.order_id) & (first.c.position == OrderLineRow.position),
            )
        )
        for order_id, name in rows:
            found[order_id] = short_goods(name)
    return found


def short_goods(name: str) -> str:
    """What stands before sizes and brackets."""
    name = name.partition(",")[0].partition("(")[0].strip()
    return name if len(name) <= _LONGEST_GOODS else name[: _LONGEST_GOODS + 1].rsplit(" ", 1)[0]
