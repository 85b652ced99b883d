"""Which dealer deserves the call: what each brings, costs, and how he works. Pure.

A request is anything that a dealer was given in the period, an order or a request, also one that he refused. Its expected
margin is what one such request has brought so far: conversion times mean order, less what it cost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum


class Sort(StrEnum):
    """What the list begins with. The values stand in addresses: never renamed."""

    MARGIN = "margin"  # expected margin of a request
    QUALITY = "quality"
    MONEY = "money"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerValue:
    """Of one dealer in a period, or of all together. `cost_kopecks` is what he cost in the period as far as it falls to these
    requests: in a report on one region his costs are shared out by requests. `own_calls` were his to answer."""

    org_id: int = 0
    name: str = ""
    region_name: str = ""
    points: int = 0
    given: int = 0
    owned: int = 0
    done: int = 0
    in_time: int = 0
    revenue_kopecks: int = 0
    cost_kopecks: int = 0
    own_calls: int = 0
    answered: int = 0
    first_call_s: float | None = None
    complaints: int = 0
    answers: int = 0
    score_sum: float = 0

    @property
    def conversion(self) -> float | None:
        """0 to 1."""
        return self.done / self.given if self.given else None

    @property
    def mean_order_kopecks(self) -> float | None:
        return self.revenue_kopecks / self.done if self.done else None

    @property
    def cost_of_request(self) -> float | None:
        return self.cost_kopecks / self.given if self.given else None

    @property
    def expected_kopecks(self) -> float | None:
        """Conversion times mean order, less the cost of a request; None without any request."""
        return (self.revenue_kopecks - self.cost_kopecks) / self.given if self.given else None

    @property
    def margin_kopecks(self) -> int:
        return self.revenue_kopecks - self.cost_kopecks

    @property
    def return_percent(self) -> float | None:
        """Margin by cost; None while nothing was spent."""
        return 100 * self.margin_kopecks / self.cost_kopecks if self.cost_kopecks else None

    @property
    def answered_percent(self) -> float | None:
        return 100 * self.answered / self.own_calls if self.own_calls else None

    @property
    def in_time_percent(self) -> float | None:
        return 100 * self.in_time / self.done if self.done else None

    @property
    def complaint_percent(self) -> float | None:
        return 100 * self.complaints / self.owned if self.owned else None

    @property
    def score(self) -> float | None:
        """Mean of surveys, 1 to 5."""
        return self.score_sum / self.answers if self.answers else None


_SUMS = tuple(
    one.name
    for one in fields(DealerValue)
    if one.name not in ("org_id", "name", "region_name", "points", "first_call_s")
)


def total_of(values: Iterable[DealerValue]) -> DealerValue:
    """The wait for the first call is the mean of dealers, each by his fulfilled and running requests."""
    values = tuple(values)
    waits = [(one.first_call_s, one.owned) for one in values if one.first_call_s is not None]
    weight = sum(owned for _, owned in waits)
    return DealerValue(
        **{name: sum(getattr(one, name) for one in values) for name in _SUMS},
        first_call_s=sum(wait * owned for wait, owned in waits) / weight if weight else None,
    )


def ranked(values: Iterable[DealerValue], sort: Sort) -> tuple[DealerValue, ...]:
    """The best first; of whom nothing is known last. Ties: points, then id."""

    def place(one: DealerValue) -> tuple[bool, float, int, int]:
        best = {
            Sort.MARGIN: one.expected_kopecks,
            Sort.QUALITY: one.answered_percent,
            Sort.MONEY: float(one.margin_kopecks) if one.given or one.cost_kopecks else None,
        }[sort]
        return best is None, -(best or 0), -one.points, one.org_id

    return tuple(sorted(values, key=place))
