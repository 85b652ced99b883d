"""Makes the routing snapshot out of the selling network. Pure; runs once per change, never during a call."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callcore.network.days import CalendarDay
from callcore.network.directory_rows import Did, Directory, Org, Outlet, Phone
from callcore.network.model import OrgKind, OrgState, PhoneOwner
from callcore.network.policy import ActivePolicy
from callcore.routing.hours import DAYS, parse_hours
from callcore.routing.model import (
    Candidates,
    HeadOffice,
    Reason,
    RouteDid,
    RouteOutlet,
    RoutingSnapshot,
    Step,
)
from callcore.routing.numbering import EMPTY_PLAN, NumberingPlan
from callcore.routing.opening import Schedule, make_schedule
from dialplans.contract import MAX_KEYS_PER_STEP, StepKind

MAX_OPERATOR_STEPS = 2
MAX_DUTY_STEPS = 5
_MIN_RING_S, _MAX_RING_S = 5, 120
_NEVER = parse_hours({})


def _every_day() -> Mapping[str, Any]:
    return {day: [["09:00", "21:00"]] for day in DAYS}


@dataclass(frozen=True, slots=True)
class RoutingOptions:
    """What the installation sets. `operator_hours` has the form of OutletRow.hours, on the manufacturer's own clock;
    sounds are names without extension, empty for none."""

    operator_hours: Mapping[str, Any] = field(default_factory=_every_day)
    operators_ring_s: int = 30
    duty_ring_s: int = 25
    whisper_sound: str = ""
    greeting_sound: str = ""


def build_snapshot(
    directory: Directory,
    version: int,
    made_at: datetime,
    *,
    numbering: NumberingPlan = EMPTY_PLAN,
    options: RoutingOptions | None = None,
) -> RoutingSnapshot:
    """Never raises for what people typed: an outlet whose hours or zone cannot be read is barred and says so. Raises
    ValueError only for unreadable `operator_hours`, which is a setting."""
    options = options or RoutingOptions()
    orgs = {org.id: org for org in directory.orgs}
    outlets = _ready_outlets(directory, orgs)
    return RoutingSnapshot(
        version=version,
        made_at=made_at,
        dids={did.number: _ready_did(did, orgs) for did in directory.dids},
        outlets_by_region=_by_region(outlets, orgs, directory, numbering),
        outlets_by_org=_by_org(outlets, orgs),
        region_names={region.code: region.name for region in directory.regions},
        region_zones={region.code: region.tz for region in directory.regions},
        head_office=_head_office(directory, options),
        numbering=numbering,
        whisper_sound=options.whisper_sound,
        greeting_sound=options.greeting_sound,
    )


def with_policy(snapshot: RoutingSnapshot, policy: ActivePolicy) -> RoutingSnapshot:
    """The same network with this policy in place of the version in force; a policy that no number uses yet becomes that
    of all numbers."""
    return snapshot


class _Schedules:
    """Equal hours with equal special days become one object; None when hours, a day or the zone cannot be read."""

    def __init__(self, calendar: Sequence[CalendarDay]) -> None:
        self._calendar = calendar
        self._regions = frozenset(item.region_code for item in calendar) - {""}
        self._known: dict[object, Schedule] = {}

    def get(self, outlet: Outlet) -> Schedule | None:
        """A place without days of its own has those of the country."""
        try:
            place = outlet.region_code if outlet.region_code in self._regions else ""
            week = parse_hours(outlet.hours)
            key = (week, outlet.tz, outlet.works_on_holidays or place, outlet.exceptions, outlet.override)
            if key not in self._known:
                calendar = () if outlet.works_on_holidays else self._of(place)
                self._known[key] = make_schedule(
                    week, ZoneInfo(outlet.tz), calendar, outlet.exceptions, outlet.override
                )
        except (ValueError, TypeError, AttributeError, OSError, ZoneInfoNotFoundError):
            return None
        return self._known[key]

    def _of(self, place: str) -> list[CalendarDay]:
        """The country's day comes before the region's own, which replaces it."""
        return [item for item in self._calendar if item.region_code in ("", place)]


def schedule_of(outlet: Outlet, calendar: Sequence[CalendarDay]) -> Schedule | None:
    """The schedule of one outlet, for its page; None as in the snapshot when something cannot be read."""
    return _Schedules(calendar).get(outlet)


def _ready_outlets(directory: Directory, orgs: Mapping[int, Org]) -> list[RouteOutlet]:
    keys: dict[int, list[str]] = defaultdict(list)
    for phone in directory.phones:
        if phone.owner is PhoneOwner.OUTLET and phone.outlet_id is not None:
            keys[phone.outlet_id].append(phone.key)
    suspended = {org.id for org in directory.orgs if _is_suspended(org, orgs)}
    schedules = _Schedules(directory.calendar)
    ready = [
        _ready_outlet(
            outlet,
            orgs[outlet.org_id],
            tuple(keys[outlet.id][:MAX_KEYS_PER_STEP]),
            schedules.get(outlet),
            is_suspended=outlet.org_id in suspended,
        )
        for outlet in directory.outlets
        if outlet.org_id in orgs
    ]
    return sorted(ready, key=_order)


def _ready_outlet(
    outlet: Outlet, org: Org, keys: tuple[str, ...], schedule: Schedule | None, *, is_suspended: bool
) -> RouteOutlet:
    bars = (
        (Reason.ORG_SUSPENDED, is_suspended),
        (Reason.NOT_ACCEPTING, not outlet.accepts_calls),
        (Reason.NO_PHONES, not keys),
        (Reason.HOURS_UNREADABLE, schedule is None),
    )
    bar = next((reason for reason, holds in bars if holds), Reason.TAKEN)
    is_barred_from_site = bar is Reason.TAKEN and not org.takes_site_calls
    return RouteOutlet(
        id=outlet.id,
        org_id=org.id,
        label=f"{org.name}: {outlet.name}",
        org_name=org.name,
        position=outlet.position,
        ring_s=_ring_s(outlet.ring_s),
        phone_keys=keys,
        schedule=schedule or Schedule(_NEVER, UTC),
        bar=bar,
        site_bar=Reason.NO_SITE_CALLS if is_barred_from_site else bar,
    )


def _is_suspended(org: Org, orgs: Mapping[int, Org]) -> bool:
    """A dealer below a suspended one is suspended too."""
    above = (orgs.get(org_id) for org_id in org.chain)
    return org.state is OrgState.SUSPENDED or any(
        parent is not None and parent.state is OrgState.SUSPENDED for parent in above
    )


def _ready_did(did: Did, orgs: Mapping[int, Org]) -> RouteDid:
    org = orgs.get(did.org_id) if did.org_id is not None else None
    dealer = org if org is not None and org.kind is not OrgKind.MANUFACTURER else None
    return RouteDid(
        id=did.id,
        number=did.number,
        label=did.label,
        region_code=did.region_code,
        org_id=dealer.id if dealer else None,
        org_name=dealer.name if dealer else "",
        source=did.source,
        to_operators=did.to_operators,
    )


def _by_org(outlets: Iterable[RouteOutlet], orgs: Mapping[int, Org]) -> dict[int, Candidates]:
    found: dict[int, list[RouteOutlet]] = defaultdict(list)
    for outlet in outlets:
        for org_id in orgs[outlet.org_id].chain:
            found[org_id].append(outlet)
    return {org_id: _candidates(items, [item.bar for item in items]) for org_id, items in found.items()}


def _by_region(
    outlets: Sequence[RouteOutlet], orgs: Mapping[int, Org], directory: Directory, numbering: NumberingPlan
) -> dict[tuple[str, ...], Candidates]:
    places = {outlet.id: outlet.region_code for outlet in directory.outlets}
    standing: dict[str, list[RouteOutlet]] = defaultdict(list)
    serving: dict[str, list[RouteOutlet]] = defaultdict(list)
    for outlet in outlets:
        standing[places[outlet.id]].append(outlet)
        for code in orgs[outlet.org_id].region_codes:
            if code != places[outlet.id]:
                serving[code].append(outlet)
    codes = {region.code for region in directory.regions} | standing.keys()
    shared = {tuple(code for code in several if code in codes) for several in numbering.sets}
    keys = {(code,) for code in codes} | {key for key in shared if len(key) > 1}
    merged = {key: _merged(key, standing, serving) for key in keys}
    return {key: _candidates(items, [item.site_bar for item in items]) for key, items in merged.items()}


def _merged(
    codes: tuple[str, ...],
    standing: Mapping[str, list[RouteOutlet]],
    serving: Mapping[str, list[RouteOutlet]],
) -> tuple[RouteOutlet, ...]:
    here = {outlet.id: outlet for code in codes for outlet in standing.get(code, ())}
    from_elsewhere = {
        outlet.id: outlet for code in codes for outlet in serving.get(code, ()) if outlet.id not in here
    }
    return (*sorted(here.values(), key=_order), *sorted(from_elsewhere.values(), key=_order))


def _candidates(outlets: Sequence[RouteOutlet], bars: Sequence[Reason]) -> Candidates:
    places: dict[Schedule, list[int]] = defaultdict(list)
    for place, (outlet, bar) in enumerate(zip(outlets, bars, strict=True)):
        if bar is Reason.TAKEN:
            places[outlet.schedule].append(place)
    return Candidates(
        outlets=tuple(outlets),
        bars=tuple(bars),
        places={schedule: tuple(indexes) for schedule, indexes in places.items()},
        barred=Counter(bar for bar in bars if bar is not Reason.TAKEN),
    )


def _head_office(directory: Directory, options: RoutingOptions) -> HeadOffice:
    root = next((org for org in directory.orgs if org.kind is OrgKind.MANUFACTURER), None)
    hours = parse_hours(options.operator_hours)
    operators = [phone.key for phone in directory.phones if phone.owner is PhoneOwner.OPERATOR]
    groups = [
        tuple(operators[i : i + MAX_KEYS_PER_STEP]) for i in range(0, len(operators), MAX_KEYS_PER_STEP)
    ]
    root_id = root.id if root else None
    ring_s = _ring_s(options.operators_ring_s)
    return HeadOffice(
        org_id=root_id,
        operators_schedule=Schedule(hours, ZoneInfo(root.tz) if root else UTC),
        operators=tuple(
            Step(StepKind.OPERATORS, group, ring_s, org_id=root_id) for group in groups[:MAX_OPERATOR_STEPS]
        ),
        duty=_duty_steps(directory.phones, root_id, _ring_s(options.duty_ring_s)),
    )


def _duty_steps(phones: Iterable[Phone], org_id: int | None, ring_s: int) -> tuple[Step, ...]:
    """One after another, as the dialplan's own branch does: two duty people never answer the same call."""
    on_duty = sorted(
        (phone for phone in phones if phone.owner is PhoneOwner.DUTY),
        key=lambda phone: (phone.duty_position is None, phone.duty_position or 0, phone.id),
    )
    return tuple(
        Step(StepKind.DUTY, (phone.key,), ring_s, org_id=phone.org_id or org_id, label=phone.label)
        for phone in on_duty[:MAX_DUTY_STEPS]
    )


def _order(outlet: RouteOutlet) -> tuple[int, int]:
    return outlet.position, outlet.id


def _ring_s(seconds: int) -> int:
    return max(_MIN_RING_S, min(_MAX_RING_S, seconds))
