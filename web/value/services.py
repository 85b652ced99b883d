"""What the pages on dealers' value need from below; bootstrap fills it. The callables check the viewer's rights themselves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date

from aiohttp import web

from callcore.marketing.dealer_value import DealerValue, Sort
from callcore.network.change_costs import ChangeCosts
from callcore.network.change_rating import StoredWeights
from callcore.network.costs import CostPage
from callcore.network.merits import Measure, Merit, Weights
from callcore.network.model import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueReport:
    """`values` in the order that was asked for; `regions` are names by code, of all."""

    values: tuple[DealerValue, ...]
    total: DealerValue
    regions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rated:
    """One dealer: `now` by the weights in force, `then` by those that are tried."""

    merit: Merit
    name: str
    shares: Mapping[Measure, float | None]
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class TopChange:
    """Names of who is in the TOP of one strategy. `least` and `best` are its bounds."""

    title: str
    least: int
    best: int
    now: tuple[str, ...]
    then: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingBook:
    """`rated` the best by `then` first. `days`: orders of how many last days count."""

    stored: StoredWeights
    rated: tuple[Rated, ...]
    tops: tuple[TopChange, ...]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueServices:
    """`report` of months from the first day to the last, both within, of one region when it is named."""

    report: Callable[[Viewer, date, date, str, Sort], Awaitable[ValueReport]]
    regions: Callable[[], Awaitable[Mapping[str, str]]]
    costs: Callable[[Viewer, date | None], Awaitable[CostPage]]
    change_costs: ChangeCosts
    bring_costs: Callable[[Viewer, bytes], Awaitable[int]]
    rating: Callable[[Viewer, Weights | None], Awaitable[RatingBook]]
    save_rating: Callable[[Viewer, Weights, int], Awaitable[None]]


SERVICES = web.AppKey("value_services", ValueServices)
