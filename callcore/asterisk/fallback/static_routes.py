"""The branch of the dialplan that needs neither application nor script: whom each number rings by weekly hours. Pure.

Bounded: of the outlets that may take a number's calls the first few are compiled in, as the stages of the number's policy
name them, then the head office's operators. What is live (quotas, who is idle, who talks) is not known here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

from callcore.routing.choose import choose
from callcore.routing.eligible import ClosedNow
from callcore.routing.find_way import find_way
from callcore.routing.hours import DAYS, WeekHours
from callcore.routing.known import Candidates, RouteDid, RouteOutlet, RoutingSnapshot
from callcore.routing.live import NOTHING_LIVE
from callcore.routing.model import Reason
from callcore.routing.opening import Schedule
from dialplans.contract import MAX_STEPS, StepKind
from dialplans.plan import OpenTime, StaticTarget

MAX_OUTLETS = 5  # of one number; each that is open is rung in turn
_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class StaticRoutes:
    """Keys of `targets` by number (E.164); `other` for a number that is not known."""

    targets: tuple[StaticTarget, ...] = ()
    by_did: dict[str, tuple[str, ...]] = field(default_factory=dict)
    other: tuple[str, ...] = ()


def static_routes(snapshot: RoutingSnapshot) -> StaticRoutes:
    """A number whose region only the caller's own number tells goes straight to the operators."""
    office = _office(snapshot)
    other = tuple(target.key for target in office)
    targets: dict[str, StaticTarget] = {}
    by_did: dict[str, tuple[str, ...]] = {}
    for number, did in snapshot.dids.items():
        gate = snapshot.policy_of(did).policy.min_points if did.org_id is None else None
        own = [_target(outlet) for outlet in _first(_among(snapshot, did), gate, _named(snapshot, number))]
        targets |= {target.key: target for target in own}
        by_did[number] = (*(target.key for target in own), *other)
    return StaticRoutes((*targets.values(), *office), by_did, other)


def open_times(hours: WeekHours) -> tuple[OpenTime, ...]:
    """Weekly hours as times of the day with the days on which they hold; equal times of several days are one."""
    days: dict[tuple[int, int], list[int]] = defaultdict(list)
    for begins, ends in zip(hours.edges[::2], hours.edges[1::2], strict=True):
        at = begins
        while at < ends:
            day, start = divmod(at, _DAY_MIN)
            at = min(ends, (day + 1) * _DAY_MIN)
            days[start, at - day * _DAY_MIN - 1].append(day)
    return tuple(OpenTime(start, last, _words(found)) for (start, last), found in sorted(days.items()))


def _words(days: list[int]) -> str:
    """[0, 1, 2, 5] is mon-wed&sat."""
    return "&".join(DAYS[a] if a == b else f"{DAYS[a]}-{DAYS[b]}" for a, b in _runs(days))


def _runs(days: list[int]) -> Iterator[tuple[int, int]]:
    first = days[0]
    for day, following in pairwise([*days, -1]):
        if following != day + 1:
            yield first, day
            first = following


def _among(snapshot: RoutingSnapshot, did: RouteDid) -> Candidates:
    if did.to_operators:
        return Candidates()
    if did.org_id is not None:
        return snapshot.outlets_by_org.get(did.org_id, Candidates())
    return snapshot.outlets_by_region.get((did.region_code or "",), Candidates())


class _NeverClosed(ClosedNow):
    """Hours are asked by the dialplan itself."""

    def __missing__(self, schedule: Schedule) -> bool:
        return False


def _named(snapshot: RoutingSnapshot, number: str) -> list[int]:
    """Outlets in the order in which the policy's stages would try them if all were open and nobody talked."""
    way = find_way(snapshot, number, "")
    told = choose(snapshot, way, "", _NeverClosed(snapshot.made_at), NOTHING_LIVE, MAX_STEPS).tell()
    return [one.outlet_id for one in told.considered if one.reason is Reason.TAKEN and one.outlet_id]


def _first(among: Candidates, gate: int | None, named: Sequence[int]) -> Iterable[RouteOutlet]:
    """Those that are ever open, of dealers with the points that the policy asks for; first those whom it names."""
    order = {outlet_id: place for place, outlet_id in enumerate(named)}
    outlets = sorted(
        (among.outlets[place] for place in among.ready()), key=lambda one: order.get(one.id, len(order))
    )
    able = (one for one in outlets if one.schedule.hours.edges and (gate is None or one.points >= gate))
    return islice(able, MAX_OUTLETS)


def _target(outlet: RouteOutlet) -> StaticTarget:
    schedule = outlet.schedule
    return StaticTarget(
        key=f"o{outlet.id}",
        label=outlet.label,
        kind=StepKind.OUTLET,
        phone_keys=outlet.phone_keys,
        ring_s=outlet.ring_s,
        zone=str(schedule.zone),
        times=open_times(schedule.hours),
    )


def _office(snapshot: RoutingSnapshot) -> tuple[StaticTarget, ...]:
    schedule = snapshot.head_office.operators_schedule
    times = open_times(schedule.hours)
    return tuple(
        StaticTarget(
            f"h{number}", "Операторы", step.kind, step.phone_keys, step.ring_s, str(schedule.zone), times
        )
        for number, step in enumerate(snapshot.head_office.operators if times else (), start=1)
    )
