"""One order of the past: what was ordered, and its way from «Новый» to its end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from callcore.demo.calls import ToldCall
from callcore.demo.chance import Chance
from callcore.demo.customers import ToldCustomer
from callcore.demo.data import DemoData, DemoDid
from callcore.orders.model import (
    UNKNOWN,
    NewLine,
    OrderClass,
    OrderEventKind,
    OrderKind,
    OrderStatus,
    status_of,
)

NEW: Final = status_of("new")
AVAILABLE: Final = status_of("available")
REFUSED: Final = status_of("dealer_declined")
ACCEPTED: Final = status_of("accepted")
POSTPONED: Final = status_of("postponed")
PROCESSED: Final = status_of("processed")
CLARIFYING: Final = status_of("clarifying")
PRODUCTION: Final = status_of("in_production")
PAYMENT: Final = status_of("payment")
DONE: Final = status_of("done")
FAILED: Final = status_of("failed")


@dataclass(frozen=True, slots=True)
class Seller:
    """Who may take an order: a dealer's outlet and its people."""

    org_id: int
    outlet_id: int
    user_ids: tuple[int, ...]


@dataclass(slots=True)
class ToldOrder:
    """`events` are (instant, kind, actor, call, data); `wants_contact_at` is when the dealer must reach the customer."""

    kind: OrderKind
    created_at: datetime
    customer: ToldCustomer
    did: DemoDid | None
    did_id: int | None
    seller: Seller | None
    manager_id: int | None
    status: OrderStatus = NEW
    due_at: datetime | None = None
    closed_at: datetime | None = None
    wants_contact_at: datetime | None = None
    lines: tuple[NewLine, ...] = ()
    events: list[tuple[datetime, OrderEventKind, int | None, ToldCall | None, dict[str, Any]]] = field(
        default_factory=list
    )
    public_id: str = ""
    id: int = 0

    def begins(self) -> None:
        source = self.did.source if self.did else UNKNOWN
        data = {"kind": self.kind.value, "status": NEW.code, "source": source}
        self.events.append((self.created_at, OrderEventKind.CREATED, None, None, data))

    def move(self, at: datetime, status: OrderStatus, actor_id: int | None, text: str = "") -> None:
        data = {"from": self.status.code, "to": status.code, **({"text": text} if text else {})}
        self.events.append((at, OrderEventKind.STATUS, actor_id, None, data))
        self.status = status

    def takes_call(self, call: ToldCall) -> None:
        self.events.append((call.started_at, OrderEventKind.CALL, None, call, {}))


class OrderTeller:
    def __init__(self, chance: Chance, data: DemoData) -> None:
        self._chance = chance
        self._data = data

    def lines(self) -> tuple[NewLine, ...]:
        """One to five goods of one or two kinds, sometimes a service."""
        count = self._chance.of((1, 4), (2, 4), (3, 3), (4, 1.5), (5, 0.8))
        first = self._chance.random.randrange(len(self._data.products))
        numbers = {
            (first + self._chance.random.randrange(12)) % len(self._data.products) for _ in range(count)
        }
        lines = [self.line(number, 1000 * self._quantity()) for number in sorted(numbers)]
        if self._chance.happens(0.3):
            service = self._chance.one(self._data.words.services)
            lines.append(NewLine(service.name, 1000, service.price, unit=service.unit, kind="service"))
        return tuple(lines)

    def line(self, number: int, quantity_m: int) -> NewLine:
        """`number` counts products from 0."""
        product = self._data.products[number]
        if product.unit == "м":
            quantity_m += 100 * self._chance.random.randrange(10)
        return NewLine(
            product.name, quantity_m, product.price, product.article, product.unit, product_id=number + 1
        )

    def live(self, order: ToldOrder, *, is_contacted: bool) -> None:
        """Move the order as far as the time since it came allows. `is_contacted`: the call that brought it was a talk."""
        order.begins()
        for at, status, text in self._way(order, is_contacted=is_contacted):
            if at >= self._chance.now:
                break
            if status is ACCEPTED:
                order.due_at = at + timedelta(days=self._chance.random.randint(3, 10))
            if status is PROCESSED and not is_contacted:
                order.wants_contact_at = at
            is_end = status.status_class is OrderClass.CLOSED
            if is_end:
                order.closed_at = at
            order.move(at, status, None if status is AVAILABLE else order.manager_id, text)
            if status is not AVAILABLE and not is_end and self._chance.happens(0.18):
                self._comment(order, at)
        if order.status.status_class is OrderClass.OPEN:
            order.seller = order.manager_id = None

    def _way(self, order: ToldOrder, *, is_contacted: bool) -> list[tuple[datetime, OrderStatus, str]]:
        """The whole way that this order will go, in order of time, the future included."""
        chance, tz = self._chance, order.customer.tz
        way: list[tuple[datetime, OrderStatus, str]] = []

        def then(status: OrderStatus, low_h: float, high_h: float, text: str = "") -> None:
            last = way[-1][0] if way else order.created_at
            at = last + chance.seconds(low_h * 3600, high_h * 3600)
            way.append((at if status is AVAILABLE else chance.at_work(at, tz), status, text))

        then(AVAILABLE, 0.001, 0.02)
        if chance.happens(0.05):
            then(REFUSED, 0.1, 6)
            then(AVAILABLE, 0.2, 12)
        then(ACCEPTED, 0.01, 0.05) if is_contacted else then(ACCEPTED, 0.05, 9)
        then(PROCESSED, 0.02, 0.2) if is_contacted else then(PROCESSED, 0.1, 6)
        if chance.happens(0.5):
            then(CLARIFYING, 0.2, 30)
        if chance.happens(0.08):
            then(POSTPONED, 4, 40)
        if chance.happens(0.24):
            then(FAILED, 6, 150, chance.one(self._data.words.failures))
            return way
        then(PAYMENT, 1, 70)
        if chance.happens(0.22):
            then(PRODUCTION, 6, 60)
        then(DONE, 20, 170)
        return way

    def _comment(self, order: ToldOrder, after: datetime) -> None:
        at = after + self._chance.seconds(120, 5000)
        if at < self._chance.now:
            text = self._chance.one(self._data.words.comments)
            order.events.append((at, OrderEventKind.COMMENT, order.manager_id, None, {"text": text}))

    def _quantity(self) -> int:
        return self._chance.of(
            (self._chance.random.randint(1, 9), 3), (self._chance.random.randint(10, 60), 5), (120, 0.5)
        )
