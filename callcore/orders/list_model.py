"""Words of the order list: its tabs, its order, what one row and one page hold. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from callcore.orders.views import OrderBrief, OrderCursor

COUNT_LIMIT: Final = 10_000
MAX_EXPORT: Final = 50_000
MAX_CHOSEN: Final = 100  # rows of one action, as many as stand on a page


class OrderTab(StrEnum):
    """Stands in addresses: never renamed."""

    MINE = "mine"  # running, and led by the viewer (staff) or his organisation's (dealers)
    AVAILABLE = "available"
    CLOSED = "closed"
    DECLINED = "declined"  # a dealer refused, nobody has taken it since
    PROBLEMS = "problems"  # its attention_at has come
    ALL = "all"


TAB_NAMES: Final = {
    OrderTab.MINE: "Мои",
    OrderTab.AVAILABLE: "Доступные",
    OrderTab.CLOSED: "Завершённые",
    OrderTab.DECLINED: "Дилер отказался",
    OrderTab.PROBLEMS: "Проблемные",
    OrderTab.ALL: "Все",
}
STAFF_TABS: Final = tuple(OrderTab)
DEALER_TABS: Final = (OrderTab.MINE, OrderTab.AVAILABLE, OrderTab.CLOSED, OrderTab.PROBLEMS)


class OrderSort(StrEnum):
    NEWEST = ""
    OLDEST = "old"
    SUM = "sum"  # the biggest first


@dataclass(frozen=True, slots=True)
class Count:
    """Exact up to COUNT_LIMIT; beyond it only that there are more."""

    value: int

    @property
    def is_more(self) -> bool:
        return self.value > COUNT_LIMIT


@dataclass(frozen=True, slots=True)
class TabCount:
    tab: OrderTab
    count: Count


@dataclass(frozen=True, slots=True)
class Owed:
    """What asks for this viewer: `late` of them are problems already."""

    count: int
    late: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """`kind`: declined before acceptance, released after it."""

    org_name: str
    reason: str
    note: str
    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Taker:
    """Who else can take it; `opens_at` may still be to come."""

    org_id: int
    name: str
    opens_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """`product` is the first line's name, `more_lines` how many follow it. `waiting_since` is when it was offered or
    accepted, while that is what it waits for. `others_from`: the viewer sees it alone until then. `refusal` is the newest.
    `can_accept`: offered to the viewer's own organisation at this moment."""

    order: "OrderBrief"
    is_own: bool
    org_id: int | None
    product: str
    more_lines: int
    attention_at: datetime | None
    waiting_since: datetime | None
    others_from: datetime | None = None
    can_accept: bool = False
    refusal: Refusal | None = None
    takers: tuple[Taker, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """`total` counts the whole list under these conditions; `next_cursor` is None on the last page."""

    rows: tuple[ListRow, ...]
    next_cursor: "OrderCursor | None"
    total: Count
    tabs: tuple[TabCount, ...]
