"""What a dealer's rating is made of when it is not points alone. Pure.

Each measure becomes 0 to 100; the rating is their weighted mean. Points and revenue are measured by the best of the network.
A measure that is not known of a dealer (no fulfilled order, no answered survey) counts as the mean of those who have it, so
that a newcomer is neither ahead nor behind by it.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

MAX_WEIGHT: Final = 100
FULL: Final = 100.0
_SCORES: Final = (1, 5)  # of surveys


class Measure(StrEnum):
    """Names of Weights' fields. Stored: never renamed."""

    POINTS = "points"
    REVENUE = "revenue"
    ON_TIME = "on_time"
    SURVEY = "survey"


@dataclass(frozen=True, slots=True)
class Weights:
    """Whole numbers, 0 to MAX_WEIGHT; they need not add up to anything."""

    points: int = 1
    revenue: int = 0
    on_time: int = 0
    survey: int = 0

    def of(self, measure: Measure) -> int:
        value: int = getattr(self, measure.value)
        return value

    @property
    def is_points_only(self) -> bool:
        """The rating is the points themselves, not a share of them."""
        return not (self.revenue or self.on_time or self.survey)


POINTS_ONLY: Final = Weights()


@dataclass(frozen=True, slots=True)
class Merit:
    """Of one dealer, of the orders fulfilled in the last days. `survey` is the mean score, 1 to 5."""

    org_id: int
    points: int
    revenue_kopecks: int = 0
    on_time_percent: float | None = None
    survey: float | None = None


def shares(merits: Collection[Merit]) -> dict[int, dict[Measure, float | None]]:
    """Each measure as 0 to 100 by dealer; None where nothing is known."""
    most_points = max((one.points for one in merits), default=0)
    most_revenue = max((one.revenue_kopecks for one in merits), default=0)
    low, high = _SCORES
    return {
        one.org_id: {
            Measure.POINTS: _part(one.points, most_points),
            Measure.REVENUE: _part(one.revenue_kopecks, most_revenue),
            Measure.ON_TIME: one.on_time_percent,
            Measure.SURVEY: None if one.survey is None else FULL * (one.survey - low) / (high - low),
        }
        for one in merits
    }


def ratings(weights: Weights, merits: Collection[Merit]) -> dict[int, int]:
    """By dealer: points as they are, or 0 to 100."""
    if weights.is_points_only:
        return {one.org_id: one.points for one in merits}
    found = shares(merits)
    usual = {measure: _mean([share[measure] for share in found.values()]) for measure in Measure}
    total = sum(weights.of(measure) for measure in Measure)
    return {
        org_id: round(
            sum(weights.of(measure) * _known(share[measure], usual[measure]) for measure in Measure) / total
        )
        for org_id, share in found.items()
    }


def check_weights(weights: Weights) -> dict[str, str]:
    """Codes by field: out-of-range, all-zero (field weights)."""
    wrong = {name: "out-of-range" for name, value in asdict(weights).items() if not 0 <= value <= MAX_WEIGHT}
    return wrong or ({} if any(asdict(weights).values()) else {"weights": "all-zero"})


def weights_to_json(weights: Weights) -> dict[str, Any]:
    return asdict(weights)


def weights_from_json(body: Mapping[str, Any]) -> Weights:
    """What cannot be read is points only: a rating must not stop the network from being read."""
    try:
        weights = Weights(**{measure.value: int(body.get(measure.value, 0)) for measure in Measure})
    except (TypeError, ValueError):
        return POINTS_ONLY
    return POINTS_ONLY if check_weights(weights) else weights


def _part(value: int, most: int) -> float:
    return FULL * max(0, value) / most if most > 0 else 0.0


def _mean(values: Collection[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0


def _known(value: float | None, usual: float) -> float:
    return usual if value is None else value
