"""A told story as rows of customers, orders and calls; ids were given by the story."""

import itertools
from collections.abc import Iterator
from datetime import datetime

from callcore.calls.model import CallState, LegRole, PhoneInfo
from callcore.calls.tables import CallEventRow, CallRow, LegRow, LinkedidRow
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.demo.calls import ToldCall, ToldLeg
from callcore.demo.customers import ToldCustomer
from callcore.demo.data import DemoData
from callcore.demo.network_rows import Row
from callcore.demo.orders import ToldOrder
from callcore.demo.pins import order_pins, point_of
from callcore.demo.story import Story
from callcore.kernel.database import Base
from callcore.orders.model import UNKNOWN
from callcore.orders.pin_tables import OrderPinRow
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow, OrderSequenceRow
from callcore.routing.explain import to_json

FIRST_CHANNEL = 1_000_000  # far from the numbers of the calls themselves

Rows = list[tuple[type[Base], list[Row]]]


def story_rows(data: DemoData, story: Story, now: datetime) -> Rows:
    """Tables in the order of writing."""
    return [
        *_customer_tables(story, now),
        (OrderRow, [_order(order) for order in story.orders]),
        (OrderLineRow, _with_ids(line for order in story.orders for line in _lines(order))),
        (OrderEventRow, _with_ids(event for order in story.orders for event in _order_events(order))),
        (OrderPinRow, list(order_pins(story.orders))),
        (OrderSequenceRow, [{"name": "order", "value": len(story.orders)}]),
        *_call_tables(data, story),
    ]


def _with_ids(rows: Iterator[Row]) -> list[Row]:
    return [{"id": number, **row} for number, row in enumerate(rows, start=1)]


# --- customers -----------------------------------------------------------------------------------------------


def _customer_tables(story: Story, now: datetime) -> Rows:
    since = {customer.id: now for customer in story.customers}
    for order in story.orders:
        since[order.customer.id] = min(since[order.customer.id], order.created_at)
    customers = [
        {
            "id": customer.id,
            "name": customer.name,
            "region_code": customer.region,
            "note": customer.note,
            "created_at": since[customer.id],
        }
        for customer in story.customers
    ]
    contacts = _with_ids(contact for customer in story.customers for contact in _contacts(customer))
    return [(CustomerRow, customers), (ContactRow, contacts)]


def _contacts(customer: ToldCustomer) -> Iterator[Row]:
    yield {"customer_id": customer.id, "kind": "phone", "value": customer.number, "is_main": True}
    if customer.email:
        yield {"customer_id": customer.id, "kind": "email", "value": customer.email, "is_main": False}


# --- orders --------------------------------------------------------------------------------------------------


def _order(order: ToldOrder) -> Row:
    did, customer, seller = order.did, order.customer, order.seller
    lat, lon = point_of(order)
    return {
        "id": order.id,
        "number": order.id,
        "public_id": order.public_id,
        "kind": order.kind.value,
        "status": order.status.code,
        "status_class": order.status.status_class.value,
        "result": order.status.result.value,
        "created_at": order.created_at,
        "due_at": order.due_at,
        "closed_at": order.closed_at,
        "customer_id": customer.id,
        "region_code": customer.region,
        "tz": customer.tz,
        "city": customer.city,
        "address": customer.address,
        "lat": lat,
        "lon": lon,
        "org_id": seller.org_id if seller else None,
        "outlet_id": seller.outlet_id if seller else None,
        "manager_id": order.manager_id,
        "did_id": order.did_id,
        "source": did.source if did else UNKNOWN,
        "medium": did.medium if did else UNKNOWN,
        "campaign": did.campaign if did else "",
        "request_type": did.request_type if did else UNKNOWN,
        "total_kopecks": sum(line.total_kopecks for line in order.lines),
        "version": len(order.events),
    }


def _lines(order: ToldOrder) -> Iterator[Row]:
    for position, line in enumerate(order.lines, start=1):
        yield {
            "order_id": order.id,
            "position": position,
            "kind": line.kind,
            "product_id": line.product_id,
            "article": line.article,
            "name": line.name,
            "unit": line.unit,
            "quantity_m": line.quantity_m,
            "price": line.price,
            "total_kopecks": line.total_kopecks,
        }


def _order_events(order: ToldOrder) -> Iterator[Row]:
    events = sorted(order.events, key=lambda event: event[0])
    for seq, (at, kind, actor_id, call, data) in enumerate(events, start=1):
        yield {
            "order_id": order.id,
            "seq": seq,
            "at": at,
            "kind": kind.value,
            "actor_id": actor_id,
            "call_id": call.call_id if call else "",
            "data": data,
        }


# --- calls ---------------------------------------------------------------------------------------------------


def _call_tables(data: DemoData, story: Story) -> Rows:
    dids = {did.number: (number, did) for number, did in enumerate(data.dids, start=1)}
    regions = {customer.id: customer.region for customer in story.customers}
    calls, legs, linkedids, happenings = [], [], [], []
    channels = itertools.count(1)
    for number, call in enumerate(story.calls, start=1):
        did_id, did = dids.get(call.did_number, (None, None))
        known = call.decision.region_code if call.decision else did.region if did else None
        region = known or regions.get(call.customer_id or 0)
        calls.append(_call(number, call) | {"did_id": did_id, "region_code": region})
        calls[-1]["source"] = did.source if did else UNKNOWN
        linkedids.append({"linkedid": call.call_id, "call_row_id": number})
        legs += [_leg(number, call, leg, next(channels)) for leg in call.legs]
        happenings += [
            {"call_row_id": number, "at": at, "kind": str(kind), "data": details}
            for at, kind, details in call.happenings
        ]
    return [
        (CallRow, calls),
        (LegRow, _with_ids(iter(legs))),
        (LinkedidRow, linkedids),
        (CallEventRow, _with_ids(iter(happenings))),
    ]


def _call(number: int, call: ToldCall) -> Row:
    ended_at = call.ended_at or call.started_at
    answered_at = call.answered_at
    who: PhoneInfo | None = call.talker or call.first_tried
    return {
        "id": number,
        "call_id": call.call_id,
        "direction": call.direction.value,
        "state": CallState.ENDED.value,
        "result": call.result.value,
        "started_at": call.started_at,
        "answered_at": answered_at,
        "ended_at": ended_at,
        "wait_s": round(((answered_at or ended_at) - call.started_at).total_seconds()),
        "talk_s": round((ended_at - answered_at).total_seconds()) if answered_at else 0,
        "did_number": call.did_number,
        "caller_number": call.number,
        "caller_raw": call.number or "anonymous",
        "org_id": who.org_id if who else None,
        "outlet_id": who.outlet_id if who else None,
        "user_id": who.user_id if who else None,
        "customer_id": call.customer_id,
        "order_id": call.order_id,
        "route": call.route.value,
        "warning": str(call.decision.warning) if call.decision else "",
        "is_transferred": call.is_transferred,
        "hangup_cause": call.legs[0].cause,
        "explanation": to_json(call.decision) if call.decision else None,
    }


def _leg(call_row_id: int, call: ToldCall, leg: ToldLeg, channel: int) -> Row:
    """The first channel's uniqueid is the call's id."""
    is_first = leg is call.legs[0]
    phone = leg.phone
    endpoint = "trunk-main" if leg.role is LegRole.CUSTOMER or phone is None else f"p{phone.phone_id}"
    return {
        "call_row_id": call_row_id,
        "uniqueid": call.call_id if is_first else f"{call.call_id.split('.')[0]}.{channel + FIRST_CHANNEL}",
        "channel": f"PJSIP/{endpoint}-{channel:08x}",
        "role": leg.role.value,
        "phone_id": phone.phone_id if phone else None,
        "org_id": phone.org_id if phone else None,
        "outlet_id": phone.outlet_id if phone else None,
        "user_id": phone.user_id if phone else None,
        "step": leg.step,
        "started_at": leg.started_at,
        "answered_at": leg.answered_at,
        "bridged_at": leg.bridged_at,
        "ended_at": leg.ended_at,
        "outcome": leg.outcome.value if leg.outcome else "",
        "hangup_cause": leg.cause,
    }
