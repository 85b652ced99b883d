"""What changes from call to call and is known in memory when one comes. Pure, frozen; made anew by its keeper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class TieKind(StrEnum):
    """Why a caller is somebody's. Stored with calls: never renamed."""

    OWN_ORDER = "own-order"
    LAST_TALK = "last-talk"
    MASKED = "masked"  # a dealer called him from this very number of ours


@dataclass(frozen=True, slots=True)
class Tie:
    """The dealer who knows a caller: by the newest open order, else by the last talk. `at` of that order or talk."""

    kind: TieKind
    at: datetime
    org_id: int
    outlet_id: int | None = None
    user_id: int | None = None
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class QuotaCount:
    """Of one policy in its present period: all that were counted, and what each dealer was given."""

    counted: int = 0
    given: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Live:
    """`version` grows with each change. Phone keys as in the dialplan; dealers and outlets by id; callers E.164.

    `unreachable`: SIP phones without a registration; a phone that is not named is taken for reachable. `talking`: live
    calls by phone key. `phone_used_at`, `org_used_at`: the last time that one was rung for a customer.
    """

    version: int = 0
    unreachable: frozenset[str] = frozenset()
    talking: Mapping[str, int] = field(default_factory=dict)
    phone_used_at: Mapping[str, datetime] = field(default_factory=dict)
    org_used_at: Mapping[int, datetime] = field(default_factory=dict)
    quotas: Mapping[int, QuotaCount] = field(default_factory=dict)  # by policy id
    ties: Mapping[str, Tie] = field(default_factory=dict)  # by caller
    pairs: Mapping[tuple[str, str], Tie] = field(
        default_factory=dict
    )  # by caller and number of ours, E.164; they win


NOTHING_LIVE = Live()
