"""Ninety days of the demo network: calls that bring requests, orders of the site, talks about orders."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcore.calls.model import Direction, PhoneInfo
from callcore.calls.phone_book import PhoneBook
from callcore.demo.calls import Teller, ToldCall
from callcore.demo.chance import Chance
from callcore.demo.customers import ToldCustomer, tell_customers
from callcore.demo.data import DemoData
from callcore.demo.orders import ACCEPTED, AVAILABLE, OrderTeller, Seller, ToldOrder
from callcore.network.directory_rows import Directory
from callcore.network.model import OrgKind, OrgState, PhoneOwner
from callcore.orders.model import OrderKind
from callcore.routing.decide import decide
from callcore.routing.known import RoutingSnapshot
from callcore.routing.snapshot import build_snapshot

CALLS = 2500
ORDERS = 2000
BROUGHT_BY_CALLS = 850
HIDDEN_CALLERS = 25
UNKNOWN_DID = "+74950009999"  # an old advertisement
GOLDEN_QUANTITY_M = 40_000  # 40 pieces at 222.75 are 8 910.00


@dataclass(frozen=True, slots=True)
class Story:
    """All sorted by time; ids count from 1 in that order."""

    customers: tuple[ToldCustomer, ...]
    orders: tuple[ToldOrder, ...]
    calls: tuple[ToldCall, ...]


def tell(
    data: DemoData, directory: Directory, users_of: Mapping[int, tuple[int, ...]], now: datetime
) -> Story:
    """`directory` is the demo network as stored; `users_of` gives the people of an organisation."""
    return _Narrator(data, directory, users_of, now).tell()


class _Narrator:
    def __init__(
        self, data: DemoData, directory: Directory, users_of: Mapping[int, tuple[int, ...]], now: datetime
    ) -> None:
        self._data = data
        self._chance = Chance(now)
        self._snapshot: RoutingSnapshot = build_snapshot(directory, 1, now)
        book = PhoneBook(directory)
        self._phones = {
            phone.key: info for phone in directory.phones if (info := book.phone(phone.key)) is not None
        }
        self._teller = Teller(self._chance, self._phones)
        self._orders = OrderTeller(self._chance, data)
        self._did_ids = {did.number: did.id for did in directory.dids}
        self._sellers = _sellers(directory, users_of)
        self._outlet_phones: dict[int, PhoneInfo] = {
            info.outlet_id: info
            for info in reversed(self._phones.values())
            if info.owner is PhoneOwner.OUTLET and info.outlet_id is not None
        }
        self._customers = tell_customers(data, self._chance)
        self._calls: list[ToldCall] = []

    def tell(self) -> Story:
        orders = [self._brought_by_call(customer) for customer in self._callers(BROUGHT_BY_CALLS)]
        orders += [self._from_site(customer) for customer in self._callers(ORDERS - BROUGHT_BY_CALLS - 1)]
        orders.append(self._golden())
        for order in orders:
            if order.wants_contact_at is not None:
                self._contact(order, order.wants_contact_at)
        for _ in range(HIDDEN_CALLERS):
            self._hidden_call()
        while len(self._calls) < CALLS:
            self._follow_up(self._chance.one(orders[:-1]))
        return self._numbered(orders)

    def _callers(self, count: int) -> list[ToldCustomer]:
        """Everybody once, then those who come again; the first customer is kept for the golden order."""
        everybody = list(self._customers[1:])
        self._chance.random.shuffle(everybody)
        return everybody + self._chance.random.choices(everybody, k=count - len(everybody))

    def _brought_by_call(self, customer: ToldCustomer) -> ToldOrder:
        call = self._inbound(customer, self._chance.moment(customer.tz), self._did(customer))
        talker = call.talker
        seller = self._seller(customer.region, talker.org_id if talker else None)
        kinds = ((OrderKind.REQUEST, 6), (OrderKind.ORDER, 4 if call.is_talk else 0))
        kind = self._chance.of(*kinds)
        order = self._order(kind, call.started_at, customer, call.did_number, seller)
        self._orders.live(order, is_contacted=call.is_talk)
        order.takes_call(call)
        return order

    def _from_site(self, customer: ToldCustomer) -> ToldOrder:
        kind = self._chance.of((OrderKind.ORDER, 9), (OrderKind.REQUEST, 1))
        did = next((did.number for did in self._data.dids if did.region == customer.region), "")
        at = self._chance.moment(customer.tz)
        order = self._order(kind, at, customer, did, self._seller(customer.region, None))
        self._orders.live(order, is_contacted=False)
        return order

    def _golden(self) -> ToldOrder:
        """An order of the first customer whose sum people know by heart. Its dealer has accepted it and not called yet:
        the first call finds it open, with the number still hidden."""
        customer = self._customers[0]
        at = self._chance.at_work(self._chance.now - timedelta(days=2), customer.tz) - timedelta(hours=20)
        seller = self._seller(customer.region, None)
        order = self._order(OrderKind.ORDER, at, customer, self._data.samples[0].did, seller)
        order.lines = (self._orders.line(0, GOLDEN_QUANTITY_M),)
        order.begins()
        order.move(at + timedelta(seconds=20), AVAILABLE, None)
        order.move(at + timedelta(minutes=25), ACCEPTED, order.manager_id)
        order.due_at = at + timedelta(days=6)
        return order

    def _order(
        self, kind: OrderKind, at: datetime, customer: ToldCustomer, did_number: str, seller: Seller | None
    ) -> ToldOrder:
        did = next((did for did in self._data.dids if did.number == did_number), None)
        is_empty = kind is OrderKind.REQUEST and self._chance.happens(0.4)
        return ToldOrder(
            kind=kind,
            created_at=at,
            customer=customer,
            did=did,
            did_id=self._did_ids.get(did_number),
            seller=seller,
            manager_id=self._chance.one(seller.user_ids) if seller else None,
            lines=() if is_empty else self._orders.lines(),
            public_id=self._chance.public_id(),
        )

    def _contact(self, order: ToldOrder, at: datetime) -> None:
        """«Обработан» needs a talk: the dealer reaches the customer right before, sometimes at the second try."""
        phone = self._outlet_phones.get(order.seller.outlet_id) if order.seller else None
        if phone is None:
            return
        if self._chance.happens(0.12):
            self._outbound(order, phone, at - timedelta(minutes=40), succeeds=False)
        self._outbound(order, phone, at - timedelta(minutes=27), succeeds=True)

    def _outbound(self, order: ToldOrder, phone: PhoneInfo, at: datetime, *, succeeds: bool) -> None:
        call = ToldCall(
            Direction.OUTBOUND,
            max(at, order.created_at + timedelta(seconds=30)),
            order.customer.number,
            order.did.number if order.did else "",
            name=order.customer.name,
            customer_id=order.customer.id,
        )
        self._calls.append(self._teller.outbound(call, phone, succeeds=succeeds))
        order.takes_call(call)

    def _follow_up(self, order: ToldOrder) -> None:
        """A customer asks about an order while it runs."""
        last = order.closed_at or self._chance.now
        span = min((last - order.created_at).total_seconds(), 12 * 86400)
        wished = order.created_at + self._chance.seconds(min(1800, span), span)
        at = self._chance.at_work(wished, order.customer.tz)
        if at < self._chance.now - timedelta(minutes=40):
            call = self._inbound(order.customer, at, order.did.number if order.did else "")
            order.takes_call(call)

    def _hidden_call(self) -> None:
        at = self._chance.moment("Europe/Moscow")
        self._inbound(None, at, self._chance.one(self._data.dids).number)

    def _inbound(self, customer: ToldCustomer | None, at: datetime, did: str) -> ToldCall:
        number = customer.number if customer else ""
        call = ToldCall(Direction.INBOUND, at, number, did, decide(self._snapshot, did, number, at))
        if customer is not None:
            call.customer_id, call.name = customer.id, customer.name
        self._calls.append(self._teller.inbound(call))
        return call

    def _did(self, customer: ToldCustomer) -> str:
        """The number that this customer saw: mostly one of the region, sometimes the free line."""
        if self._chance.happens(0.012):
            return UNKNOWN_DID
        own = [did for did in self._data.dids if did.region == customer.region]
        everywhere = [did for did in self._data.dids if did.to_operators]
        return self._chance.one(everywhere if not own or self._chance.happens(0.16) else own).number

    def _seller(self, region: str, org_id: int | None) -> Seller:
        """Of the organisation that talked, else one of the region; the capital's where nobody sells."""
        here = self._sellers.get(region) or self._sellers[self._data.orgs[0].region]
        own = [seller for seller in here if seller.org_id == org_id]
        return self._chance.one(own or here)

    def _numbered(self, orders: list[ToldOrder]) -> Story:
        orders.sort(key=lambda order: order.created_at)
        self._calls.sort(key=lambda call: call.started_at)
        for number, call in enumerate(self._calls, start=1):
            call.call_id = f"demo-{int(call.started_at.timestamp())}.{number}"
        for number, order in enumerate(orders, start=1):
            order.id = number
            for *_, told, _ in order.events:
                if told is not None:
                    told.order_id = number
        return Story(self._customers, tuple(orders), tuple(self._calls))


def _sellers(directory: Directory, users_of: Mapping[int, tuple[int, ...]]) -> dict[str, tuple[Seller, ...]]:
    """By region: outlets that stand there, else those of dealers that serve it from elsewhere."""
    orgs = {org.id: org for org in directory.orgs}
    found: dict[str, list[Seller]] = defaultdict(list)
    for outlet in directory.outlets:
        org = orgs[outlet.org_id]
        if org.state is OrgState.ACTIVE and org.kind is not OrgKind.MANUFACTURER:
            found[outlet.region_code].append(Seller(org.id, outlet.id, users_of[org.id]))
    return {code: tuple(sellers) for code, sellers in found.items()}
