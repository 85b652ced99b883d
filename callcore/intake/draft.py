"""An order as somebody outside tells it: words and figures as typed, and what of them can be an order. Pure.

Errors are stable codes by field: customer.phone, lines.<n>.quantity, due_at, …; words for people are the web's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from callcore.customers.consents import ConsentKind
from callcore.kernel.phones import parse_phone
from callcore.orders.model import GOODS, MAX_COMMENT_CHARS, SERVICE, SERVICES, UNKNOWN, OrderChannel

MAX_QUANTITY: Final = Decimal(1_000_000)
MAX_PRICE: Final = Decimal(100_000_000)
MAX_TOTAL_KOPECKS: Final = 10**14
MAX_DRAFT_LINES: Final = 200
MAX_PARAMS: Final = 20
LONGEST_TERM: Final = timedelta(days=5 * 365)
_DECIMAL = re.compile(r"\d{1,15}(\.\d{1,15})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s,;<>()\"]{1,64}@[^@\s,;<>()\"]{1,180}\.[^@\s.,;<>()\"]{2,63}")
_LIMITS: Final = {
    "name": 200,
    "city": 120,
    "address": 500,
    "source": 64,
    "medium": 64,
    "campaign": 200,
    "term": 200,
    "request_type": 64,
    "external_id": 120,
    "comment": MAX_COMMENT_CHARS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCustomer:
    """`phone` and `email` as typed. `id` is a known customer, of whom nothing else need be told."""

    name: str = ""
    phone: str = ""
    email: str = ""
    consents: tuple[ConsentKind, ...] = ()
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """`quantity` and `price` as typed, with a point or a comma. An empty price is the catalogue's."""

    kind: str = GOODS
    article: str = ""
    name: str = ""
    service: str = ""
    quantity: str = "1"
    price: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`due_at` is an instant, or `due_day` the last day on the order's own clock; empty: as the settings say.
    `site_org_id`: the dealer whose own site it came from; `org_id`: to whom it belongs at once."""

    channel: OrderChannel
    customer: DraftCustomer
    lines: tuple[DraftLine, ...] = ()
    region_code: str = ""
    city: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    source: str = UNKNOWN
    medium: str = UNKNOWN
    campaign: str = ""
    term: str = ""
    request_type: str = UNKNOWN
    site_org_id: int | None = None
    org_id: int | None = None
    comment: str = ""
    external_id: str = ""
    due_at: datetime | None = None
    due_day: date | None = None


def clean(text: str) -> str:
    """One line: control characters gone, blanks single."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def clean_text(text: str) -> str:
    """Several lines; line ends stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(char for char in line if char.isprintable()).rstrip() for line in lines).strip()


def number_of(text: str) -> Decimal | None:
    """«1 234,50» and «1234.5»; None for anything that is no plain number, 1e12 too."""
    bare = re.sub(r"[\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", "", text).replace(",", ".")
    return Decimal(bare) if _DECIMAL.fullmatch(bare) else None


def places_of(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


def quantity_problem(text: str) -> str:
    """Empty when it is a quantity: more than nothing, thousandths at most."""
    if not text.strip():
        return "empty"
    value = number_of(text)
    if value is None:
        return "not-positive" if text.strip().startswith("-") else "not-a-number"
    if value <= 0:
        return "not-positive"
    if value > MAX_QUANTITY:
        return "too-big"
    return "too-exact" if places_of(value) > 3 else ""


def price_problem(text: str) -> str:
    """Empty when it is a price, or when there is none."""
    if not text.strip():
        return ""
    value = number_of(text)
    if value is None:
        return "negative" if text.strip().startswith("-") else "not-a-number"
    if value > MAX_PRICE:
        return "too-big"
    return "too-exact" if places_of(value) > 4 else ""


def line_problems(number: int, line: DraftLine) -> dict[str, str]:
    wrong = {"quantity": quantity_problem(line.quantity), "price": price_problem(line.price)}
    if line.kind == SERVICE:
        wrong["service"] = "" if line.service in SERVICES else "not-listed"
    elif line.kind != GOODS:
        wrong["kind"] = "not-listed"
    elif not line.article and not line.name:
        wrong["name"] = "empty"
    if len(line.article) > 64:
        wrong["article"] = "too-long"
    if len(line.name) > 300:
        wrong["name"] = "too-long"
    if len(line.params) > MAX_PARAMS or any(len(k) > 64 or len(v) > 300 for k, v in line.params.items()):
        wrong["params"] = "too-long"
    return {f"lines.{number}.{name}": code for name, code in wrong.items() if code}


def draft_problems(draft: Draft, now: datetime) -> dict[str, str]:
    """All that can be told without looking anything up."""
    wrong: dict[str, str] = {}
    for number, line in enumerate(draft.lines):
        wrong |= line_problems(number, line)
    if len(draft.lines) > MAX_DRAFT_LINES:
        wrong["lines"] = "too-many"
    wrong |= _customer_problems(draft.customer)
    for name, limit in _LIMITS.items():
        if name != "name" and len(getattr(draft, name)) > limit:
            wrong[name] = "too-long"
    if (draft.lat is None) != (draft.lon is None):
        wrong["lat"] = "half-a-point"
    elif draft.lat is not None and draft.lon is not None and (abs(draft.lat) > 90 or abs(draft.lon) > 180):
        wrong["lat"] = "no-such-point"
    if problem := _due_problem(draft, now):
        wrong["due_at"] = problem
    return wrong


def _customer_problems(customer: DraftCustomer) -> dict[str, str]:
    if customer.id is not None:
        return {}
    wrong = {}
    if not customer.phone.strip() and not customer.email.strip():
        wrong["customer.phone"] = "needed"
    elif customer.phone.strip() and parse_phone(customer.phone) is None:
        wrong["customer.phone"] = "not-a-number"
    if customer.email.strip() and not is_email(customer.email.strip()):
        wrong["customer.email"] = "not-an-address"
    if len(customer.name) > _LIMITS["name"]:
        wrong["customer.name"] = "too-long"
    return wrong


def is_email(text: str) -> bool:
    return len(text) <= 254 and text.isprintable() and _EMAIL.fullmatch(text) is not None


def _due_problem(draft: Draft, now: datetime) -> str:
    if draft.due_at is not None:
        due = draft.due_at
    elif draft.due_day is not None:
        due = end_of_day(draft.due_day, "Asia/Kamchatka")  # the earliest end of a day that we have
        if draft.due_day < (now - timedelta(days=1)).date():
            return "in-the-past"
        return "too-far" if due - now > LONGEST_TERM else ""
    else:
        return ""
    if due <= now:
        return "in-the-past"
    return "too-far" if due - now > LONGEST_TERM else ""


def end_of_day(day: date, tz: str) -> datetime:
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(tz))
