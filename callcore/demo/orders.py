"""One order of the past: what was ordered, and its way from «Новый» to its end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from callcore.demo.calls import ToldCall
from callcore.demo.chance import Chance
from callcore.demo.customers import ToldCustomer
from callcore.demo.data import DemoData, DemoDid
from callcore.kernel.money import line_total_kopecks


@dataclass(frozen=True, slots=True)
class Stage:
    """A status as people read it, with the class that drives rules."""

    word: str
    stage_class: str


NEW: Final = Stage("Новый", "open")
AVAILABLE: Final = Stage("Доступен", "open")
REFUSED: Final = Stage("Дилер отказался", "open")
ACCEPTED: Final = Stage("Принят", "waiting")
POSTPONED: Final = Stage("Отложен", "waiting")
CONTACTED: Final = Stage("Обработан", "contacted")
CLARIFYING: Final = Stage("Уточнение", "contacted")
PAYMENT: Final = Stage("Оплата", "payment")
PRODUCTION: Final = Stage("На производстве", "payment")
CLOSED: Final = Stage("Завершён", "closed")
RUNNING, DONE, FAILED = "running", "done", "failed"


@dataclass(frozen=True, slots=True)
class Seller:
    """Who may take an order: a dealer's outlet and its people."""

    org_id: int
    outlet_id: int
    user_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToldLine:
    kind: str
    product_id: int | None
    article: str
    name: str
    unit: str
    quantity_m: int
    price: Decimal

    @property
    def total_kopecks(self) -> int:
        return line_total_kopecks(self.quantity_m, self.price)


@dataclass(slots=True)
class ToldOrder:
    """`events` are (instant, kind, actor, call, data); `wants_contact_at` is when the dealer must reach the customer."""

    kind: str
    created_at: datetime
    customer: ToldCustomer
    did: DemoDid | None
    did_id: int | None
    seller: Seller | None
    manager_id: int | None
    stage: Stage = NEW
    result: str = RUNNING
    due_at: datetime | None = None
    closed_at: datetime | None = None
    wants_contact_at: datetime | None = None
    lines: tuple[ToldLine, ...] = ()
    events: list[tuple[datetime, str, int | None, ToldCall | None, dict[str, Any]]] = field(
        default_factory=list
    )
    public_id: str = ""
    id: int = 0

    def move(self, at: datetime, stage: Stage, actor_id: int | None, **data: Any) -> None:
        self.events.append(
            (at, "status", actor_id, None, {"from": self.stage.word, "to": stage.word, **data})
        )
        self.stage = stage

    def takes_call(self, call: ToldCall) -> None:
        self.events.append((call.ended_at or call.started_at, "call", None, call, {}))


class OrderTeller:
    def __init__(self, chance: Chance, data: DemoData) -> None:
        self._chance = chance
        self._data = data

    def lines(self) -> tuple[ToldLine, ...]:
        """One to five goods of one or two kinds, sometimes a service."""
        count = self._chance.of((1, 4), (2, 4), (3, 3), (4, 1.5), (5, 0.8))
        first = self._chance.random.randrange(len(self._data.products))
        numbers = {
            (first + self._chance.random.randrange(12)) % len(self._data.products) for _ in range(count)
        }
        lines = [self.line(number, 1000 * self._quantity()) for number in sorted(numbers)]
        if self._chance.happens(0.3):
            service = self._chance.one(self._data.words.services)
            lines.append(ToldLine("service", None, "", service.name, service.unit, 1000, service.price))
        return tuple(lines)

    def line(self, number: int, quantity_m: int) -> ToldLine:
        """`number` counts products from 0."""
        product = self._data.products[number]
        if product.unit == "м":
            quantity_m += 100 * self._chance.random.randrange(10)
        return ToldLine(
            "goods", number + 1, product.article, product.name, product.unit, quantity_m, product.price
        )

    def live(self, order: ToldOrder, *, is_contacted: bool) -> None:
        """Move the order as far as the time since it came allows. `is_contacted`: the call that brought it was a talk."""
        source = order.did.source if order.did else "site"
        order.events.append((order.created_at, "created", None, None, {"source": source}))
        if order.seller is None:
            return
        steps = self._steps(order, is_contacted=is_contacted)
        for at, stage, data in steps:
            if at >= self._chance.now:
                break
            if stage is ACCEPTED:
                order.due_at = at + timedelta(days=self._chance.random.randint(3, 10))
            if stage is CONTACTED and not is_contacted:
                order.wants_contact_at = at
            if stage is CLOSED:
                order.closed_at, order.result = at, data["result"]
            actor = None if stage in (NEW, AVAILABLE) else order.manager_id
            order.move(at, stage, actor, **data)
            if stage not in (AVAILABLE, CLOSED) and self._chance.happens(0.18):
                self._comment(order, at)
        if order.stage in (NEW, AVAILABLE, REFUSED):
            order.seller = order.manager_id = None

    def _steps(self, order: ToldOrder, *, is_contacted: bool) -> list[tuple[datetime, Stage, dict[str, Any]]]:
        """The whole way that this order will go, in order of time, the future included."""
        chance, tz = self._chance, order.customer.tz
        steps: list[tuple[datetime, Stage, dict[str, Any]]] = []

        def then(stage: Stage, low_h: float, high_h: float, **data: Any) -> None:
            last = steps[-1][0] if steps else order.created_at
            at = last + chance.seconds(low_h * 3600, high_h * 3600)
            steps.append((at if stage is AVAILABLE else chance.at_work(at, tz), stage, data))

        then(AVAILABLE, 0.001, 0.02)
        if chance.happens(0.05):
            then(REFUSED, 0.1, 6)
            then(AVAILABLE, 0.2, 12)
        then(ACCEPTED, 0.01, 0.05) if is_contacted else then(ACCEPTED, 0.05, 9)
        then(CONTACTED, 0.02, 0.2) if is_contacted else then(CONTACTED, 0.1, 6)
        if chance.happens(0.5):
            then(CLARIFYING, 0.2, 30)
        if chance.happens(0.08):
            then(POSTPONED, 4, 40)
        if chance.happens(0.24):
            then(CLOSED, 6, 150, result=FAILED, reason=chance.one(self._data.words.failures))
            return steps
        then(PAYMENT, 1, 70)
        if chance.happens(0.22):
            then(PRODUCTION, 6, 60)
        then(CLOSED, 20, 170, result=DONE)
        return steps

    def _comment(self, order: ToldOrder, after: datetime) -> None:
        at = after + self._chance.seconds(120, 5000)
        if at < self._chance.now:
            text = self._chance.one(self._data.words.comments)
            order.events.append((at, "comment", order.manager_id, None, {"text": text}))

    def _quantity(self) -> int:
        return self._chance.of(
            (self._chance.random.randint(1, 9), 3), (self._chance.random.randint(10, 60), 5), (120, 0.5)
        )
