"""A dealer's call from his own telephone stands on the order that the pair of numbers means."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, select

from callcore.calls.attempts import is_ours
from callcore.calls.journal import CallLink, CallLinker, UnlinkedCall
from callcore.kernel.database import Base
from callcore.orders.call_requests import call_values
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import append_event
from callcore.outbound.tables import MaskedSessionRow

_SESSIONS: Final = Base.metadata.tables[MaskedSessionRow.__tablename__]
_ORDERS: Final = Base.metadata.tables[OrderRow.__tablename__]


class LinkMasked:
    """The CallLinker of the journal: calls out that no press made are masked sessions, all others are `other`'s."""

    def __init__(self, other: CallLinker) -> None:
        self._other = other

    def link(self, connection: Connection, calls: Sequence[UnlinkedCall]) -> Mapping[str, CallLink]:
        masked = [call for call in calls if call.is_made and not is_ours(call.call_id)]
        known = {call.call_id for call in masked}
        rest = [call for call in calls if call.call_id not in known]
        links = dict(self._other.link(connection, rest)) if rest else {}
        for call in masked:
            if (link := _link(connection, call)) is not None:
                links[call.call_id] = link
        return links


def _link(connection: Connection, call: UnlinkedCall) -> CallLink | None:
    """By the dealer and the customer: the newest session that stood when the call began."""
    row = connection.execute(
        select(_SESSIONS.c.order_id, _SESSIONS.c.user_id, _ORDERS.c.customer_id)
        .join(_ORDERS, _ORDERS.c.id == _SESSIONS.c.order_id)
        .where(
            _SESSIONS.c.customer_number == call.caller_number,
            _SESSIONS.c.org_id == call.org_id,
            _SESSIONS.c.opened_at <= call.started_at,
            _SESSIONS.c.expires_at > call.started_at,
        )
        .order_by((_SESSIONS.c.user_id == call.user_id).desc(), _SESSIONS.c.opened_at.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    _ = append_event(
        connection, row.order_id, call_values(call)
    )  # one that stands there already changes nothing
    return CallLink(row.customer_id, row.order_id, row.user_id)
