"""Pins of orders: whose they are, which addresses are to be looked for, and what became of that. A person's pin stays
whatever a geocoder says; a changed address is looked for again unless the pin is a person's.

Who changes an order holds its row; who keeps an answer takes that row first, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Connection, CursorResult, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.tables import CustomerRow
from callcore.kernel.database import on_connection, upsert
from callcore.network.tables import UserRow
from callcore.orders.card_views import PinView
from callcore.orders.geocoding.outgoing import asked_of
from callcore.orders.geocoding.port import Asked, Found, Precision
from callcore.orders.model import OrderClass
from callcore.orders.pin_tables import OrderPinRow
from callcore.orders.tables import OrderRow

HAND: Final = "hand"
SENT: Final = "sent"  # came with the order from another program
OF_PEOPLE: Final = frozenset({HAND, SENT})
_TRIES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, *[1440] * 6))
_BLANK: Final[dict[str, Any]] = {
    "source": "",
    "precision": "",
    "words": "",
    "lat": None,
    "lon": None,
    "by_id": None,
    "set_at": None,
    "is_older": False,
    "due_at": None,
    "attempts": 0,
    "error": "",
}


@dataclass(frozen=True, slots=True)
class DuePin:
    """One order's address that this worker looks for until `until`; `attempts` counts this one."""

    order_id: int
    asked: Asked
    until: datetime
    attempts: int


# --- who changes an order -----------------------------------------------------------------------------------


async def open_pin(session: AsyncSession, order: OrderRow, *, now: datetime, actor_id: int | None) -> None:
    """Of an order that was just made. What is over is not looked for."""
    if order.lat is not None:
        await _write(session, order.id, source=HAND if actor_id else SENT, by_id=actor_id, set_at=now)
    elif (order.address or order.city) and order.status_class != OrderClass.CLOSED.value:
        await _write(session, order.id, due_at=now)


async def set_pin(session: AsyncSession, order: OrderRow, *, now: datetime, actor_id: int | None) -> None:
    """The order has a point that a person has just given it."""
    await _write(session, order.id, source=HAND if actor_id else SENT, by_id=actor_id, set_at=now)


async def seek_pin(session: AsyncSession, order: OrderRow, *, now: datetime) -> None:
    """The order loses its point; its address is looked for, if it has one."""
    order.lat = order.lon = None
    if order.address or order.city:
        await _write(session, order.id, due_at=now)
    else:
        await forget_pins(session, [order.id])


async def address_changed(session: AsyncSession, order: OrderRow, *, now: datetime) -> None:
    """Without the pin having been touched."""
    source = await session.scalar(select(OrderPinRow.source).where(OrderPinRow.order_id == order.id))
    if source in OF_PEOPLE or (source is None and order.lat is not None):
        await session.execute(
            update(OrderPinRow).where(OrderPinRow.order_id == order.id).values(is_older=True)
        )
    else:
        await seek_pin(session, order, now=now)


async def forget_pins(session: AsyncSession, order_ids: Any) -> None:
    """`order_ids`: a list or a query."""
    await session.execute(
        delete(OrderPinRow)
        .where(OrderPinRow.order_id.in_(order_ids))
        .execution_options(synchronize_session=False)
    )


async def _write(session: AsyncSession, order_id: int, **values: Any) -> None:
    """The whole row anew: nothing stays of what was known of another point."""
    row = _BLANK | values | {"order_id": order_id}

    def write(connection: Connection) -> None:
        made = upsert(connection, cast("Table", OrderPinRow.__table__), "order_id", tuple(_BLANK))
        connection.execute(made, row)

    await on_connection(session, write)


async def pin_view(session: AsyncSession, order: OrderRow) -> PinView | None:
    """For whom the address may be shown; None: nobody has set a pin and nobody looks for one."""
    found = await session.execute(
        select(OrderPinRow, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == OrderPinRow.by_id)
        .where(OrderPinRow.order_id == order.id)
    )
    if (row := found.first()) is None:
        return PinView(source=HAND) if order.lat is not None else None
    pin, by_name = row
    return PinView(
        source=pin.source,
        precision=pin.precision,
        words=pin.words,
        lat=pin.lat,
        lon=pin.lon,
        by_name=by_name or "",
        is_older=pin.is_older,
        is_sought=pin.due_at is not None,
        has_failed=pin.error != "",
    )


# --- who looks for addresses --------------------------------------------------------------------------------


def is_any_due(connection: Connection, now: datetime) -> bool:
    """Asked every few seconds, most often in vain: one look into a small index."""
    due = select(OrderPinRow.order_id).where(OrderPinRow.due_at <= now).limit(1)
    return connection.execute(due).first() is not None


async def claim_pin(session: AsyncSession, *, now: datetime, lease: timedelta) -> DuePin | None:
    """The longest due, for this worker alone until the lease ends. Rows of orders that are gone are put away."""
    while True:
        found = await session.execute(
            select(OrderPinRow.order_id, OrderPinRow.due_at, OrderPinRow.attempts)
            .where(OrderPinRow.due_at <= now)
            .order_by(OrderPinRow.due_at, OrderPinRow.order_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if (row := found.first()) is None:
            return None
        order_id, seen, attempts = row
        asked = await _asked(session, order_id)
        until = now + lease if asked else None
        values = {"due_at": until, "attempts": attempts + 1}
        is_mine = await _guarded(session, order_id, seen, attempts, values)
        if is_mine and asked is not None and until is not None:
            return DuePin(order_id, asked, until, attempts + 1)


async def _asked(session: AsyncSession, order_id: int) -> Asked | None:
    found = await session.execute(
        select(OrderRow.city, OrderRow.address, OrderRow.region_code, CustomerRow.name)
        .join(CustomerRow, CustomerRow.id == OrderRow.customer_id)
        .where(OrderRow.id == order_id, OrderRow.deleted_at.is_(None), OrderRow.lat.is_(None))
    )
    row = found.first()
    return asked_of(row.city, row.address, row.region_code or "", row.name) if row else None


async def keep_found(
    session: AsyncSession, due: DuePin, found: Found | None, source: str, *, now: datetime
) -> bool:
    """False when it is not this worker's any more: a person was quicker, the address is another, the lease has ended."""
    await _take_order(session, due)
    values: dict[str, Any] = {"due_at": None, "error": "", "set_at": now} | _answer(found, source)
    if not await _guarded(session, due.order_id, due.until, due.attempts, values):
        return False
    if found is not None and found.precision.is_exact:
        await session.execute(
            update(OrderRow)
            .where(OrderRow.id == due.order_id)
            .values(lat=found.lat, lon=found.lon)
            .execution_options(synchronize_session=False)
        )
    return True


async def keep_failure(
    session: AsyncSession, due: DuePin, error: str, meanwhile: Found | None, *, now: datetime
) -> datetime | None:
    """When it is tried again; None: no more. `meanwhile` is shown until then."""
    again = now + _TRIES[due.attempts - 1] if due.attempts <= len(_TRIES) else None
    values: dict[str, Any] = {"due_at": again, "error": error[:200], "set_at": now}
    if meanwhile is not None:
        values |= _answer(meanwhile, meanwhile.source)
    await _take_order(session, due)
    _ = await _guarded(session, due.order_id, due.until, due.attempts, values)
    return again


def _answer(found: Found | None, source: str) -> dict[str, Any]:
    if found is None:
        return {
            "source": source,
            "precision": Precision.NONE.value,
            "words": "",
            "lat": None,
            "lon": None,
        }
    return {
        "source": found.source,
        "precision": found.precision.value,
        "words": found.words,
        "lat": found.lat,
        "lon": found.lon,
    }


async def _take_order(session: AsyncSession, due: DuePin) -> None:
    _ = await session.scalar(select(OrderRow.id).where(OrderRow.id == due.order_id).with_for_update())


async def _guarded(
    session: AsyncSession, order_id: int, seen: datetime | None, attempts: int, values: Mapping[str, Any]
) -> bool:
    done = await session.execute(
        update(OrderPinRow)
        .where(OrderPinRow.order_id == order_id, OrderPinRow.due_at == seen, OrderPinRow.attempts == attempts)
        .values(dict(values))
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount == 1
