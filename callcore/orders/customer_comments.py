"""Read side: what people wrote on the orders of one customer, for the list of everything that was said with him."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.model import ContactKind
from callcore.customers.tables import ContactRow
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, UserRow
from callcore.orders.card_timeline import is_told
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderEventKind
from callcore.orders.rights import reach_of, sees_order
from callcore.orders.tables import OrderEventRow, OrderRow

MAX_LISTED: Final = 50
_TEXT_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class CustomerComment:
    """`is_public`: the customer reads it on the page of his order."""

    at: datetime
    order_number: int
    author: str
    text: str
    is_public: bool


async def comments_of_customer(
    session: AsyncSession, viewer: Viewer, customer_id: int
) -> tuple[CustomerComment, ...]:
    """Newest first, of the orders that the viewer sees. The caller has checked that he may know the customer."""
    scope = await reach_of(session, viewer)
    own = ContactRow.customer_id == customer_id, ContactRow.kind == ContactKind.PHONE.value
    numbers = [] if scope.is_whole else list(await session.scalars(select(ContactRow.value).where(*own)))
    rows = await session.execute(
        select(OrderEventRow, OrderRow.number, UserRow.full_name, UserRow.org_id, OrgRow.kind)
        .join(OrderRow, OrderRow.id == OrderEventRow.order_id)
        .outerjoin(UserRow, UserRow.id == OrderEventRow.actor_id)
        .outerjoin(OrgRow, OrgRow.id == UserRow.org_id)
        .where(OrderRow.customer_id == customer_id, sees_order(scope))
        .where(OrderEventRow.kind == OrderEventKind.COMMENT.value)
        .order_by(OrderEventRow.at.desc(), OrderEventRow.id.desc())
        .limit(MAX_LISTED)
    )

    def shown(text: str) -> str:
        return (text if scope.is_whole else without_numbers(text, numbers))[:_TEXT_CHARS]

    return tuple(
        CustomerComment(
            event.at,
            number,
            name or "",
            shown(str(event.data.get("text", ""))),
            bool(event.data.get("is_public")),
        )
        for event, number, name, org_id, kind in rows
        if is_told(scope, event, org_id, kind)
    )
