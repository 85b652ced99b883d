"""Which calls came to something: their order is in work, or fulfilled."""

from sqlalchemy import ColumnElement, or_, select

from callcore.calls.tables import CallRow
from callcore.orders.model import OrderClass, OrderResult
from callcore.orders.tables import OrderRow

_IN_WORK = (OrderClass.WAITING, OrderClass.CONTACTED, OrderClass.PAYMENT)


def came_to_order() -> ColumnElement[bool]:
    """A condition on CallRow."""
    return CallRow.order_id.in_(
        select(OrderRow.id).where(
            OrderRow.deleted_at.is_(None),
            or_(OrderRow.result == OrderResult.DONE, OrderRow.status_class.in_(_IN_WORK)),
        )
    )
