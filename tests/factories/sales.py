"""Rows of customers, orders and calls with sensible values."""

import itertools
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallRow
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.orders.tables import OrderRow

SINCE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


async def make_customer(session: AsyncSession, *, phone: str | None = None, **values: Any) -> CustomerRow:
    """With one phone number, E.164; a fresh one unless given."""
    number = next(_numbers)
    row = CustomerRow(**{"name": f"Покупатель {number}", "created_at": SINCE} | values)
    session.add(row)
    await session.flush()
    session.add(ContactRow(customer_id=row.id, kind="phone", value=phone or f"+7900000{number:04d}"))
    await session.flush()
    return row


async def make_order(session: AsyncSession, customer: CustomerRow, **values: Any) -> OrderRow:
    """A new order that belongs to nobody yet."""
    number = next(_numbers)
    defaults = {
        "number": number,
        "public_id": f"public{number:020d}",
        "kind": "order",
        "status": "Новый",
        "status_class": "open",
        "result": "running",
        "created_at": SINCE,
        "customer_id": customer.id,
        "tz": "Europe/Moscow",
    }
    row = OrderRow(**defaults | values)
    session.add(row)
    await session.flush()
    return row


async def make_call(session: AsyncSession, **values: Any) -> CallRow:
    """An inbound call that ended unanswered."""
    number = next(_numbers)
    defaults = {
        "call_id": f"test-{number}",
        "direction": "inbound",
        "state": "ended",
        "result": "missed",
        "started_at": SINCE,
        "ended_at": SINCE,
    }
    row = CallRow(**defaults | values)
    session.add(row)
    await session.flush()
    return row
