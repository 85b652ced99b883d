"""Makes the routing snapshot out of the selling network. Pure; runs once per change, never during a call."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from callcore.network.days import CalendarDay
from callcore.network.directory_rows import Directory, Org, Outlet
from callcore.network.model import OrgKind, PhoneOwner
from callcore.network.policy import ActivePolicy
from callcore.routing.duty import DutyRoster, make_roster
from callcore.routing.hours import DAYS, parse_hours
from callcore.routing.known import Candidates, HeadOffice, RouteOutlet, RoutingSnapshot
from callcore.routing.ladders import Crowd, ladders
from callcore.routing.model import Reason, Step, StepStage
from callcore.routing.numbering import EMPTY_PLAN, NumberingPlan
from callcore.routing.opening import Schedule
from callcore.routing.quarters import Quarters
from callcore.routing.ready import (
    Schedules,
    order,
    ready_did,
    ready_outlets,
    ready_phone,
    ring_seconds,
    staff_phones,
)
from callcore.routing.sounds import NO_SOUNDS, Sounds
from dialplans.contract import MAX_KEYS_PER_STEP, StepKind

MAX_OPERATOR_STEPS = 2
MANY_HOURS = 8  # different ones among the candidates of one call
_FAR = 1 << 40  # beyond every position


def _every_day() -> Mapping[str, Any]:
    return {day: [["09:00", "21:00"]] for day in DAYS}


@dataclass(frozen=True, slots=True)
class RoutingOptions:
    """What the installation sets. `operator_hours` has the form of OutletRow.hours, on the manufacturer's own clock and,
    unless `operators_on_holidays`, with the days off of his region; `operators_wait_s` is how long a caller waits for
    an operator, as in a queue; sounds are names without extension, empty for none."""

    operator_hours: Mapping[str, Any] = field(default_factory=_every_day)
    operators_ring_s: int = 30
    duty_ring_s: int = 25
    whisper_sound: str = ""
    greeting_sound: str = ""
    operators_on_holidays: bool = False
    operators_wait_s: int = 0


def build_snapshot(
    directory: Directory,
    version: int,
    made_at: datetime,
    *,
    numbering: NumberingPlan = EMPTY_PLAN,
    options: RoutingOptions | None = None,
    sounds: Sounds = NO_SOUNDS,
) -> RoutingSnapshot:
    """Never raises for what people typed: an outlet whose hours or zone cannot be read is barred and says so. Raises
    ValueError only for unreadable `operator_hours`, which is a setting."""
    options = options or RoutingOptions()
    orgs = {org.id: org for org in directory.orgs}
    schedules = Schedules(directory.calendar)
    outlets = ready_outlets(directory, orgs, schedules)
    by_region, around = _by_region(outlets, orgs, directory, numbering)
    by_org = _by_org(outlets)
    crowds = [
        Crowd(among)
        for among in chain(by_region.values(), around.values(), by_org.values())
        if len(among.groups) > MANY_HOURS
    ]
    office = _head_office(directory, options, schedules)
    staff = staff_phones(directory, schedules)
    return RoutingSnapshot(
        version=version,
        made_at=made_at,
        dids={did.number: ready_did(did, orgs) for did in directory.dids},
        outlets_by_region=by_region,
        outlets_by_org=by_org,
        region_names={region.code: region.name for region in directory.regions},
        region_zones={region.code: region.tz for region in directory.regions},
        head_office=office,
        numbering=numbering,
        whisper_sound=options.whisper_sound,
        greeting_sound=options.greeting_sound,
        neighbours=around,
        org_names={org.id: org.name for org in directory.orgs},
        staff_phones=staff,
        policies=directory.policies,
        twins=_twins(directory),
        sounds=sounds,
        quarters=Quarters(schedules.all(), crowds),
    )


def _twins(directory: Directory) -> dict[str, str]:
    """Phones written down twice with one outside number; mostly none."""
    by_number: dict[str, list[str]] = defaultdict(list)
    for phone in directory.phones:
        if phone.number:
            by_number[phone.number].append(phone.key)
    return {key: keys[0] for keys in by_number.values() if len(keys) > 1 for key in keys}


def with_policy(snapshot: RoutingSnapshot, policy: ActivePolicy) -> RoutingSnapshot:
    """The same network with this policy in place of the version in force; a policy that is not in force yet becomes that
    of all numbers."""
    if any(one.id == policy.id for one in snapshot.policies):
        return replace(
            snapshot,
            policies=tuple(policy if one.id == policy.id else one for one in snapshot.policies),
        )
    return replace(snapshot, policies=(policy, *snapshot.policies[1:]))


def schedule_of(outlet: Outlet, calendar: Sequence[CalendarDay]) -> Schedule | None:
    """The schedule of one outlet, for its page; None as in the snapshot when something cannot be read."""
    return Schedules(calendar).get(outlet)


def _by_org(outlets: Iterable[RouteOutlet]) -> dict[int, Candidates]:
    found: dict[int, list[RouteOutlet]] = defaultdict(list)
    for outlet in outlets:
        for org_id in set(outlet.chain):
            found[org_id].append(outlet)
    return {
        org_id: _candidates(items, [item.bar for item in items], [item.position for item in items])
        for org_id, items in found.items()
    }


class _Places:
    """Who stands in a region and who serves it from elsewhere."""

    def __init__(
        self, outlets: Sequence[RouteOutlet], orgs: Mapping[int, Org], codes: Mapping[int, str]
    ) -> None:
        self.standing: dict[str, list[RouteOutlet]] = defaultdict(list)
        self.serving: dict[str, list[RouteOutlet]] = defaultdict(list)
        for outlet in outlets:
            self.standing[codes[outlet.id]].append(outlet)
            for code in orgs[outlet.org_id].region_codes:
                if code != codes[outlet.id]:
                    self.serving[code].append(outlet)

    def of(self, codes: Iterable[str], without: Mapping[int, int] | None = None) -> Candidates:
        """Those who stand there first, then the others; none of `without`."""
        codes, without = tuple(codes), without or {}
        here = {one.id: one for code in codes for one in self.standing.get(code, ()) if one.id not in without}
        others = {
            one.id: one
            for code in codes
            for one in self.serving.get(code, ())
            if one.id not in here and one.id not in without
        }
        outlets = (*sorted(here.values(), key=order), *sorted(others.values(), key=order))
        ranks = [one.position + (_FAR if place >= len(here) else 0) for place, one in enumerate(outlets)]
        return _candidates(outlets, [one.site_bar for one in outlets], ranks)


_Lists = dict[tuple[str, ...], Candidates]


def _by_region(
    outlets: Sequence[RouteOutlet], orgs: Mapping[int, Org], directory: Directory, numbering: NumberingPlan
) -> tuple[_Lists, _Lists]:
    """By region and set of regions: the outlets there, and those of the regions around."""
    places = _Places(outlets, orgs, {outlet.id: outlet.region_code for outlet in directory.outlets})
    codes = {region.code for region in directory.regions} | places.standing.keys()
    shared = {tuple(code for code in several if code in codes) for several in numbering.sets}
    keys = {(code,) for code in codes} | {key for key in shared if len(key) > 1}
    found = {key: places.of(key) for key in keys}
    beside = {region.code: region.neighbours for region in directory.regions}
    around: _Lists = {}
    for key in keys:
        near = dict.fromkeys(code for one in key for code in beside.get(one, ()) if code not in key)
        if near:
            around[key] = places.of(near, found[key].index)
    return found, around


def _candidates(outlets: Sequence[RouteOutlet], bars: Sequence[Reason], ranks: Sequence[int]) -> Candidates:
    places: dict[Schedule, list[int]] = defaultdict(list)
    for place, (outlet, bar) in enumerate(zip(outlets, bars, strict=True)):
        if bar is Reason.TAKEN:
            places[outlet.schedule].append(place)
    return Candidates(
        outlets=tuple(outlets),
        bars=tuple(bars),
        ranks=tuple(ranks),
        groups={schedule: ladders(outlets, ranks, found) for schedule, found in places.items()},
        barred=Counter(bar for bar in bars if bar is not Reason.TAKEN),
        index={outlet.id: place for place, outlet in enumerate(outlets)},
    )


def _head_office(directory: Directory, options: RoutingOptions, schedules: Schedules) -> HeadOffice:
    root = next((org for org in directory.orgs if org.kind is OrgKind.MANUFACTURER), None)
    place = (root.region_code if root else None) or ""
    phones = [phone for phone in directory.phones if phone.owner is PhoneOwner.OPERATOR]
    root_id = root.id if root else None
    duty = make_roster(
        directory.shifts, directory.phones, org_id=root_id, ring_s=ring_seconds(options.duty_ring_s)
    )
    return HeadOffice(
        org_id=root_id,
        operators_schedule=_office_hours(root.tz if root else "UTC", place, options, schedules),
        operators=_operator_steps([phone.key for phone in phones], root_id, options),
        duty=_staged(duty),
        operator_phones=tuple(ready_phone(phone, schedules, place) for phone in phones),
    )


def _office_hours(tz: str, place: str, options: RoutingOptions, schedules: Schedules) -> Schedule:
    """Raises ValueError for a setting that cannot be read; a zone that cannot be read is UTC."""
    week = parse_hours(options.operator_hours)
    found = schedules.of_hours(
        options.operator_hours, tz, place, works_on_holidays=options.operators_on_holidays
    )
    return found or Schedule(week, UTC)


def _operator_steps(keys: Sequence[str], org_id: int | None, options: RoutingOptions) -> tuple[Step, ...]:
    groups = [tuple(keys[at : at + MAX_KEYS_PER_STEP]) for at in range(0, len(keys), MAX_KEYS_PER_STEP)]
    groups = groups[:MAX_OPERATOR_STEPS]
    ring_s = ring_seconds(options.operators_ring_s)
    return tuple(
        Step(
            StepKind.OPERATORS,
            group,
            ring_s,
            org_id=org_id,
            stage=StepStage.OPERATORS,
            wait_s=options.operators_wait_s if group is groups[-1] else 0,
        )
        for group in groups
    )


def _staged(roster: DutyRoster) -> DutyRoster:
    def mark(steps: Iterable[Step]) -> tuple[Step, ...]:
        return tuple(replace(step, stage=StepStage.DUTY) for step in steps)

    shifts = tuple(replace(shift, steps=mark(shift.steps)) for shift in roster.shifts)
    return DutyRoster(shifts, mark(roster.reserve))
