"""Who gets the call. Pure: the same snapshot, numbers, instant and live state give the same answer.

1. The dialled number says whose call it is: the operators', a dealer's (with all dealers below), or a region's.
2. A region's number names its region; one that does not leaves it to the caller's number.
3. Whoever knows the caller comes first; then the stages of the number's policy, each with outlets that are open on their
   own clock and can take a call now; then, for the head site's numbers, the regions around.
4. Head-office operators in their hours, then the duty phones, end every plan.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from callcore.routing.choose import Chosen, choose
from callcore.routing.eligible import Abilities, ClosedNow, Data
from callcore.routing.find_way import MAX_NUMBER_CHARS, Way, find_way
from callcore.routing.known import RouteDid, RoutePhone, RoutingSnapshot
from callcore.routing.live import NOTHING_LIVE, Live
from callcore.routing.model import (
    Considered,
    Decision,
    Explanation,
    Plan,
    Reason,
    RouteWarning,
    Step,
    StepStage,
)
from dialplans.contract import MAX_KEYS_PER_STEP, MAX_STEPS


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision as far as the caller waits for it; `explain` may be called later and in another thread."""

    plan: Plan
    did_id: int | None
    region_code: str | None
    source: str
    warning: RouteWarning
    explain: Callable[[], Explanation]

    def decision(self) -> Decision:
        return Decision(self.plan, self.explain(), self.did_id, self.region_code, self.source, self.warning)


def decide(
    snapshot: RoutingSnapshot, did: str, caller: str, now: datetime, live: Live = NOTHING_LIVE
) -> Decision:
    """`did` and `caller` as the PBX gave them: any text, empty allowed; `now` aware. Never raises for any text."""
    return answer(snapshot, did, caller, now, live).decision()


def answer(
    snapshot: RoutingSnapshot, did: str, caller: str, now: datetime, live: Live = NOTHING_LIVE
) -> Answer:
    """The same, its explanation not made yet."""
    way = find_way(snapshot, did, caller)
    closed = ClosedNow(now, snapshot.quarters.at(now))
    operators, verdict = _operators(snapshot, closed)
    tail = (*operators, *_duty(snapshot, now, live))
    chosen = choose(snapshot, way, caller, closed, live, MAX_STEPS - len(tail))
    steps = _once((*chosen.steps, *tail), snapshot.twins)
    return Answer(
        plan=_plan(snapshot, way, chosen, steps),
        did_id=way.did.id if way.did else None,
        region_code=way.codes[0] if way.codes else None,
        source=way.did.source if way.did else "unknown",
        warning=_warning(way.did, steps),
        explain=partial(_explanation, snapshot, way, chosen, verdict, did=did, now=now, live=live),
    )


def _once(steps: tuple[Step, ...], twins: Mapping[str, str]) -> tuple[Step, ...]:
    """One telephone is called once in a step, however often its number is written down."""
    if not twins:
        return steps
    found = []
    for step in steps:
        first = {twins.get(key, key): key for key in reversed(step.phone_keys)}
        keys = tuple(key for key in step.phone_keys if first[twins.get(key, key)] == key)
        found.append(step if keys == step.phone_keys else replace(step, phone_keys=keys))
    return tuple(found)


def _plan(snapshot: RoutingSnapshot, way: Way, chosen: Chosen, steps: tuple[Step, ...]) -> Plan:
    """An order is whispered only when its own dealer is rung."""
    did = way.did
    did_id = did.id if did is not None else None
    order_id = chosen.tie.order_id if chosen.tie is not None and chosen.tie.is_used else None
    sounds = snapshot.sounds
    return Plan(
        steps,
        sounds.whisper(did_id, way.codes[0] if way.codes else None, order_id) or snapshot.whisper_sound,
        sounds.greeting(did_id) or snapshot.greeting_sound,
        did.waiting if did is not None else "",
        did.language if did is not None else "",
    )


def _explanation(
    snapshot: RoutingSnapshot,
    way: Way,
    chosen: Chosen,
    verdict: Considered,
    *,
    did: str,
    now: datetime,
    live: Live,
) -> Explanation:
    told = chosen.tell()
    names = snapshot.region_names
    policy = snapshot.policy_of(way.did)
    return Explanation(
        snapshot_version=snapshot.version,
        snapshot_made_at=snapshot.made_at,
        at=now.astimezone(UTC),
        did_dialled=_printable(did),
        did_number=way.did.number if way.did else "",
        did_label=way.did.label if way.did else "",
        route=way.kind,
        route_org=way.did.org_name if way.did else "",
        region_code=way.codes[0] if way.codes else None,
        region_name=names.get(way.codes[0], way.codes[0]) if way.codes else "",
        region_source=way.region_source,
        region_also=tuple(names.get(code, code) for code in way.codes[1:]),
        considered=(*told.considered, verdict),
        omitted=told.omitted,
        policy_id=policy.id,
        policy_version=policy.version,
        policy_name=policy.name,
        stages=told.stages,
        gate=told.gate,
        tie=chosen.tie,
        live_version=live.version,
    )


def _operators(snapshot: RoutingSnapshot, closed: ClosedNow) -> tuple[tuple[Step, ...], Considered]:
    """Live state does not count here: losing a call is worse than ringing a phone that is away."""
    office = snapshot.head_office
    steps: tuple[Step, ...]
    data: Data
    if not office.operators:
        steps, reason, data = (), Reason.NO_PHONES, ()
    elif closed[office.operators_schedule]:
        steps, reason, data = (), Reason.CLOSED, closed.words(office.operators_schedule)
    else:
        steps, reason, data = _at_work(office.operators, office.operator_phones, closed)
    stage = StepStage.OPERATORS if steps else StepStage.NONE
    return steps, Considered(None, office.org_id, "", reason, data, stage)


def _at_work(
    steps: tuple[Step, ...], phones: tuple[RoutePhone, ...], closed: ClosedNow
) -> tuple[tuple[Step, ...], Reason, Data]:
    """Without those who are on a pause or off by their own hours."""
    if all(phone.is_plain for phone in phones):
        return steps, Reason.TAKEN, ()
    abilities = Abilities(closed, NOTHING_LIVE, None)
    verdicts = [abilities.against(phone, is_live=False) for phone in phones]
    able = [phone.key for phone, (reason, _) in zip(phones, verdicts, strict=True) if reason is Reason.TAKEN]
    if not able:
        return (), *verdicts[0]
    groups = [tuple(able[at : at + MAX_KEYS_PER_STEP]) for at in range(0, len(able), MAX_KEYS_PER_STEP)]
    found = tuple(replace(step, phone_keys=group) for step, group in zip(steps, groups, strict=False))
    last = replace(found[-1], wait_s=steps[-1].wait_s)
    return (*found[:-1], last), Reason.TAKEN, ()


def _duty(snapshot: RoutingSnapshot, now: datetime, live: Live) -> Iterable[Step]:
    """A phone that is thought unreachable gets its try after the others."""
    steps = snapshot.head_office.duty.steps_at(now)
    if live.unreachable.isdisjoint(step.phone_keys[0] for step in steps):
        return steps
    return sorted(steps, key=lambda step: step.phone_keys[0] in live.unreachable)


def _warning(did: RouteDid | None, steps: tuple[Step, ...]) -> RouteWarning:
    if did is None:
        return RouteWarning.UNKNOWN_DID
    return RouteWarning.NONE if steps else RouteWarning.NO_TARGETS


def _printable(text: str) -> str:
    return "".join(char for char in text[:MAX_NUMBER_CHARS] if char.isprintable())
