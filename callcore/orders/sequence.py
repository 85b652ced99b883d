"""Numbers of orders and requests: one sequence without gaps."""

from typing import Final

from sqlalchemy import Connection, bindparam, case, func, select, update

from callcore.kernel.database import Base, unless_exists
from callcore.orders.tables import OrderRow, OrderSequenceRow

_NAME: Final = "order"
_ORDERS: Final = Base.metadata.tables[OrderRow.__tablename__]
_SEQUENCES: Final = Base.metadata.tables[OrderSequenceRow.__tablename__]
_LAST: Final = select(func.coalesce(func.max(_ORDERS.c.number), 0)).scalar_subquery()
_TAKE: Final = (
    update(_SEQUENCES)
    .where(_SEQUENCES.c.name == _NAME)
    # a sequence that was left behind (rows put in by hand, a table restored) goes on after the last order
    .values(value=case((_SEQUENCES.c.value < _LAST, _LAST), else_=_SEQUENCES.c.value) + bindparam("count"))
    .returning(_SEQUENCES.c.value)
)


def take_numbers(connection: Connection, count: int) -> int:
    """The first of `count` numbers in a row, ours if the transaction commits. Others wait for it, so a rolled-back order
    leaves no gap."""
    for _ in range(2):
        taken = connection.execute(_TAKE, {"count": count}).scalar_one_or_none()
        if taken is not None:
            return int(taken) - count + 1
        last = connection.scalar(select(func.max(_ORDERS.c.number))) or 0
        connection.execute(unless_exists(connection, _SEQUENCES), {"name": _NAME, "value": last})
    raise RuntimeError("the sequence of orders is missing")
