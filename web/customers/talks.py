"""The whole history of one customer: orders, calls with their recordings, messages and comments in one list. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callcore.messaging.customer_messages import SentMessage
from callcore.orders.customer_comments import CustomerComment
from callcore.orders.views import CallView, OrderBrief


@dataclass(frozen=True, slots=True)
class Talk:
    """One of the four."""

    at: datetime
    call: CallView | None = None
    message: SentMessage | None = None
    comment: CustomerComment | None = None
    order: OrderBrief | None = None


def talks_of(
    calls: Sequence[CallView],
    messages: Sequence[SentMessage],
    comments: Sequence[CustomerComment],
    orders: Sequence[OrderBrief],
) -> tuple[Talk, ...]:
    """Newest first; an order stands where it was made."""
    found = [Talk(call.started_at, call=call) for call in calls]
    found += [Talk(message.at, message=message) for message in messages]
    found += [Talk(comment.at, comment=comment) for comment in comments]
    found += [Talk(order.created_at, order=order) for order in orders]
    return tuple(sorted(found, key=lambda talk: talk.at, reverse=True))
