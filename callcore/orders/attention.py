"""From when on an order is a problem. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from callcore.orders.model import OrderClass
from callcore.orders.settings import OrderSettings
from callcore.orders.tables import OrderRow

_POSTPONED = "postponed"  # the customer wants to wait: a talk is not owed meanwhile


class Cause(StrEnum):
    """Why an order is a problem; stands in `order:attention`."""

    OVERDUE = "overdue"
    NOBODY = "nobody"  # offered and not taken
    NO_CONTACT = "no-contact"  # taken and not called
    STUCK = "stuck"  # longer on its stage than that may take
    COMPLAINT = "complaint"  # until it is settled; told by itself


def attention_at(order: OrderRow, settings: OrderSettings) -> datetime | None:
    """OrderRow.attention_at as its other columns and the settings say: overdue, taken by nobody, taken and not called;
    whichever comes first. A closed one is by a complaint only."""
    return min(attention_times(order, settings).values(), default=None)


def attention_times(
    order: OrderRow, settings: OrderSettings, stage_ends_at: datetime | None = None
) -> dict[Cause, datetime]:
    """When each cause begins, or began. `stage_ends_at`: until when it may stand on its stage."""
    times: dict[Cause, datetime] = {}
    if order.complained_at:
        times[Cause.COMPLAINT] = order.complained_at
    if order.status_class == OrderClass.CLOSED:
        return times
    if order.due_at:
        times[Cause.OVERDUE] = order.due_at
    if order.status_class == OrderClass.OPEN and order.offered_at:
        times[Cause.NOBODY] = order.offered_at + timedelta(minutes=settings.accept_minutes)
    is_owed = order.status_class == OrderClass.WAITING and order.contacted_at is None
    if is_owed and order.accepted_at and order.status != _POSTPONED:
        times[Cause.NO_CONTACT] = order.accepted_at + timedelta(minutes=settings.contact_minutes)
    if stage_ends_at:
        times[Cause.STUCK] = stage_ends_at
    return times
