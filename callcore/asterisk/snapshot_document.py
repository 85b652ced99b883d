"""What the file of the routing snapshot says, for callcore.asterisk.fallback.choice to decide by. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from math import ceil
from typing import Any

from callcore.asterisk.fallback.choice import BY_INSTANTS
from callcore.network.policy import Policy, Stage, StageKind
from callcore.routing.known import Candidates, RouteDid, RouteOutlet, RoutePhone, RoutingSnapshot
from callcore.routing.live import Live, QuotaCount
from callcore.routing.opening import Schedule
from callcore.routing.ranking import owed_to
from callcore.routing.snapshot import MAX_OPERATOR_STEPS

_HOUR_S = 3600
_OPEN_END = -1.0  # a pause that somebody has to end


def make_document(snapshot: RoutingSnapshot, now: datetime, until: datetime, live: Live) -> dict[str, Any]:
    tables = _Tables(now, until)
    office = snapshot.head_office
    return {
        "version": snapshot.version,
        "made_at": int(now.timestamp()),
        "valid_until": ceil(until.timestamp()),
        "dids": {number: _way(did, snapshot) for number, did in snapshot.dids.items()},
        "unknown": _way(None, snapshot),
        "by_org": {str(org_id): tables.places(found) for org_id, found in snapshot.outlets_by_org.items()},
        "by_region": tables.lists(snapshot.outlets_by_region),
        "around": tables.lists(snapshot.neighbours) if _looks_around(snapshot) else {},
        "policies": [_policy(one.policy, live.quotas.get(one.id, QuotaCount())) for one in snapshot.policies],
        "below": {str(org_id): _below(snapshot, org_id) for org_id in _named(snapshot)},
        "operators": {
            "schedule": tables.schedule(office.operators_schedule),
            "phones": tables.phones(office.operator_phones),
            "groups": MAX_OPERATOR_STEPS,
            "ring_s": office.operators[0].ring_s if office.operators else 0,
            "wait_s": office.operators[-1].wait_s if office.operators else 0,
        },
        "duty": _duty(snapshot, now, until),
        "regions_known": dict.fromkeys(snapshot.region_names, 1),
        "region_sounds": dict(snapshot.sounds.by_region),
        "sets": snapshot.numbering.sets,
        "ranges": len(snapshot.numbering.starts),
        "whisper": snapshot.whisper_sound,
        "greeting": snapshot.greeting_sound,
        "outlets": tables.outlets,
        "schedules": tables.schedules,
        "zones": [_clock(zone, now, until) for zone in tables.zones],
    }


class _Tables:
    """Outlets, schedules and zones, each once; others name them by their index."""

    def __init__(self, now: datetime, until: datetime) -> None:
        self._now, self._until = now, until
        self.outlets: list[tuple[Any, ...]] = []
        self.schedules: list[tuple[int, tuple[int, ...]]] = []
        self.zones: list[tzinfo] = []
        self._outlet_places: dict[int, int] = {}
        self._schedule_places: dict[Schedule, int] = {}

    def lists(self, lists: Mapping[tuple[str, ...], Candidates]) -> dict[str, list[int]]:
        return {" ".join(codes): self.places(found) for codes, found in lists.items()}

    def places(self, among: Candidates) -> list[int]:
        """Those without a bar, in order of trying."""
        ready = (among.outlets[place] for place in among.ready())
        return [self._outlet(one) for one in ready if one.max_calls is None or one.max_calls > 0]

    def schedule(self, schedule: Schedule) -> int:
        if schedule not in self._schedule_places:
            if schedule.zone not in self.zones:
                self.zones.append(schedule.zone)
            self._schedule_places[schedule] = len(self.schedules)
            if _follows_the_week(schedule, self._now, self._until):
                self.schedules.append((self.zones.index(schedule.zone), schedule.hours.edges))
            else:
                self.schedules.append((BY_INSTANTS, _openings(schedule, self._now, self._until)))
        return self._schedule_places[schedule]

    def phones(self, phones: Iterable[RoutePhone]) -> list[Any]:
        return [phone.key if phone.is_plain else self._phone(phone) for phone in phones]

    def _phone(self, phone: RoutePhone) -> tuple[str, int, float]:
        pause = phone.paused_until.timestamp() if phone.paused_until is not None else _OPEN_END
        schedule = self.schedule(phone.schedule) if phone.schedule is not None else -1
        return phone.key, schedule, pause if phone.pause else 0

    def _outlet(self, outlet: RouteOutlet) -> int:
        if outlet.id not in self._outlet_places:
            self._outlet_places[outlet.id] = len(self.outlets)
            self.outlets.append(
                (
                    self.phones(outlet.phones),
                    outlet.ring_s,
                    self.schedule(outlet.schedule),
                    outlet.org_id,
                    outlet.id,
                    outlet.points,
                    outlet.ringing.value,
                    outlet.rating,
                )
            )
        return self._outlet_places[outlet.id]


def _way(did: RouteDid | None, snapshot: RoutingSnapshot) -> dict[str, Any]:
    """Whose call it is: the order of callcore.routing.find_way."""
    kind, of = "operators", ""
    if did is not None and not did.to_operators:
        kind, of = ("org", str(did.org_id)) if did.org_id is not None else ("region", "")
    did_id = did.id if did is not None else None
    return {
        "kind": kind,
        "of": of,
        "id": did_id,
        "region": (did.region_code or "") if did is not None else "",
        "policy": snapshot.policies.index(snapshot.policy_of(did)),
        "greeting": snapshot.sounds.greeting(did_id),
        "whisper": snapshot.sounds.by_did.get(did_id or 0, ""),
        "waiting": did.waiting if did is not None else "",
        "language": did.language if did is not None else "",
    }


def _policy(policy: Policy, count: QuotaCount) -> dict[str, Any]:
    usual = next((one for one in policy.stages if one.kind is StageKind.BASE), Stage(StageKind.BASE))
    around = {**_stage(usual, count), "most": policy.max_neighbours}
    return {
        "gate": policy.min_points,
        "max_outlets": policy.max_outlets,
        "around": around if policy.to_neighbours else None,
        "stages": [_stage(stage, count) for stage in policy.stages],
    }


def _stage(stage: Stage, count: QuotaCount) -> dict[str, Any]:
    return {
        "kind": stage.kind.value,
        "ring_s": stage.ring_s,
        "ringing": stage.ringing.value,
        "rules": [(rule.org_id, rule.region_codes, rule.did_ids) for rule in stage.rules],
        "owed": [share.quota.org_id for share in owed_to(stage.quotas, count, {})],
        "min": stage.min_points,
        "best": stage.best,
    }


def _looks_around(snapshot: RoutingSnapshot) -> bool:
    return any(one.policy.to_neighbours for one in snapshot.policies)


def _named(snapshot: RoutingSnapshot) -> set[int]:
    """Dealers whom a policy names."""
    stages = [stage for one in snapshot.policies for stage in one.policy.stages]
    fixed = {rule.org_id for stage in stages for rule in stage.rules}
    return fixed | {quota.org_id for stage in stages for quota in stage.quotas}


def _below(snapshot: RoutingSnapshot, org_id: int) -> list[int]:
    outlets: Sequence[RouteOutlet] = snapshot.outlets_by_org.get(org_id, Candidates()).outlets
    return sorted({outlet.org_id for outlet in outlets})


def _duty(snapshot: RoutingSnapshot, now: datetime, until: datetime) -> list[Any]:
    """From which instant on, whom in which order."""
    roster = snapshot.head_office.duty
    edges = {edge for shift in roster.shifts for edge in (shift.starts_at, shift.ends_at)}
    return [
        (at.timestamp(), [(step.phone_keys, step.ring_s) for step in roster.steps_at(at)])
        for at in sorted({now, *(edge for edge in edges if now < edge <= until)})
    ]


def _follows_the_week(schedule: Schedule, now: datetime, until: datetime) -> bool:
    """No holiday, exception or override counts while the file is valid."""
    first, last = now.astimezone(schedule.zone).date(), until.astimezone(schedule.zone).date()
    is_overridden = schedule.override is not None and now < schedule.override.until
    return not is_overridden and not any(first <= day <= last for day in schedule.near)


def _openings(schedule: Schedule, now: datetime, until: datetime) -> tuple[int, ...]:
    """Epoch seconds at which it opens and closes in turn; 0 when it is open already."""
    edges = [0] if schedule.is_open(now) else []
    at = now
    while (change := schedule.changes_at(at)) is not None and change <= until:
        edges.append(int(change.timestamp()))
        at = change
    return tuple(edges)


def _clock(zone: tzinfo, first: datetime, last: datetime) -> list[tuple[int, int]]:
    """From which epoch second on the zone is how many seconds ahead of UTC; to the second."""
    begins, ends = int(first.timestamp()), int(last.timestamp())
    clock = [(begins, _ahead_s(zone, begins))]
    for hour in range(begins, ends, _HOUR_S):
        low, high = hour, hour + _HOUR_S
        if _ahead_s(zone, high) == clock[-1][1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _ahead_s(zone, middle) == clock[-1][1] else (low, middle)
        clock.append((high, _ahead_s(zone, high)))
    return clock


def _ahead_s(zone: tzinfo, epoch: int) -> int:
    ahead = datetime.fromtimestamp(epoch, UTC).astimezone(zone).utcoffset()
    return int(ahead.total_seconds()) if ahead is not None else 0
