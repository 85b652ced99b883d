"""Calls that we make stand on the order and the customer for whom they were made."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.journal import CallLink, UnlinkedCall
from callcore.kernel.database import Base
from callcore.kernel.errors import Conflict
from callcore.network.model import OrgKind
from callcore.orders.call_requests import OpenOrder, call_values, open_orders
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import append_event

_ATTEMPTS: Final = Base.metadata.tables[AttemptRow.__tablename__]
_ORDERS: Final = Base.metadata.tables[OrderRow.__tablename__]
_ORGS: Final = Base.metadata.tables["organizations"]


def link_ours(connection: Connection, calls: Sequence[UnlinkedCall]) -> dict[str, CallLink]:
    """By the attempt's row. One without an order stands on an open order of its customer that is the caller's own, if there
    is any; none is made. Raises Conflict when a rival has attached one of the calls meanwhile."""
    if not calls:
        return {}
    rows = {
        row.call_id: row
        for row in connection.execute(_MADE, {"names": [call.call_id for call in calls]})
        if row.whose is not None
    }
    unplaced = {row.whose for row in rows.values() if row.order_id is None}
    known = open_orders(connection, unplaced)
    links: dict[str, CallLink] = {}
    for call in calls:
        if (row := rows.get(call.call_id)) is None:
            continue
        order_id = row.order_id or _own(known.get(row.whose, []), row.org_path, row.org_kind)
        if order_id is not None and not append_event(connection, order_id, call_values(call)):
            raise Conflict("call-already-attached", "another writer was quicker")
        links[call.call_id] = CallLink(row.whose, order_id, row.user_id)
    return links


def _own(orders: Sequence[OpenOrder], org_path: str | None, org_kind: str | None) -> int | None:
    """The newest one of the caller's organisation or below it; the factory's people also call for what is nobody's."""
    is_factory = org_kind in (None, OrgKind.MANUFACTURER)
    own = (
        order.id
        for order in orders
        if (org_path and order.org_path.startswith(org_path)) or (is_factory and not order.org_path)
    )
    return next(own, None)


_MADE: Final = (
    select(
        *(_ATTEMPTS.c.call_id, _ATTEMPTS.c.order_id, _ATTEMPTS.c.user_id),
        func.coalesce(_ATTEMPTS.c.customer_id, _ORDERS.c.customer_id).label("whose"),
        *(_ORGS.c.path.label("org_path"), _ORGS.c.kind.label("org_kind")),
    )
    .outerjoin(_ORDERS, _ORDERS.c.id == _ATTEMPTS.c.order_id)
    .outerjoin(_ORGS, _ORGS.c.id == _ATTEMPTS.c.org_id)
    .where(_ATTEMPTS.c.call_id.in_(bindparam("names", expanding=True)))
)
