"""Use case: calls get their customers and their orders. The CallLinker of the calls' journal."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, select

from callcore.calls.attempts import is_ours
from callcore.calls.journal import CallLink, UnlinkedCall
from callcore.customers.find_or_create import Met, find_or_create_customers
from callcore.kernel.database import Base
from callcore.kernel.errors import Conflict
from callcore.orders.call_attempts import link_ours
from callcore.orders.call_requests import (
    Dealer,
    DialledNumber,
    OpenOrder,
    call_values,
    dialled_numbers,
    make_requests,
    open_orders,
    region_zones,
    request_of,
)
from callcore.orders.model import NewOrder, OrderEventKind
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.orders.timeline import append_event

_ORDERS: Final = Base.metadata.tables[OrderRow.__tablename__]
_EVENTS: Final = Base.metadata.tables[OrderEventRow.__tablename__]


class AttachCall:
    """In the given transaction. A repeated link changes nothing: the order's event with this call id is unique. Raises
    Conflict or IntegrityError when a rival transaction has attached a call meanwhile; the caller rolls back and may ask
    again."""

    def link(self, connection: Connection, calls: Sequence[UnlinkedCall]) -> Mapping[str, CallLink]:
        links = _standing(connection, [call.call_id for call in calls])
        rest = [call for call in calls if call.call_id not in links]
        links |= link_ours(connection, [call for call in rest if is_ours(call.call_id)])
        rest = [call for call in rest if not is_ours(call.call_id)]
        if not rest:
            return links
        met = [Met(call.caller_number, call.started_at, call.region_code) for call in rest]
        customers = find_or_create_customers(connection, met)
        dids = dialled_numbers(connection, {call.did_id for call in rest if call.did_id is not None})
        zones = region_zones(connection, {call.region_code for call in rest if call.region_code})
        known = open_orders(connection, {customer_id for customer_id, is_new in customers if not is_new})
        requests: dict[
            int, tuple[UnlinkedCall, NewOrder]
        ] = {}  # by customer: his next call joins the request
        joining: list[tuple[UnlinkedCall, int, OpenOrder | None]] = []
        for call, (customer_id, _) in zip(rest, customers, strict=True):
            did = dids.get(call.did_id or 0)
            order = _best(known.get(customer_id, []), _dealer(did))
            if order is not None or customer_id in requests:
                joining.append((call, customer_id, order))
            else:
                requests[customer_id] = (call, request_of(call, customer_id, did, zones))
        made = dict(zip(requests, make_requests(connection, list(requests.values())), strict=True))
        links |= {call.call_id: CallLink(owner, made[owner]) for owner, (call, _) in requests.items()}
        for call, customer_id, order in joining:
            order_id = made[customer_id] if order is None else order.id
            if not append_event(connection, order_id, call_values(call)):
                raise Conflict("call-already-attached", "another writer was quicker")
            links[call.call_id] = CallLink(customer_id, order_id)
        return links


def _standing(connection: Connection, call_ids: Sequence[str]) -> dict[str, CallLink]:
    """A row that was written anew finds the order that its call already stands on."""
    found = connection.execute(_STANDING, {"names": list(call_ids)})
    return {row.call_id: CallLink(row.customer_id, row.id) for row in found}


def _dealer(did: DialledNumber | None) -> Dealer | None:
    return did.dealer if did else None


def _best(orders: Sequence[OpenOrder], dealer: Dealer | None) -> OpenOrder | None:
    """The newest one; those of the dialled dealer and of dealers below him come first."""
    own = (order for order in orders if dealer is not None and order.org_path.startswith(dealer.path))
    return next(own, orders[0] if orders else None)


_STANDING: Final = (
    select(_EVENTS.c.call_id, _ORDERS.c.id, _ORDERS.c.customer_id)
    .join(_ORDERS, _ORDERS.c.id == _EVENTS.c.order_id)
    .where(
        _EVENTS.c.call_id.in_(bindparam("names", expanding=True)),
        _EVENTS.c.kind == OrderEventKind.CALL.value,
    )
)
