"""Read side of the command palette: orders, customers and dealers by a few letters, each by its own rights."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.dealers import DealerFilter, find_dealers
from callcore.network.model import DEALER_ROLES, Viewer
from callcore.orders.model import KIND_NAMES
from callcore.orders.queries import list_orders
from callcore.orders.views import OrderFilter, OrderPage

MIN_CHARS: Final = 2
MAX_CHARS: Final = 80
MOST: Final = 6
LOOKED_AT: Final = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """`kind`: order, customer, dealer. `id` is what stands in its address: an order's number."""

    kind: str
    id: int
    title: str
    note: str


async def find_anything(
    session: AsyncSession, viewer: Viewer, text: str, *, now: datetime
) -> tuple[Hit, ...]:
    """Customers are those of the orders found: whoever may not see an order does not learn of its customer either."""
    text = text.strip()[:MAX_CHARS]
    is_number = text.isascii() and text.isdigit()
    if not (len(text) >= MIN_CHARS or is_number) or not (viewer.is_staff or viewer.role in DEALER_ROLES):
        return ()
    found = await list_orders(session, viewer, OrderFilter(text=text), limit=LOOKED_AT, now=now)
    dealers = await find_dealers(session, viewer, DealerFilter(text=text), after=None, limit=MOST)
    orders = tuple(
        Hit(
            "order",
            one.number,
            f"{KIND_NAMES[one.kind]} № {one.number}",
            ", ".join(part for part in (one.status_name, one.customer_name) if part),
        )
        for one in found.items[:MOST]
    )
    places = tuple(Hit("dealer", one.id, one.name, one.region_name) for one in dealers.items)
    return orders + await _customers(session, viewer, found, text) + places


async def _customers(session: AsyncSession, viewer: Viewer, found: OrderPage, text: str) -> tuple[Hit, ...]:
    """Of his own orders only: one that is merely offered has no card of its customer yet."""
    own = (
        found
        if viewer.is_staff
        else await list_orders(session, viewer, OrderFilter(text=text), limit=LOOKED_AT)
    )
    named = {one.customer_id: one for one in own.items if text.lower() in one.customer_name.lower()}
    return tuple(
        Hit("customer", one.customer_id, one.customer_name, one.phone.text if one.phone else "")
        for one in list(named.values())[:MOST]
    )
