"""From when on an order is a problem. Pure."""

from datetime import datetime, timedelta

from callcore.orders.model import OrderClass
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderRow


def attention_at(order: OrderRow, settings: OrderSettings) -> datetime | None:
    """OrderRow.attention_at as its other columns and the settings say: overdue, taken by nobody, taken and not called;
    whichever comes first. None for a closed one."""
    if order.status_class == OrderClass.CLOSED:
        return None
    times = [order.due_at] if order.due_at else []
    if order.status_class == OrderClass.OPEN and order.offered_at:
        times.append(order.offered_at + timedelta(minutes=settings.accept_minutes))
    is_owed = order.status_class == OrderClass.WAITING and order.contacted_at is None
    if is_owed and order.accepted_at:
        times.append(order.accepted_at + timedelta(minutes=settings.contact_minutes))
    return min(times, default=None)
