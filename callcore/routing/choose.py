"""The dealers of one call: who knows the caller, the stages of the policy, the regions around. What was found on the way is
told for the explanation when somebody asks: the caller does not wait for it. Pure."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from callcore.network.policy import ActivePolicy, Ringing, Stage, StageKind
from callcore.routing.eligible import Abilities, CallPool, ClosedNow, Data
from callcore.routing.find_way import Way
from callcore.routing.known import Candidates, RouteOutlet, RoutingSnapshot
from callcore.routing.live import Live, QuotaCount
from callcore.routing.model import (
    Considered,
    Empty,
    QuotaTold,
    Reason,
    RouteKind,
    StageTold,
    Step,
    StepStage,
    TieTold,
)
from callcore.routing.personal import Acquaintance, Personal, find_tie
from callcore.routing.ranking import Audience, Matter, audiences
from callcore.routing.ringing import Ring, rings, steps_of

MAX_LISTED = 30  # outlets ruled out that an explanation names; the rest are counted


@dataclass(frozen=True, slots=True)
class Told:
    """What the explanation says of dealers."""

    stages: tuple[StageTold, ...] = ()
    considered: tuple[Considered, ...] = ()
    omitted: tuple[tuple[Reason, int], ...] = ()
    gate: int | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """`steps` of dealers in order; `tell` may be called later and in another thread."""

    steps: tuple[Step, ...] = ()
    tie: TieTold | None = None
    tell: Callable[[], Told] = Told


def choose(
    snapshot: RoutingSnapshot, way: Way, caller: str, closed: ClosedNow, live: Live, room: int
) -> Chosen:
    """At most `room` steps."""
    if way.kind is RouteKind.OPERATORS or way.did is None:
        return Chosen()
    return _Choice(snapshot, way, closed, live).make(caller, room)


class _Choice:
    def __init__(self, snapshot: RoutingSnapshot, way: Way, closed: ClosedNow, live: Live) -> None:
        self._snapshot = snapshot
        self._way = way
        self._active: ActivePolicy = snapshot.policy_of(way.did)
        self._policy = self._active.policy
        self._live = live
        self._gate = None if way.kind is RouteKind.DEALER else self._policy.min_points
        self._closed = closed
        self._abilities = Abilities(self._closed, live, self._gate)
        self._pools: list[CallPool] = []
        self._rings: list[Ring] = []
        self._stages: list[Callable[[], StageTold]] = []
        self._taken: list[tuple[StepStage, list[RouteOutlet]]] = []
        self._is_full = False

    def make(self, caller: str, room: int) -> Chosen:
        personal = self._personal(caller)
        manager = (personal.manager,) if personal is not None and personal.manager is not None else ()
        left = room - len(manager)
        limit = min(self._policy.max_outlets, left) - len(self._rings)
        tried: set[int] = set()
        if personal is not None and personal.is_used:
            tried = {personal.tie.org_id, *(outlet.org_id for outlet, _ in personal.outlets)}
        if self._way.kind is not RouteKind.HEAD_OFFICE:
            tried |= self._by_stages(limit, tried)
        if self._way.kind is RouteKind.REGION and self._policy.to_neighbours:
            self._around(min(self._policy.max_neighbours, left - len(self._rings)), tried)
        steps = (*manager, *steps_of(self._rings, self._live, left))
        return Chosen(steps, self._tie_told(personal), self._tell)

    # --- who knows the caller

    def _personal(self, caller: str) -> Personal | None:
        did = self._way.did.number if self._way.did is not None else ""
        tie = find_tie(self._live, did, caller, self._policy, self._closed.now)
        if tie is None or self._way.did is None:
            return None
        finder = Acquaintance(
            self._snapshot, self._way.did, self._way.candidates, self._closed, self._abilities, self._gate
        )
        found = finder.find(tie)
        if found.is_used:
            self._rings += rings(StepStage.PERSONAL, Ringing.IN_ORDER, 0, found.outlets)
            outlets = [outlet for outlet, _ in found.outlets]
            self._taken.append((StepStage.PERSONAL, outlets))
            self._stages.append(partial(self._told_personal, tie.org_id, outlets))
        return found

    def _told_personal(self, org_id: int, outlets: list[RouteOutlet]) -> StageTold:
        name = self._name(org_id)
        ids, names = _dealers(outlets)
        return StageTold(StepStage.PERSONAL, Empty.NONE, org_id, name, ids or (org_id,), names or (name,))

    def _tie_told(self, personal: Personal | None) -> TieTold | None:
        if personal is None:
            return None
        tie = personal.tie
        name = self._name(tie.org_id)
        return TieTold(tie.kind, tie.org_id, name, personal.is_used, tie.outlet_id, tie.user_id, tie.order_id)

    # --- the policy

    def _by_stages(self, limit: int, tried: set[int]) -> set[int]:
        """The dealers who were named."""
        pool = self._pool(self._way.candidates)
        count = self._live.quotas.get(self._active.id, QuotaCount())
        did_id = self._way.did.id if self._way.did is not None else None
        is_region = self._way.kind is RouteKind.REGION
        matter = Matter(self._way.codes, did_id, is_region, count, self._live.org_used_at)
        named: set[int] = set()
        for audience in audiences(self._policy, pool, matter, limit=limit, tried=tried):
            stage = StepStage(audience.stage.kind)
            found = [pool.among.outlets[place] for place in audience.members]
            self._ring(stage, audience.stage, found)
            self._stages.append(partial(self._told, stage, audience, found, count))
            limit -= len(found)
            named |= {outlet.org_id for outlet in found}
        self._is_full = limit <= 0
        return named

    def _told(
        self, stage: StepStage, audience: Audience, found: list[RouteOutlet], count: QuotaCount
    ) -> StageTold:
        rule, org_id = audience.stage, audience.org_id
        quotas = tuple(
            QuotaTold(
                share.quota.org_id,
                self._name(share.quota.org_id),
                share.quota.unit,
                share.quota.limit,
                share.given,
                share.owed / 100,
            )
            for share in audience.shares
        )
        return StageTold(
            stage,
            audience.empty,
            org_id,
            self._name(org_id) if org_id is not None else "",
            *_dealers(found),
            count.counted + 1 if rule.kind is StageKind.QUOTA else 0,
            quotas,
            rule.min_points if rule.kind is StageKind.RATING else 0,
            rule.best if rule.kind is StageKind.RATING else 0,
        )

    # --- regions around

    def _around(self, limit: int, tried: set[int]) -> None:
        """As the policy's stage for all rings them."""
        among = self._snapshot.neighbours.get(self._way.codes, Candidates())
        if not among.outlets:
            return
        usual = next(
            (one for one in self._policy.stages if one.kind is StageKind.BASE), Stage(StageKind.BASE)
        )
        pool = self._pool(among)
        everybody = replace(self._policy, stages=(usual,))
        (audience,) = audiences(everybody, pool, Matter(), limit=limit, tried=tried)
        found = [among.outlets[place] for place in audience.members]
        self._ring(StepStage.NEIGHBOUR, usual, found)
        self._stages.append(partial(self._told_neighbours, audience, found))

    def _told_neighbours(self, audience: Audience, found: list[RouteOutlet]) -> StageTold:
        return StageTold(StepStage.NEIGHBOUR, audience.empty, None, "", *_dealers(found))

    # --- what is told

    def _tell(self) -> Told:
        taken = [self._considered(stage, outlet) for stage, found in self._taken for outlet in found]
        outs, omitted = self._tell_outs(taken)
        stages = tuple(tell() for tell in self._stages)
        return Told(stages, (*taken, *outs), omitted, self._gate)

    def _pool(self, among: Candidates) -> CallPool:
        pool = CallPool(among, self._snapshot.outlets_by_org, self._closed, self._abilities, self._live)
        self._pools.append(pool)
        return pool

    def _ring(self, stage: StepStage, how: Stage, found: list[RouteOutlet]) -> None:
        self._rings += rings(
            stage, how.ringing, how.ring_s, [(outlet, self._abilities.of(outlet)[1]) for outlet in found]
        )
        self._taken.append((stage, found))

    def _considered(self, stage: StepStage, outlet: RouteOutlet) -> Considered:
        special = self._closed.special(outlet.schedule)
        return Considered(outlet.id, outlet.org_id, outlet.label, Reason.TAKEN, special, stage)

    def _tell_outs(self, chosen: list[Considered]) -> tuple[list[Considered], tuple[tuple[Reason, int], ...]]:
        """Those of the region, then of the regions around; the first by name, all others counted."""
        taken = {item.outlet_id for item in chosen}
        tried = {item.org_id for item in chosen}
        other = Reason.OVER_LIMIT if self._is_full else Reason.NOT_CHOSEN
        outs: list[Considered] = []
        left: Counter[Reason] = Counter()
        for pool in self._pools:
            told = self._outs_of(pool, taken, tried, other, MAX_LISTED - len(outs))
            out, others = pool.counts()
            inside = sum(1 for item in chosen if item.outlet_id in pool.among.index)
            left.update(out)
            left[other] += others - inside
            left.subtract(other if item.reason is Reason.DEALER_TRIED else item.reason for item in told)
            outs += told
        return outs, tuple(sorted((reason, count) for reason, count in left.items() if count > 0))

    def _outs_of(
        self, pool: CallPool, taken: set[int | None], tried: set[int | None], other: Reason, room: int
    ) -> list[Considered]:
        told: list[Considered] = []
        bars = pool.among.bars
        for place, outlet in enumerate(pool.among.outlets):
            if len(told) >= room:
                break
            if outlet.id in taken:
                continue
            data: Data = ()
            reason = bars[place]
            if reason in _OF_ORGS:
                data = (("org", outlet.org_name),)
            elif reason is Reason.TAKEN and self._closed[outlet.schedule]:
                reason, data = Reason.CLOSED, self._closed.words(outlet.schedule)
            elif reason is Reason.TAKEN and not pool.fits(place):
                reason, _, data = self._abilities.of(outlet)
            elif reason is Reason.TAKEN:
                is_tried = outlet.org_id in tried and not self._is_full
                reason = Reason.DEALER_TRIED if is_tried else other
            told.append(Considered(outlet.id, outlet.org_id, outlet.label, reason, data))
        return told

    def _name(self, org_id: int) -> str:
        return self._snapshot.org_names.get(org_id, "")


def _dealers(outlets: list[RouteOutlet]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Ids and names, each once, in the order of trying."""
    found = {outlet.org_id: outlet.org_name for outlet in outlets}
    return tuple(found), tuple(found.values())


_OF_ORGS = (Reason.ORG_SUSPENDED, Reason.NO_SITE_CALLS, Reason.NOT_AUTHORISED)
