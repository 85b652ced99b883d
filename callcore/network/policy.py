"""How dealers are chosen: a policy as data. Pure. The same engine ranks dealers for calls and for orders.

Stages follow one another: fix, quota, rating, base (their usual order). Each names an audience out of the candidates;
for a call the window of a stage is ring seconds, for an order it is minutes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

MAX_POINTS: Final = 1_000_000
MAX_NAME_CHARS: Final = 80


class StageKind(StrEnum):
    FIX = "fix"  # «Фикс»: a rule names one dealer
    QUOTA = "quota"  # «Базовая+»: the dealer of the quotas whom most is owed
    RATING = "rating"  # «Рейтинг»: the dealers with the most points
    BASE = "base"  # «Базовая»: all candidates


class QuotaUnit(StrEnum):
    PERCENT = "percent"
    QUANTITY = "quantity"


class Period(StrEnum):
    """Quotas count from the beginning of the day, week, month on the manufacturer's clock, or over the last 30 days."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    DAYS_30 = "days-30"


class Ringing(StrEnum):
    """How several phones or outlets of one audience are rung. Ties: longest idle, then id."""

    ALL = "all"  # together
    IN_ORDER = "in-order"  # by position
    LEAST_RECENT = "least-recent"  # longest idle first
    BY_RATING = "by-rating"  # most points first


@dataclass(frozen=True, slots=True)
class FixRule:
    """Calls that match go to `org_id` first. An empty condition matches everything; the first rule that matches rules."""

    org_id: int
    region_codes: tuple[str, ...] = ()
    did_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Quota:
    """`limit` is per cent of all that is counted in the period, or a number of calls."""

    org_id: int
    unit: QuotaUnit
    limit: int


@dataclass(frozen=True, slots=True)
class Stage:
    """`ring_s` for each step of this stage, 0 for the outlet's own. `rules` are for fix; `quotas` and `period` for quota;
    `min_points` (inclusive) and `best` (0: no limit) for rating."""

    kind: StageKind
    ring_s: int = 0
    ringing: Ringing = Ringing.IN_ORDER
    rules: tuple[FixRule, ...] = ()
    quotas: tuple[Quota, ...] = ()
    period: Period = Period.MONTH
    min_points: int = 0
    best: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """`min_points` is the hard gate: below it no dealer gets a call of the head site, None for no gate. `knows_days`: for
    how long whoever talked last with the caller goes first; 0 switches personal choice by talks off, `own_order_first`
    that by orders. `max_outlets` and `max_neighbours` bound the tries. Points for calls are added, so a loss is
    negative; 0 is off."""

    stages: tuple[Stage, ...] = (Stage(StageKind.BASE),)
    min_points: int | None = None
    own_order_first: bool = True
    knows_days: int = 30
    to_neighbours: bool = True
    max_outlets: int = 12
    max_neighbours: int = 3
    points_missed: int = 0
    points_declined: int = 0
    points_no_callback: int = 0


@dataclass(frozen=True, slots=True)
class ActivePolicy:
    """The version in force. `id` and `version` are 0 for the one that is built in, while nobody has saved any."""

    id: int
    version: int
    name: str
    policy: Policy


BUILT_IN: Final = ActivePolicy(0, 0, "Основная", Policy())


def policy_to_json(policy: Policy) -> dict[str, Any]:
    return asdict(policy)


def policy_from_json(body: Mapping[str, Any]) -> Policy:
    """The inverse. Raises ValueError for anything that `policy_to_json` did not write."""
    try:
        stages = tuple(_stage(item) for item in body["stages"])
        return Policy(**{**body, "stages": stages})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a policy: {error!r}") from error


def _stage(body: Mapping[str, Any]) -> Stage:
    return Stage(
        **{
            **body,
            "kind": StageKind(body["kind"]),
            "ringing": Ringing(body["ringing"]),
            "period": Period(body["period"]),
            "rules": tuple(
                FixRule(rule["org_id"], tuple(rule["region_codes"]), tuple(rule["did_ids"]))
                for rule in body["rules"]
            ),
            "quotas": tuple(
                Quota(quota["org_id"], QuotaUnit(quota["unit"]), quota["limit"]) for quota in body["quotas"]
            ),
        }
    )
