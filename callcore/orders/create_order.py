"""Use case: an order or a request is made. Runs in the caller's transaction; numbers are one gapless sequence."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_rows, on_connection
from callcore.kernel.ids import public_id
from callcore.orders.model import NewLine, NewOrder, OrderClass, OrderEventKind, check_lines, status_of
from callcore.orders.pins import open_pin
from callcore.orders.sequence import take_numbers
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow


async def create_order(
    session: AsyncSession, new: NewOrder, *, now: datetime, actor_id: int | None = None
) -> OrderRow:
    """Order, lines and the event `created`. Raises Invalid for a wrong line or status; sums are exact, rounded half up
    once a line."""
    check_lines(new.lines)
    order = OrderRow(**order_values(new, number=await take_order_numbers(session), now=now))
    session.add(order)
    await session.flush()
    await add_lines(session, order.id, new.lines)
    await open_pin(session, order, now=now, actor_id=actor_id)
    created = created_values(order.id, new, now=now, actor_id=actor_id)
    await insert_rows(session, OrderEventRow, [created])
    return order


def order_values(new: NewOrder, *, number: int, now: datetime) -> dict[str, Any]:
    """The order's row by column."""
    status = status_of(new.status)
    return {
        "number": number,
        "public_id": public_id(),
        "kind": new.kind.value,
        "status": status.code,
        "status_class": status.status_class.value,
        "result": status.result.value,
        "created_at": now,
        "due_at": new.due_at,
        "closed_at": now if status.status_class is OrderClass.CLOSED else None,
        "customer_id": new.customer_id,
        "region_code": new.region_code,
        "tz": new.tz,
        "city": new.city,
        "address": new.address,
        "org_id": new.org_id,
        "outlet_id": new.outlet_id,
        "manager_id": new.manager_id,
        "did_id": new.did_id,
        "source": new.source,
        "medium": new.medium,
        "campaign": new.campaign,
        "request_type": new.request_type,
        "channel": new.channel,
        "site_org_id": new.site_org_id,
        "lat": new.lat,
        "lon": new.lon,
        "total_kopecks": new.total_kopecks,
        "version": 1,
    }


def created_values(
    order_id: int, new: NewOrder, *, now: datetime, actor_id: int | None = None
) -> dict[str, Any]:
    """The first row of the order's timeline."""
    return {
        "order_id": order_id,
        "seq": 1,
        "at": now,
        "kind": OrderEventKind.CREATED.value,
        "actor_id": actor_id,
        "call_id": "",
        "data": {
            "kind": new.kind.value,
            "status": status_of(new.status).code,
            "source": new.source,
            **new.origin,
        },
    }


async def take_order_numbers(session: AsyncSession, count: int = 1) -> int:
    """See take_numbers."""
    return await on_connection(session, take_numbers, count)


async def add_lines(
    session: AsyncSession, order_id: int, lines: Sequence[NewLine], *, first: int = 1
) -> None:
    """All in one statement; `first` is the position of the first of them."""
    rows = [_line_values(order_id, place, line) for place, line in enumerate(lines, start=first)]
    await insert_rows(session, OrderLineRow, rows)


def _line_values(order_id: int, position: int, line: NewLine) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "position": position,
        "kind": line.kind,
        "product_id": line.product_id,
        "article": line.article,
        "name": line.name,
        "unit": line.unit,
        "quantity_m": line.quantity_m,
        "price": line.price,
        "total_kopecks": line.total_kopecks,
        "category": line.category,
        "service": line.service,
        "params": dict(line.params),
    }
