"""Words of the report on orders: what came in a period, what became of it, how long it took, why it failed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcore.orders.model import Fault


class Cut(StrEnum):
    """By what the lines of the report are told apart. Stands in addresses."""

    DEALER = "dealer"
    MONTH = "month"
    MANAGER = "manager"
    REGION = "region"
    CAMPAIGN = "campaign"  # source, medium and campaign together


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` (inclusive) to `until` (exclusive); months are those of the zone `tz`."""

    since: datetime
    until: datetime
    tz: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFigures:
    """Of the orders that came in the period. `overdue` of the running by now; `refused`: so often dealers refused
    them or gave them back, told of the whole and of dealers only. `in_time` of the `done` by their term; `earned_kopecks` is what customers paid
    for the done. The three durations are medians: from creation until a dealer had it, until the proven talk, and until it
    was fulfilled; None without any."""

    came: int = 0
    taken: int = 0
    done: int = 0
    failed: int = 0
    overdue: int = 0
    refused: int = 0
    in_time: int = 0
    earned_kopecks: int = 0
    take_s: float | None = None
    contact_s: float | None = None
    sale_s: float | None = None

    @property
    def running(self) -> int:
        return self.came - self.done - self.failed

    @property
    def in_time_percent(self) -> int | None:
        return round(self.in_time * 100 / self.done) if self.done else None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """`key`: the dealer's, manager's or region's id as text (empty: none), «2026-11», or source, medium and campaign."""

    key: tuple[str, ...]
    name: str
    figures: OrderFigures


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """Shares of all failed orders; those of all lines add up to 100."""

    title: str
    fault: Fault | None  # None: closed without a reason, as old orders may be
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class OrdersReport:
    """`before`: of the period of the same length that went ahead. `faults`: percent of the failed by whose fault, 100 together."""

    total: OrderFigures
    before: OrderFigures
    lines: tuple[ReportLine, ...]
    reasons: tuple[ReasonLine, ...]
    faults: tuple[tuple[Fault | None, int], ...]


def whole_percents(counts: Sequence[int]) -> list[int]:
    """Shares in whole per cent that add up to 100 (0 when there is nothing): the largest remainders get what is left."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    shares = [count * 100 // total for count in counts]
    by_rest = sorted(range(len(counts)), key=lambda at: (-(counts[at] * 100 % total), at))
    for at in by_rest[: 100 - sum(shares)]:
        shares[at] += 1
    return shares
