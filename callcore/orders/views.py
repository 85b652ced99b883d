"""What pages are told of orders and customers: frozen, already cut to the viewer's rights. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from callcore.calls.views import RecordingView
from callcore.kernel.errors import Invalid
from callcore.kernel.phones import format_phone, mask_phone
from callcore.orders.list_model import OrderSort, OrderTab
from callcore.orders.model import OrderClass, OrderKind, OrderResult

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY: Final = 0
_CURSOR = re.compile(r"(\d{1,18})-(\d{1,18})(?:s(\d{1,18}))?")


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A telephone as this viewer may see it. `e164` is empty when `is_hidden`: the digits stay on the server."""

    text: str
    e164: str
    is_hidden: bool


def phone_view(e164: str, shown: Collection[str]) -> PhoneView | None:
    """`shown` are the numbers that this viewer may see. None when there is no number at all."""
    if not e164:
        return None
    if e164 in shown:
        return PhoneView(format_phone(e164), e164, False)
    return PhoneView(mask_phone(e164), "", True)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Every field narrows; None and empty do not. `org_id` means the organisation and all below it; `text` is an
    order's number, an article on it, a part of the customer's name, or the last digits (4 or more) of his telephone;
    `overdue_at`: not closed, and due before that instant; `due_from` and `due_before` bound the deadline; `numbers`: these alone;
    `seller_id` is the organisation without those below it, NOBODY: none has it; `campaign` empty: none was told."""

    kind: OrderKind | None = None
    status_class: OrderClass | None = None
    status: str = ""
    result: OrderResult | None = None
    org_id: int | None = None
    region_code: str = ""
    source: str = ""
    medium: str = ""
    campaign: str | None = None
    seller_id: int | None = None
    manager_id: int | None = None
    customer_id: int | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    overdue_at: datetime | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    text: str = ""
    tab: OrderTab | None = None
    sort: OrderSort = OrderSort.NEWEST
    numbers: tuple[int, ...] = ()

    def only(self, numbers: Collection[int]) -> "OrderFilter":
        """Of these orders alone; all when none is named."""
        return replace(self, numbers=tuple(numbers))


@dataclass(frozen=True, slots=True)
class OrderCursor:
    """The last order of a page; the next page begins after it. `total_kopecks` is set when sums make the order."""

    created_at: datetime
    id: int
    total_kopecks: int | None = None

    def encode(self) -> str:
        text = f"{(self.created_at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"
        return text if self.total_kopecks is None else f"{text}s{self.total_kopecks}"

    @classmethod
    def parse(cls, text: str) -> "OrderCursor":
        """Raises Invalid for anything that `encode` did not make."""
        match = _CURSOR.fullmatch(text) if text.isascii() else None
        try:
            at = _EPOCH + timedelta(microseconds=int(match[1])) if match else None
        except OverflowError:
            at = None
        if match is None or at is None:
            raise Invalid("cursor-invalid", fields={"after": "take it from the previous page"})
        return cls(at, int(match[2]), int(match[3]) if match[3] else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBrief:
    """A row of the list."""

    id: int
    number: int
    kind: OrderKind
    status: str
    status_name: str
    status_class: OrderClass
    result: OrderResult
    created_at: datetime
    due_at: datetime | None
    tz: str
    region_name: str
    city: str
    org_name: str
    manager_name: str
    source: str
    request_type: str
    total_kopecks: int
    customer_id: int
    customer_name: str
    phone: PhoneView | None
    calls_count: int


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`next_cursor` is None on the last page."""

    items: tuple[OrderBrief, ...]
    next_cursor: OrderCursor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call in a timeline. Holds no number. `recordings` only those that the viewer may hear."""

    call_id: str
    direction: str
    state: str
    result: str
    started_at: datetime
    wait_s: int
    talk_s: int
    org_name: str
    outlet_name: str
    user_name: str
    warning: str
    recordings: tuple[RecordingView, ...]
