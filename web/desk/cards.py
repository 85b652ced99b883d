"""What stands on the desk: gathered from the read sides by the viewer's own rights."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from callcore.calls.model import CallState
from callcore.calls.phone_reach import PhoneState
from callcore.calls.views import CallCard, JournalFilter, JournalRow, LiveCallView, RecordingView
from callcore.kernel.errors import NotFound
from callcore.network.model import Viewer
from callcore.network.queries import PhoneBrief
from callcore.orders.card_views import OrderCard
from callcore.orders.model import OrderClass
from callcore.orders.views import OrderBrief, OrderFilter
from web.calls.timeline import Try, tries_of
from web.desk.services import DeskServices

MAX_OPEN_ORDERS: Final = 4
MAX_OWN_CALLS: Final = 10
MAX_CUSTOMER_CALLS: Final = 5
OWN_CALLS_SINCE: Final = timedelta(days=30)

Moment = Literal["ringing", "talking", "elsewhere", "ended"]
PhoneMoment = Literal["free", "ringing", "talking", "lost"]


@dataclass(frozen=True, slots=True)
class Head:
    """What changes while the call lives. `moment` is the viewer's own part in it; the clock runs from `since` unless
    `took_s` says how long it was."""

    call: JournalRow
    moment: Moment
    since: datetime
    took_s: float | None
    tries: tuple[Try, ...]
    is_asking: bool
    recordings: tuple[RecordingView, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """`order` is the call's own, `others` further open ones of the customer; comments go to `order`, else to the first
    of the others."""

    head: Head
    order: OrderCard | None
    others: tuple[OrderBrief, ...]
    calls: tuple[JournalRow, ...]

    @property
    def is_new_customer(self) -> bool:
        return not (self.head.call.customer_name or self.calls or self.others)

    @property
    def comment_to(self) -> int | None:
        """The number of the order that a quick comment goes to."""
        if self.order is not None:
            return self.order.order.number
        return self.others[0].number if self.others else None


@dataclass(frozen=True, slots=True)
class OwnPhone:
    phone: PhoneBrief
    moment: PhoneMoment


@dataclass(frozen=True, slots=True)
class Side:
    phones: tuple[OwnPhone, ...]
    calls: tuple[JournalRow, ...]


async def own_cards(services: DeskServices, viewer: Viewer, now: datetime) -> tuple[Card, ...]:
    """Cards of the calls that ring or talk at the viewer's phones, newest first."""
    cards = []
    for live in await services.live(viewer):
        if is_own(live, viewer):
            try:
                cards.append(await card_of(services, viewer, live.call.call_id, now))
            except NotFound:  # it ended, or went to others, between the two questions
                continue
    return tuple(cards)


def is_own(live: LiveCallView, viewer: Viewer) -> bool:
    """The same rule as the live link's `mine`."""
    phones = live.ringing_phone_ids | live.talking_phone_ids
    return bool(phones.intersection(viewer.phone_ids)) or viewer.user_id in live.ringing_user_ids


async def head_of(services: DeskServices, viewer: Viewer, call_id: str, now: datetime) -> Head:
    return _head(await services.card(viewer, call_id), viewer, now)


async def card_of(services: DeskServices, viewer: Viewer, call_id: str, now: datetime) -> Card:
    card = await services.card(viewer, call_id)
    call = card.call
    if call.customer_id is None:
        return Card(_head(card, viewer, now), await _own_order(services, viewer, call), (), ())
    wanted = OrderFilter(customer_id=call.customer_id)
    found = await services.find_orders(viewer, wanted, after=None, limit=20)
    is_open = (item for item in found.items if item.status_class is not OrderClass.CLOSED)
    others = tuple(item for item in is_open if item.id != call.order_id)
    return Card(
        _head(card, viewer, now),
        await _own_order(services, viewer, call),
        others[:MAX_OPEN_ORDERS],
        await _other_calls(services, viewer, call, call.customer_id),
    )


async def side_of(services: DeskServices, viewer: Viewer, now: datetime) -> Side:
    """The viewer's phones and last calls: a dealer's are those of his outlets."""
    live = await services.live(viewer)
    ringing = frozenset(phone for one in live for phone in one.ringing_phone_ids)
    talking = frozenset(phone for one in live for phone in one.talking_phone_ids)
    states = services.phone_states()
    phones = tuple(
        OwnPhone(phone, _phone_moment(phone.id, ringing, talking, states.get(phone.id)))
        for phone in await services.phones(viewer.phone_ids)
    )
    user_id = viewer.user_id if viewer.is_staff else None
    wanted = JournalFilter(user_id=user_id, since=now - OWN_CALLS_SINCE)
    page = await services.journal(viewer, wanted, after="", before="", limit=MAX_OWN_CALLS)
    return Side(phones, page.items)


def _phone_moment(
    phone_id: int, ringing: frozenset[int], talking: frozenset[int], state: PhoneState | None
) -> PhoneMoment:
    """A call at the phone proves more than its registration."""
    if phone_id in talking:
        return "talking"
    if phone_id in ringing:
        return "ringing"
    return "lost" if state is PhoneState.UNREACHABLE else "free"


async def _own_order(services: DeskServices, viewer: Viewer, call: JournalRow) -> OrderCard | None:
    if call.order_id is None:
        return None
    numbers = await services.order_numbers(viewer, [call.order_id])
    number = numbers.get(call.order_id)
    return await services.order(viewer, number) if number is not None else None


async def _other_calls(
    services: DeskServices, viewer: Viewer, call: JournalRow, customer_id: int
) -> tuple[JournalRow, ...]:
    wanted = JournalFilter(customer_id=customer_id)
    page = await services.journal(viewer, wanted, after="", before="", limit=MAX_CUSTOMER_CALLS + 1)
    return tuple(item for item in page.items if item.call_id != call.call_id)[:MAX_CUSTOMER_CALLS]


def _head(card: CallCard, viewer: Viewer, now: datetime) -> Head:
    call, moment = card.call, _moment(card, viewer)
    is_talk = call.answered_at is not None and moment != "ringing"
    since = call.answered_at if is_talk and call.answered_at else call.started_at
    took_s = None
    if moment == "ended":
        took_s = call.talk_s or ((call.ended_at or now) - call.started_at).total_seconds()
    return Head(call, moment, since, took_s, tries_of(card.legs, now), card.is_asking, card.recordings)


def _moment(card: CallCard, viewer: Viewer) -> Moment:
    if card.call.state == CallState.ENDED:
        return "ended"
    own = [leg for leg in card.legs if leg.phone_id in viewer.phone_ids and leg.ended_at is None]
    if any(leg.bridged_at is not None for leg in own):
        return "talking"
    return "ringing" if own else "elsewhere"
