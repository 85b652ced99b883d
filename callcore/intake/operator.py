"""What an operator's form begins with, and what comes of it: a new order, or a request («обращение») that becomes one under
its own number. Runs in the caller's transaction."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import shown_numbers
from callcore.calls.tables import CallRow
from callcore.customers.queries import customers_by_id
from callcore.intake.draft import Draft
from callcore.intake.from_request import order_from_request
from callcore.intake.once import Press, earlier_answer, remember
from callcore.intake.take_in import RegionsOf, Sender, take_in
from callcore.intake.take_once import Taken, pack, told_of, unpack
from callcore.kernel.errors import Forbidden, NotFound
from callcore.network.model import DEALER_ROLES, Role, Viewer
from callcore.network.outlets import check_not_suspended
from callcore.orders.masking import without_numbers
from callcore.orders.model import UNKNOWN, OrderClass, OrderKind
from callcore.orders.rights import OrderReach, order_reach
from callcore.orders.tables import OrderRow
from callcore.orders.views import phone_view

TAKERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR, *DEALER_ROLES})


@dataclass(frozen=True, slots=True)
class Asked:
    """From where the form was opened; at most one of them."""

    customer_id: int | None = None
    call_id: str = ""
    request: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`phone_text` is masked where this viewer may not see the number. `request` is the number of the request that will
    become the order."""

    customer_id: int | None = None
    customer_name: str = ""
    phone_text: str = ""
    request: int | None = None
    call_id: str = ""
    region_code: str = ""
    city: str = ""
    address: str = ""
    source: str = UNKNOWN
    medium: str = UNKNOWN
    campaign: str = ""
    request_type: str = UNKNOWN


async def known_for(session: AsyncSession, viewer: Viewer, asked: Asked, now: datetime) -> Known:
    """Raises NotFound for what this viewer may not know of, Forbidden for who takes no orders."""
    check_taker(viewer)
    reach = await order_reach(session, viewer, now)
    if asked.request is not None:
        return await _of_request(session, reach, OrderRow.number == asked.request)
    if asked.call_id:
        return await _of_call(session, reach, asked.call_id)
    if asked.customer_id is not None:
        if not await _knows(session, reach, asked.customer_id):
            raise NotFound("customer-not-found")
        return await _with_customer(session, reach, asked.customer_id, Known())
    return Known()


def check_taker(viewer: Viewer) -> None:
    if viewer.role not in TAKERS:
        raise Forbidden("not-taker-of-orders")


async def _knows(session: AsyncSession, reach: OrderReach, customer_id: int) -> bool:
    if reach.scope.is_whole:
        return True
    own = select(OrderRow.id).where(OrderRow.customer_id == customer_id, reach.own()).limit(1)
    return await session.scalar(own) is not None


async def _of_call(session: AsyncSession, reach: OrderReach, call_id: str) -> Known:
    call = await session.scalar(select(CallRow).where(CallRow.call_id == call_id, reach.scope.calls()))
    if call is None:
        raise NotFound("call-not-found")
    if call.order_id is not None:
        try:
            return replace(await _of_request(session, reach, OrderRow.id == call.order_id), call_id=call_id)
        except NotFound:
            pass  # the call stands on an order already: this is another one of the same customer
    known = Known(call_id=call_id, region_code=call.region_code or "")
    return await _with_customer(session, reach, call.customer_id, known) if call.customer_id else known


async def _of_request(session: AsyncSession, reach: OrderReach, which: Any) -> Known:
    order = await session.scalar(
        select(OrderRow).where(
            which,
            reach.own(),
            OrderRow.kind == OrderKind.REQUEST.value,
            OrderRow.status_class != OrderClass.CLOSED.value,
        )
    )
    if order is None:
        raise NotFound("request-not-found")
    known = Known(
        request=order.number,
        region_code=order.region_code or "",
        city=order.city,
        address=order.address,
        source=order.source,
        medium=order.medium,
        campaign=order.campaign,
        request_type=order.request_type,
    )
    return await _with_customer(session, reach, order.customer_id, known)


async def _with_customer(session: AsyncSession, reach: OrderReach, customer_id: int, known: Known) -> Known:
    customer = (await customers_by_id(session, [customer_id])).get(customer_id)
    if customer is None:
        raise NotFound("customer-not-found")
    shown = await shown_numbers(session, reach.scope, [customer.phone])
    phone = phone_view(customer.phone, shown)
    is_hidden = phone is not None and phone.is_hidden
    name = without_numbers(customer.name, [customer.phone]) if is_hidden else customer.name
    return replace(
        known,
        customer_id=customer_id,
        customer_name=name,
        phone_text=phone.text if phone else "",
        region_code=known.region_code or customer.region_code or "",
    )


async def take_by_operator(
    session: AsyncSession,
    viewer: Viewer,
    press: Press,
    draft: Draft,
    asked: Asked,
    *,
    now: datetime,
    regions_of: RegionsOf,
) -> Taken:
    """A dealer's people make orders of their own; whom the form names is looked up anew. Raises as take_once, Forbidden,
    NotFound, NotAllowedNow("dealer-suspended", "request-taken")."""
    check_taker(viewer)
    await check_not_suspended(session, viewer)
    known_answer = await earlier_answer(session, press, now)
    if known_answer is not None:
        return unpack(known_answer)
    known = await known_for(session, viewer, asked, now)
    if known.customer_id is not None:
        draft = replace(draft, customer=replace(draft.customer, id=known.customer_id))
    if viewer.role in DEALER_ROLES:
        draft = replace(draft, org_id=viewer.org_id)
    sender = Sender(source="phone", actor_id=viewer.user_id)
    if known.request is None:
        order = await take_in(session, draft, sender, now=now, regions_of=regions_of)
    else:
        order = await order_from_request(
            session, known.request, draft, sender, now=now, regions_of=regions_of
        )
    taken = told_of(order)
    await remember(session, press, pack(taken))
    return taken
