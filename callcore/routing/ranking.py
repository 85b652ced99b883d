"""The choice itself: whom a policy names out of those who may take something, and in which order. Pure.

Knows neither calls nor phones. A pool holds the candidates: outlets for a call, dealers for an order. Stages come in the
order of the policy; a dealer that one stage has named is not named again. A stage that names nobody says why.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from callcore.network.policy import FixRule, Policy, Quota, QuotaUnit, Ringing, Stage, StageKind
from callcore.routing.live import QuotaCount
from callcore.routing.model import Empty
from callcore.routing.quota_turn import bottleneck, due_in

NEVER: Final = datetime.min.replace(tzinfo=UTC)
MAX_TOGETHER: Final = 20  # weight of those who are rung together
_OWED_HUNDREDTHS: Final = 50  # a quota's dealer is named when half of one is owed to him


class Pool(Protocol):
    """Candidates by a number of their own. Ties in every order: whose dealer is longest idle, then id."""

    def ordered(self, ringing: Ringing) -> Iterable[int]:
        """All in this order, those that do not fit among them; by rating, members of one dealer follow one another."""

    def below(self, org_id: int) -> Collection[int]:
        """Those of one dealer and of all dealers below him, in any order."""

    def arranged(self, members: Collection[int], ringing: Ringing) -> Iterable[int]:
        """Some of them in this order."""

    def fits(self, member: int) -> bool:
        """May take it now. Asked only of members that are wanted."""

    def org_of(self, member: int) -> int: ...

    def rating_of(self, member: int) -> int: ...

    def weight_of(self, member: int) -> int:
        """How much of MAX_TOGETHER it takes."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What is distributed. `shares_out`: quotas are for it. `used_at`: when each dealer was last named. `fits_rule`:
    conditions of a rule that the engine does not know. `counted_by`: what percent is of, for dealers for whom it is less
    than all."""

    region_codes: tuple[str, ...] = ()
    did_id: int | None = None
    shares_out: bool = True
    count: QuotaCount = field(default_factory=QuotaCount)
    used_at: Mapping[int, datetime] = field(default_factory=dict)
    fits_rule: Callable[[FixRule], bool] = lambda _: True
    counted_by: Mapping[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What a quota's dealer had and what is owed to him, in hundredths, this one counted."""

    quota: Quota
    given: int
    owed: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a stage names, in order; `org_id` the one dealer of fix and quota."""

    stage: Stage
    members: tuple[int, ...] = ()
    empty: Empty = Empty.NONE
    org_id: int | None = None
    shares: tuple[Share, ...] = ()


def audiences(
    policy: Policy, pool: Pool, matter: Matter, *, limit: int, tried: Collection[int] = ()
) -> tuple[Audience, ...]:
    """One for each stage. At most `limit` members together; none of the dealers `tried`."""
    tries = _Tries(pool, limit, tried)
    return tuple(_STAGES[stage.kind](stage, pool, matter, tries) for stage in policy.stages)


def shares_of(
    quotas: Iterable[Quota], count: QuotaCount, counted_by: Mapping[int, int] | None = None
) -> tuple[Share, ...]:
    """Percent of all that are counted, the present one too; a quantity of the period."""

    def counted(org_id: int) -> int:
        return 1 + (count.counted if counted_by is None else counted_by.get(org_id, 0))

    return tuple(_share(quota, counted(quota.org_id), count.given.get(quota.org_id, 0)) for quota in quotas)


def owed_to(quotas: Iterable[Quota], count: QuotaCount, used_at: Mapping[int, datetime]) -> list[Share]:
    """Whose turn it is, first the dealer to whom most is owed of those who cannot wait."""
    return _owed(shares_of(quotas, count), used_at)


def _owed(shares: Sequence[Share], used_at: Mapping[int, datetime]) -> list[Share]:
    percents = [share for share in shares if share.quota.unit is QuotaUnit.PERCENT]
    last = bottleneck([(share.owed, share.quota.limit) for share in percents])
    if last is None:
        pressing, waiting = set(), set()
    else:
        pressing = {one.quota.org_id for one in percents if due_in(one.owed, one.quota.limit) <= last}
        waiting = {one.quota.org_id for one in percents} - pressing
    owed = [
        share
        for share in shares
        if share.owed >= _OWED_HUNDREDTHS or (share.owed > 0 and share.quota.org_id in pressing)
    ]
    owed.sort(
        key=lambda one: (
            one.quota.org_id in waiting,
            -one.owed,
            used_at.get(one.quota.org_id, NEVER),
            one.quota.org_id,
        )
    )
    return owed


class _Tries:
    """Who has been named, and how many more may be."""

    def __init__(self, pool: Pool, limit: int, tried: Collection[int]) -> None:
        self._pool = pool
        self._room = limit
        self._orgs = set(tried)

    def take(
        self,
        order: Iterable[int],
        stage: Stage,
        is_wanted: Callable[[int], bool] = lambda _: True,
    ) -> tuple[tuple[int, ...], Empty]:
        """The first that fit."""
        if self._room <= 0:
            return (), Empty.NO_ROOM
        taken, was_tried = self._first(order, stage.ringing is Ringing.ALL, is_wanted)
        self._room -= len(taken)
        self._orgs.update(map(self._pool.org_of, taken))
        if taken:
            return tuple(taken), Empty.NONE
        return (), Empty.TRIED if was_tried else Empty.NOBODY_ABLE

    def _first(
        self, order: Iterable[int], is_together: bool, is_wanted: Callable[[int], bool]
    ) -> tuple[list[int], bool]:
        pool, was_tried, weight = self._pool, False, 0
        taken: list[int] = []
        for member in order:
            if not is_wanted(member):
                continue
            if pool.org_of(member) in self._orgs:
                was_tried = True
                continue
            if not pool.fits(member):
                continue
            weight += pool.weight_of(member) if is_together else 0
            if taken and weight > MAX_TOGETHER:
                break
            taken.append(member)
            if len(taken) == self._room:
                break
        return taken, was_tried


def _fix(stage: Stage, pool: Pool, matter: Matter, tries: _Tries) -> Audience:
    rule = next((rule for rule in stage.rules if _matches(rule, matter)), None)
    if rule is None:
        return Audience(stage, empty=Empty.NO_RULE)
    members, empty = tries.take(_those_below(pool, rule.org_id, stage), stage)
    return Audience(stage, members, empty, rule.org_id)


def _those_below(pool: Pool, org_id: int, stage: Stage) -> Iterable[int]:
    return pool.arranged(pool.below(org_id), stage.ringing)


def _matches(rule: FixRule, matter: Matter) -> bool:
    is_region = not rule.region_codes or not set(rule.region_codes).isdisjoint(matter.region_codes)
    return is_region and (not rule.did_ids or matter.did_id in rule.did_ids) and matter.fits_rule(rule)


def _quota(stage: Stage, pool: Pool, matter: Matter, tries: _Tries) -> Audience:
    if not matter.shares_out:
        return Audience(stage, empty=Empty.OWN_NUMBER)
    shares = shares_of(stage.quotas, matter.count, matter.counted_by)
    empty = Empty.FILLED
    for share in _owed(shares, matter.used_at):
        members, empty = tries.take(_those_below(pool, share.quota.org_id, stage), stage)
        if members:
            return Audience(stage, members, Empty.NONE, share.quota.org_id, shares)
    return Audience(stage, empty=empty, shares=shares)


def _share(quota: Quota, counted: int, given: int) -> Share:
    due = quota.limit * (counted if quota.unit is QuotaUnit.PERCENT else 100)
    return Share(quota, given, due - given * 100)


def _rating(stage: Stage, pool: Pool, _matter: Matter, tries: _Tries) -> Audience:
    """The best dealers who can take it; they are rung in the order that the stage says."""
    if stage.best <= 0:
        members, empty = tries.take(
            pool.ordered(stage.ringing), stage, lambda member: pool.rating_of(member) >= stage.min_points
        )
    else:
        members, empty = tries.take(pool.arranged(list(_best(stage, pool)), stage.ringing), stage)
    return Audience(stage, members, Empty.BELOW_TOP if empty is Empty.NOBODY_ABLE else empty)


def _best(stage: Stage, pool: Pool) -> Iterator[int]:
    """Members that fit of the best `best` dealers."""
    found: set[int] = set()
    for member in pool.ordered(Ringing.BY_RATING):
        if pool.rating_of(member) < stage.min_points:
            return
        if pool.org_of(member) not in found:
            if not pool.fits(member):
                continue
            if len(found) == stage.best:
                return
            found.add(pool.org_of(member))
        yield member


def _base(stage: Stage, pool: Pool, _matter: Matter, tries: _Tries) -> Audience:
    members, empty = tries.take(pool.ordered(stage.ringing), stage)
    return Audience(stage, members, empty)


_STAGES: Final = {
    StageKind.FIX: _fix,
    StageKind.QUOTA: _quota,
    StageKind.RATING: _rating,
    StageKind.BASE: _base,
}
