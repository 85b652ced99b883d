"""What stands around an inbound call when its order is looked for: the number it came by, that number's dealer, the
customer's open orders; and the requests that are made of calls. All calls of a moment at once, on a plain connection."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select

from callcore.calls.journal import UnlinkedCall
from callcore.kernel.database import Base
from callcore.network.model import OrgKind
from callcore.orders.create_order import created_values, order_values
from callcore.orders.model import (
    DEFAULT_TZ,
    UNKNOWN,
    NewOrder,
    OrderChannel,
    OrderClass,
    OrderEventKind,
    OrderKind,
)
from callcore.orders.sequence import take_numbers
from callcore.orders.tables import OrderEventRow, OrderRow

_TABLES: Final = Base.metadata.tables
_ORDERS: Final = _TABLES[OrderRow.__tablename__]
_EVENTS: Final = _TABLES[OrderEventRow.__tablename__]
_DIDS: Final = _TABLES["dids"]
_ORGS: Final = _TABLES["organizations"]
_REGIONS: Final = _TABLES["regions"]


@dataclass(frozen=True, slots=True)
class Dealer:
    """Whose number was dialled."""

    id: int
    path: str
    tz: str


@dataclass(frozen=True, slots=True)
class DialledNumber:
    id: int
    source: str
    medium: str
    campaign: str
    request_type: str
    dealer: Dealer | None


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """`org_path` is empty for an order that is nobody's."""

    id: int
    org_path: str


def dialled_numbers(connection: Connection, ids: Collection[int]) -> dict[int, DialledNumber]:
    """The manufacturer's own numbers are no dealer's."""
    if not ids:
        return {}
    found: dict[int, DialledNumber] = {}
    for row in connection.execute(_NUMBERS, {"ids": list(ids)}):
        has_dealer = row.org_id is not None and row.org_kind != OrgKind.MANUFACTURER
        dealer = Dealer(row.org_id, row.org_path, row.org_tz) if has_dealer else None
        found[row.id] = DialledNumber(row.id, row.source, row.medium, row.campaign, row.request_type, dealer)
    return found


def region_zones(connection: Connection, codes: Collection[str]) -> dict[str, str]:
    if not codes:
        return {}
    return {row.code: row.tz for row in connection.execute(_ZONES, {"codes": list(codes)})}


def open_orders(connection: Connection, customer_ids: Collection[int]) -> dict[int, list[OpenOrder]]:
    """By customer, the newest first."""
    found: dict[int, list[OpenOrder]] = defaultdict(list)
    if customer_ids:
        for row in connection.execute(_OPEN, {"ids": list(customer_ids)}):
            found[row.customer_id].append(OpenOrder(row.id, row.org_path or ""))
    return found


def request_of(
    call: UnlinkedCall, customer_id: int, did: DialledNumber | None, zones: Mapping[str, str]
) -> NewOrder:
    dealer = did.dealer if did else None
    zone = zones.get(call.region_code or "")
    return NewOrder(
        kind=OrderKind.REQUEST,
        customer_id=customer_id,
        region_code=call.region_code,
        tz=zone or (dealer.tz if dealer else DEFAULT_TZ),
        org_id=dealer.id if dealer else None,
        did_id=did.id if did else None,
        source=did.source if did else UNKNOWN,
        medium=did.medium if did else UNKNOWN,
        campaign=did.campaign if did else "",
        request_type=did.request_type if did else UNKNOWN,
        channel=OrderChannel.PHONE.value,
    )


def make_requests(connection: Connection, requests: Sequence[tuple[UnlinkedCall, NewOrder]]) -> list[int]:
    """Ids, in the given order. Each stands in its order's timeline as created, and its call as the second line. Raises
    IntegrityError when a rival has attached one of the calls meanwhile."""
    if not requests:
        return []
    first = take_numbers(connection, len(requests))
    rows = [
        order_values(new, number=first + place, now=call.started_at)
        for place, (call, new) in enumerate(requests)
    ]
    by_number = {row.number: row.id for row in connection.execute(_MAKE, rows)}
    ids: list[int] = [by_number[first + place] for place in range(len(requests))]
    events: list[dict[str, Any]] = []
    for order_id, (call, new) in zip(ids, requests, strict=True):
        events.append(created_values(order_id, new, now=call.started_at))
        events.append({"order_id": order_id, "seq": 2, **call_values(call)})
    connection.execute(insert(_EVENTS), events)
    return ids


def call_values(call: UnlinkedCall) -> dict[str, Any]:
    """The line of a call in a timeline, but for its place there."""
    return {
        "at": call.started_at,
        "kind": OrderEventKind.CALL.value,
        "actor_id": None,
        "call_id": call.call_id,
        "data": {},
    }


_NUMBERS: Final = (
    select(
        *(_DIDS.c.id, _DIDS.c.source, _DIDS.c.medium, _DIDS.c.campaign, _DIDS.c.request_type, _DIDS.c.org_id),
        *(_ORGS.c.kind.label("org_kind"), _ORGS.c.path.label("org_path"), _ORGS.c.tz.label("org_tz")),
    )
    .outerjoin(_ORGS, _ORGS.c.id == _DIDS.c.org_id)
    .where(_DIDS.c.id.in_(bindparam("ids", expanding=True)))
)
_ZONES: Final = select(_REGIONS.c.code, _REGIONS.c.tz).where(
    _REGIONS.c.code.in_(bindparam("codes", expanding=True))
)
_OPEN: Final = (
    select(_ORDERS.c.customer_id, _ORDERS.c.id, _ORGS.c.path.label("org_path"))
    .outerjoin(_ORGS, _ORGS.c.id == _ORDERS.c.org_id)
    .where(
        _ORDERS.c.customer_id.in_(bindparam("ids", expanding=True)),
        _ORDERS.c.status_class != OrderClass.CLOSED.value,
        _ORDERS.c.deleted_at.is_(None),
    )
    .order_by(_ORDERS.c.created_at.desc(), _ORDERS.c.id.desc())
)
_MAKE: Final = insert(_ORDERS).returning(_ORDERS.c.id, _ORDERS.c.number)
