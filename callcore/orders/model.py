"""Words and rules of orders. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from callcore.kernel.errors import Invalid
from callcore.kernel.money import line_total_kopecks

MAX_COMMENT_CHARS = 4000
MAX_LINES = 1000
DEFAULT_TZ = "Europe/Moscow"
UNKNOWN = "unknown"


class OrderKind(StrEnum):
    ORDER = "order"
    REQUEST = "request"  # «обращение»: somebody called or wrote, nothing is ordered yet


class OrderClass(StrEnum):
    """What rules look at; the words may be renamed freely."""

    OPEN = "open"  # nobody works on it yet
    WAITING = "waiting"  # somebody took it and must contact the customer
    CONTACTED = "contacted"
    PAYMENT = "payment"
    CLOSED = "closed"


class OrderResult(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class OrderEventKind(StrEnum):
    """OrderEventRow.kind. Stored: never renamed."""

    CREATED = "created"
    STATUS = "status"
    COMMENT = "comment"
    CALL = "call"
    CHANGED = "changed"
    OFFERED = "offered"  # a run of the distribution began
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RELEASED = "released"
    ASSIGNED = "assigned"  # by hand, by whoever distributes
    CONTACT = "contact"  # a talk with the customer is proven
    CLOSED = "closed"
    REOPENED = "reopened"
    FILE = "file"
    MESSAGE = "message"  # of the customer or to him
    FEEDBACK = "feedback"  # an answer to the survey, a review, a complaint
    CALLBACK = "callback"  # the customer asked to be called; what became of it
    ROBOT = "robot"  # what became of the automatic call, or the customer confirmed by his link


class OrderChannel(StrEnum):
    """By which door an order came. Stored: never renamed."""

    SITE = "site"
    API = "api"
    PHONE = "phone"  # an inbound call
    OPERATOR = "operator"  # somebody typed it in
    CALLBACK = "callback"
    IMPORT = "import"
    SMS = "sms"  # somebody answered an SMS and had no order


SERVICES = {
    "delivery": "Доставка",
    "installation": "Монтаж",
    "measuring": "Замер",
    "commissioning": "Пусконаладка",
    "consulting": "Консультация",
}
GOODS, SERVICE = "goods", "service"  # OrderLineRow.kind
INSTALLATION = "installation"
OWN_SITE = "own"  # OrderWindowRow.stage of an order that the dealer's own site brought
CLAIMED = "claim"  # of one whose customer is this dealer's protected one
OWN_STAGES = (OWN_SITE, CLAIMED)  # seen also by who sees no offers of the network


class ReasonKind(StrEnum):
    """OrderReasonRow.kind."""

    DECLINE = "decline"
    RELEASE = "release"
    FAILED = "failed"


class Fault(StrEnum):
    """Whose doing it is that an order came to nothing."""

    DEALER = "dealer"
    CUSTOMER = "customer"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """A stage of the pipeline: data with a fixed class. `name` is what people see."""

    code: str
    name: str
    status_class: OrderClass
    result: OrderResult = OrderResult.RUNNING


STATUSES: tuple[OrderStatus, ...] = (
    OrderStatus("new", "Новый", OrderClass.OPEN),
    OrderStatus("robot_confirmed", "Подтверждён роботом", OrderClass.OPEN),
    OrderStatus("available", "Доступен", OrderClass.OPEN),
    OrderStatus("dealer_declined", "Дилер отказался", OrderClass.OPEN),
    OrderStatus("accepted", "Принят", OrderClass.WAITING),
    OrderStatus("postponed", "Отложен", OrderClass.WAITING),
    OrderStatus("processed", "Обработан", OrderClass.CONTACTED),
    OrderStatus("clarifying", "Уточнение", OrderClass.CONTACTED),
    OrderStatus("in_production", "На производстве", OrderClass.CONTACTED),
    OrderStatus("payment", "Оплата", OrderClass.PAYMENT),
    OrderStatus("done", "Выполнен", OrderClass.CLOSED, OrderResult.DONE),
    OrderStatus("failed", "Не выполнен", OrderClass.CLOSED, OrderResult.FAILED),
)
_BY_CODE = {status.code: status for status in STATUSES}
NEW = "new"

KIND_NAMES = {OrderKind.ORDER: "Заказ", OrderKind.REQUEST: "Обращение"}
CLASS_NAMES = {
    OrderClass.OPEN: "Открыт",
    OrderClass.WAITING: "Ждёт звонка",
    OrderClass.CONTACTED: "Есть контакт",
    OrderClass.PAYMENT: "Оплата",
    OrderClass.CLOSED: "Завершён",
}
RESULT_NAMES = {
    OrderResult.RUNNING: "Выполняется",
    OrderResult.DONE: "Выполнен",
    OrderResult.FAILED: "Не выполнен",
}


def status_of(code: str) -> OrderStatus:
    """Raises Invalid for a status that does not exist."""
    try:
        return _BY_CODE[code]
    except KeyError:
        raise Invalid("order-status-unknown", fields={"status": "one of the pipeline"}) from None


@dataclass(frozen=True, slots=True)
class NewLine:
    """`quantity_m` in thousandths, `price` roubles with at most four places."""

    name: str
    quantity_m: int
    price: Decimal
    article: str = ""
    unit: str = "шт"
    kind: str = GOODS
    product_id: int | None = None
    category: str = ""
    service: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def total_kopecks(self) -> int:
        return line_total_kopecks(self.quantity_m, self.price)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is told when an order or a request is made; everything else is worked out."""

    kind: OrderKind
    customer_id: int
    status: str = NEW
    lines: Sequence[NewLine] = ()
    region_code: str | None = None
    tz: str = DEFAULT_TZ
    city: str = ""
    address: str = ""
    due_at: datetime | None = None
    org_id: int | None = None
    outlet_id: int | None = None
    manager_id: int | None = None
    did_id: int | None = None
    source: str = UNKNOWN
    medium: str = UNKNOWN
    campaign: str = ""
    request_type: str = UNKNOWN
    channel: str = ""
    site_org_id: int | None = None
    lat: float | None = None
    lon: float | None = None
    origin: Mapping[str, str] = field(
        default_factory=dict
    )  # more of where it came from: term, external_id, program

    @property
    def total_kopecks(self) -> int:
        return sum(line.total_kopecks for line in self.lines)


def check_lines(lines: Sequence[NewLine]) -> None:
    """Raises Invalid with the field of the first wrong line: lines.<n>.quantity, .price, .name."""
    if len(lines) > MAX_LINES:
        raise Invalid("order-too-long", fields={"lines": f"at most {MAX_LINES}"})
    for number, line in enumerate(lines):
        exponent = line.price.as_tuple().exponent
        wrong = {
            "name": not line.name.strip(),
            "quantity": line.quantity_m <= 0,
            "price": not isinstance(exponent, int) or line.price < 0 or exponent < -4,
        }
        for name, is_wrong in wrong.items():
            if is_wrong:
                raise Invalid("order-line-invalid", fields={f"lines.{number}.{name}": "not usable"})


def check_comment(text: str) -> str:
    """The text without surrounding blanks. Raises Invalid (field text)."""
    stripped = text.replace("\x00", "").strip()
    if not stripped:
        raise Invalid("comment-empty", fields={"text": "write something"})
    if len(stripped) > MAX_COMMENT_CHARS:
        raise Invalid("comment-too-long", fields={"text": f"at most {MAX_COMMENT_CHARS} characters"})
    return stripped
