"""Read side of orders: the card of an order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope
from callcore.calls.settings import FirstCall, call_settings
from callcore.calls.tables import CallRow
from callcore.customers.model import Customer
from callcore.customers.queries import customers_by_id
from callcore.kernel.errors import NotFound
from callcore.network.model import PhonePolicy, Viewer
from callcore.network.tables import DidRow, OutletRow
from callcore.orders.attention import attention_times
from callcore.orders.card_parts import (
    files_of,
    lines_of,
    outcome_of,
    people_of,
    rights_of,
    who_sells,
    without_house,
)
from callcore.orders.card_timeline import timeline_of
from callcore.orders.card_views import (
    LineChangeView,
    OrderCard,
    OrderCounts,
    OrderLineView,
    TimelineItem,
)
from callcore.orders.change_status import NEEDS_CONTACT, next_stages
from callcore.orders.edit_order import managers_for
from callcore.orders.masking import first_name, without_numbers
from callcore.orders.model import OrderEventKind, ReasonKind
from callcore.orders.phone_policy import phone_mode
from callcore.orders.pins import pin_view
from callcore.orders.queries import blotted, briefs_and_hidden, rows_of
from callcore.orders.reasons import load_reasons
from callcore.orders.rights import order_reach, reach_of, sees_order
from callcore.orders.settings import order_settings
from callcore.orders.statuses import StatusBook, load_statuses
from callcore.orders.tables import OrderRow
from callcore.orders.views import OrderBrief

Blot = Callable[[str], str]


async def order_card(
    session: AsyncSession, viewer: Viewer, number: int, now: datetime | None = None
) -> OrderCard:
    """His own order; with `now` also one that is offered to him at that instant, of which he is told little. Raises
    NotFound for an order that does not exist or that this viewer may not know of."""
    scope, is_own, order_id = await _reached(session, viewer, number, now)
    (row,) = await rows_of(session, [order_id])
    (brief,), hidden_on = await briefs_and_hidden(session, scope, [row])
    order: OrderRow = row[0]
    customer = (await customers_by_id(session, [order.customer_id]))[order.customer_id]
    hidden = hidden_on[order.id]
    blot = _blot(hidden, customer)
    card = OrderCard(
        order=brief if is_own else _stranger(brief),
        public_id=order.public_id if is_own else "",
        version=order.version,
        closed_at=order.closed_at,
        address=blot(order.address if is_own else without_house(order.address)),
        outlet_name="",
        medium=order.medium,
        campaign=blot(order.campaign),
        did_number="",
        did_label="",
        customer_note="",
        lines=_plain_lines(await lines_of(session, order), hidden),
        timeline=(),
        counts=OrderCounts(calls=0, comments=0, other_orders=0),
        channel=order.channel,
        promo_code=order.promo_code,
        discount_kopecks=order.discount_kopecks,
    )
    if not is_own:
        return card
    card = replace(card, customer_note=blot(customer.note))
    return await _whole(session, viewer, scope, order, card, blot, now)


async def _reached(
    session: AsyncSession, viewer: Viewer, number: int, now: datetime | None
) -> tuple[Scope, bool, int]:
    """Scope, whether it is his own, the order's id."""
    scope = await reach_of(session, viewer)
    wanted = select(OrderRow.id).where(OrderRow.number == number)
    if (order_id := await session.scalar(wanted.where(sees_order(scope)))) is not None:
        return scope, True, order_id
    if now is not None:
        reach = await order_reach(session, viewer, now)
        order_id = await session.scalar(wanted.where(reach.available()))
    if order_id is None:
        raise NotFound("order-not-found")
    return scope, False, order_id


async def _whole(
    session: AsyncSession,
    viewer: Viewer,
    scope: Scope,
    order: OrderRow,
    card: OrderCard,
    blot: Blot,
    now: datetime | None,
) -> OrderCard:
    """What only who has the order is told."""
    book, settings = await load_statuses(session), await order_settings(session)
    card = await _with_places(session, order, card)
    timeline = tuple(_plain(item, blot) for item in await timeline_of(session, scope, order, book))
    times = attention_times(order, settings) if now else {}
    outcome = await outcome_of(session, order, timeline, settings)
    is_short = viewer.is_staff and any(line.is_missing for line in card.lines)
    card = replace(
        card,
        timeline=timeline,
        counts=OrderCounts(
            calls=sum(item.call is not None for item in timeline),
            comments=sum(item.kind is OrderEventKind.COMMENT for item in timeline),
            other_orders=await _count_orders(session, scope, order.customer_id) - 1,
        ),
        outcome=replace(outcome, note=blot(outcome.note)),
        rights=rights_of(viewer, order, is_own=True),
        files=tuple(replace(one, name=blot(one.name)) for one in await files_of(session, order.id)),
        causes=tuple(cause for cause, at in times.items() if now and at <= now),
        others_sell=await who_sells(session, order) if is_short else (),
    )
    return await _with_choices(session, viewer, order, card, book) if card.rights.may_work else card


async def _with_places(session: AsyncSession, order: OrderRow, card: OrderCard) -> OrderCard:
    """Who has it, where it came in, how far it is."""
    outlet = await session.get(OutletRow, order.outlet_id) if order.outlet_id else None
    did = await session.get(DidRow, order.did_id) if order.did_id else None
    manager, dealer = await people_of(session, order)
    rules = await call_settings(session)
    return replace(
        card,
        phone_policy=PhonePolicy(order.phone_policy) if order.phone_policy else None,
        phone_mode=await phone_mode(session, order, rules),
        proven_talk_s=rules.proven_talk_s,
        opens_when_dialled=rules.first_call is FirstCall.ATTEMPTED,
        outlet_name=outlet.name if outlet else "",
        did_number=did.number if did else "",
        did_label=did.label if did else "",
        manager=manager,
        dealer=dealer,
        cycle=order.cycle,
        accepted_at=order.accepted_at,
        contacted_at=order.contacted_at,
        region_code=order.region_code or "",
        lat=order.lat,
        lon=order.lon,
        pin=await pin_view(session, order),
    )


async def _with_choices(
    session: AsyncSession, viewer: Viewer, order: OrderRow, card: OrderCard, book: StatusBook
) -> OrderCard:
    stages = next_stages(order, book, is_staff=viewer.is_staff)
    reasons = await load_reasons(session, ReasonKind.FAILED)
    managers = await managers_for(session, order.org_id) if order.org_id is not None else ()
    return replace(
        card,
        stages=tuple((one.code, one.name, one.status_class in NEEDS_CONTACT) for one in stages),
        reasons=tuple((one.id, one.title) for one in reasons),
        managers=tuple((one.id, one.full_name) for one in managers),
    )


def _stranger(brief: OrderBrief) -> OrderBrief:
    """The customer of an order that is only offered: a first name and no number."""
    name = first_name(brief.customer_name)
    return replace(brief, customer_name=name, phone=None, calls_count=0, manager_name="")


def _blot(hidden: tuple[str, ...], customer: Customer) -> Blot:
    return lambda text: blotted(text, hidden, customer)


def _plain(item: TimelineItem, blot: Blot) -> TimelineItem:
    lines = tuple(
        LineChangeView(
            one.what, blot(one.name), tuple((name, blot(old), blot(new)) for name, old, new in one.words)
        )
        for one in item.lines
    )
    return replace(
        item,
        text=blot(item.text),
        reason=blot(item.reason),
        before=blot(item.before) if item.field == "place" else item.before,
        after=blot(item.after) if item.field == "place" else item.after,
        lines=lines,
    )


def _plain_lines(lines: tuple[OrderLineView, ...], hidden: tuple[str, ...]) -> tuple[OrderLineView, ...]:
    """Barcodes in names stay; the customer's own number does not."""
    if not hidden:
        return lines
    return tuple(
        replace(
            line,
            name=without_numbers(line.name, hidden, any_long=False),
            params={
                key: without_numbers(value, hidden, any_long=False) for key, value in line.params.items()
            },
        )
        for line in lines
    )


def sees_call(scope: Scope) -> ColumnElement[bool]:
    """A condition on CallRow: that it happened. A dealer sees his own people's and those on his orders."""
    if scope.is_whole:
        return true()
    own_orders = select(OrderRow.id).where(sees_order(scope))
    return or_(scope.calls(), CallRow.order_id.in_(own_orders))


async def _count_orders(session: AsyncSession, scope: Scope, customer_id: int) -> int:
    found = select(func.count()).select_from(OrderRow)
    return await session.scalar(found.where(sees_order(scope), OrderRow.customer_id == customer_id)) or 0
