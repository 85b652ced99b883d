"""Who sees an order from when on. Pure.

Stages follow one another: each opens when the windows of the earlier ones that have somebody are over; where the policy
wants it, quota and rating run side by side. A stage that names nobody new takes no time and says why. Whoever sees an order
goes on seeing it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcore.distribution.candidates import OrderFacts, Verdict, fits_rule
from callcore.distribution.policy import OrderPolicy, OrderStage
from callcore.network.policy import Policy, Ringing, StageKind
from callcore.orders.model import CLAIMED, OWN_SITE
from callcore.routing.live import QuotaCount
from callcore.routing.model import Empty
from callcore.routing.ranking import NEVER, Audience, Matter, Share, audiences

ENDLESS: Final = timedelta(days=365_000)  # until the dealer declines
SIDE_BY_SIDE: Final = frozenset({StageKind.QUOTA, StageKind.RATING})
_AGES: Final = timedelta(days=36_500)


class Word(StrEnum):
    """OrderWindowRow.stage besides StageKind. Stored: never renamed."""

    OWN = OWN_SITE
    CLAIM = CLAIMED  # the customer is his: nobody else until he refuses
    EVERYONE = "everyone"  # after the base, beyond the region
    DESK = "desk"  # the department that distributes by hand


@dataclass(frozen=True, slots=True)
class History:
    """What quotas rest on: of the policy's present period, without this order. `used_at`: when each was last offered one
    by its quota."""

    count: QuotaCount = field(default_factory=QuotaCount)
    counted_by: Mapping[int, int] | None = None
    used_at: Mapping[int, datetime] = field(default_factory=dict)


NO_HISTORY: Final = History()


@dataclass(frozen=True, slots=True)
class Told:
    """One stage as it came out. `members` are dealers in order; `opens` after the order came, None for an empty stage;
    `window` None for until they decline; `org_id` the dealer of fix and quota."""

    stage: str
    members: tuple[int, ...] = ()
    opens: timedelta | None = None
    window: timedelta | None = timedelta()
    empty: Empty = Empty.NONE
    org_id: int | None = None
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One line for each stage of the policy; the windows of a run follow from it."""

    told: tuple[Told, ...]

    @property
    def reserved(self) -> int | None:
        """Whose quota it counts against."""
        return next((one.org_id for one in self.told if one.stage == StageKind.QUOTA and one.members), None)

    @property
    def first(self) -> tuple[str, tuple[int, ...]]:
        """The stage that opens first, with its dealers."""
        return next(((one.stage, one.members) for one in self.told if one.members), ("", ()))

    def windows(self, t0: datetime) -> list[tuple[int, str, datetime]]:
        """Dealer, stage and instant, in the order of opening."""
        return [
            (org_id, one.stage, t0 + one.opens)
            for one in self.told
            if one.opens is not None
            for org_id in one.members
        ]


def make_plan(
    policy: OrderPolicy,
    order: OrderFacts,
    verdicts: Iterable[Verdict],
    history: History = NO_HISTORY,
    *,
    everyone: Sequence[int] = (),
    everyone_after: timedelta | None = None,
) -> Plan:
    """`everyone` sees the order `everyone_after` the last stage opened."""
    pool = _Dealers([one for one in verdicts if one.is_in], history.used_at)
    matter = Matter(
        region_codes=(order.region_code,) if order.region_code else (),
        did_id=order.did_id,
        count=history.count,
        used_at=history.used_at,
        fits_rule=lambda rule: fits_rule(order, rule),
        counted_by=history.counted_by,
    )
    named = audiences(Policy(stages=policy.stages), pool, matter, limit=max(1, len(pool)))
    told = _timed(policy, named)
    if everyone and everyone_after is not None:
        told.append(_beyond(told, everyone, everyone_after))
    return Plan(tuple(told))


def alone_plan(word: Word, org_id: int) -> Plan:
    """Of the dealer's own site, or of his protected customer: nobody else until he refuses."""
    return Plan((Told(word, (org_id,), timedelta(), None, org_id=org_id),))


def is_far(opens_at: datetime, now: datetime) -> bool:
    """Opens only when somebody has declined."""
    return opens_at - now > _AGES


def _timed(policy: OrderPolicy, named: Iterable[Audience]) -> list[Told]:
    told, begin, end, has_priority = [], timedelta(), timedelta(), False
    delay = timedelta(minutes=policy.delay_min)
    for audience in named:
        stage = audience.stage
        if not audience.members:
            told.append(
                Told(stage.kind, empty=audience.empty, org_id=audience.org_id, shares=audience.shares)
            )
            continue
        is_beside = policy.is_parallel and stage.kind in SIDE_BY_SIDE
        opens, window = begin if is_beside else end, _window(stage, delay)
        if stage.kind is StageKind.BASE:
            opens = max(end, delay) if has_priority else end
            window = timedelta()
        told.append(
            Told(
                stage.kind,
                audience.members,
                opens,
                window,
                org_id=audience.org_id,
                shares=audience.shares,
            )
        )
        end = max(end, opens + (ENDLESS if window is None else window))
        if stage.kind not in SIDE_BY_SIDE:  # what a rule gives is his alone
            begin = end
        has_priority = True
    return told


def _window(stage: object, delay: timedelta) -> timedelta | None:
    if not isinstance(stage, OrderStage):
        return timedelta()
    if stage.window_min is not None:
        return timedelta(minutes=stage.window_min)
    return delay if stage.kind is StageKind.QUOTA else None


def _beyond(told: Iterable[Told], everyone: Sequence[int], after: timedelta) -> Told:
    last = max((one.opens for one in told if one.opens is not None), default=timedelta())
    return Told(Word.EVERYONE, tuple(everyone), last + after)


class _Dealers:
    """The pool of the engine: members are dealers themselves. Ties: longest since the last offer, then id."""

    def __init__(self, verdicts: Sequence[Verdict], used_at: Mapping[int, datetime]) -> None:
        self._by_id = {one.org_id: one for one in verdicts}
        self._used_at = used_at

    def __len__(self) -> int:
        return len(self._by_id)

    def ordered(self, ringing: Ringing) -> Iterable[int]:
        return self.arranged(self._by_id, ringing)

    def below(self, org_id: int) -> Collection[int]:
        """An order is offered to the named dealer himself."""
        return (org_id,) if org_id in self._by_id else ()

    def arranged(self, members: Collection[int], ringing: Ringing) -> Iterable[int]:
        by_points = ringing is Ringing.BY_RATING
        return sorted(
            members,
            key=lambda org_id: (
                -self.rating_of(org_id) if by_points else 0,
                self._used_at.get(org_id, NEVER),
                org_id,
            ),
        )

    def fits(self, member: int) -> bool:
        return member in self._by_id

    def org_of(self, member: int) -> int:
        return member

    def rating_of(self, member: int) -> int:
        return self._by_id[member].standing

    def weight_of(self, member: int) -> int:  # noqa: ARG002 - nothing rings
        return 0
