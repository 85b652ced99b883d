"""Who gets the call. Pure: the same snapshot, numbers and instant give the same answer.

1. The dialled number says whose call it is: the operators', a dealer's (with all dealers below), or a region's.
2. A region's number names its region; one that does not leaves it to the caller's number.
3. Outlets in order of position that are open on their own clock and take calls become steps, one outlet a step.
4. Head-office operators in their hours, then the duty phones, end every plan.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from heapq import merge
from itertools import islice

from callcore.routing.hours import DAYS
from callcore.routing.live import NOTHING_LIVE, Live
from callcore.routing.model import (
    Candidates,
    Considered,
    Decision,
    Explanation,
    Plan,
    Reason,
    RegionSource,
    RouteDid,
    RouteKind,
    RouteOutlet,
    RouteWarning,
    RoutingSnapshot,
    Step,
)
from callcore.routing.opening import Schedule, Wall, Why, wall_of
from dialplans.contract import MAX_STEPS, StepKind

MAX_LISTED = 60  # outlets ruled out that an explanation names; the rest are counted
_MAX_NUMBER_CHARS = 32

_Data = tuple[tuple[str, str], ...]
_Closed = dict[
    Schedule, _Data | None
]  # what was found out of each schedule: why it is closed, None when open


@dataclass(frozen=True, slots=True)
class _Way:
    """Whose call it is, before anybody's hours are looked at. `codes` are the regions it may come from."""

    kind: RouteKind
    did: RouteDid | None
    codes: tuple[str, ...]
    region_source: RegionSource
    candidates: Candidates


def decide(
    snapshot: RoutingSnapshot, did: str, caller: str, now: datetime, live: Live = NOTHING_LIVE
) -> Decision:
    """`did` and `caller` as the PBX gave them: any text, empty allowed; `now` aware. Never raises for any text."""
    way = _find_way(snapshot, did, caller)
    operators, verdict = _operators(snapshot, now)
    tail = (*operators, *snapshot.head_office.duty)
    picked, considered, omitted = _pick(way.candidates, now, MAX_STEPS - len(tail))
    steps = (*(_step(outlet) for outlet in picked), *tail)
    explanation = Explanation(
        snapshot_version=snapshot.version,
        snapshot_made_at=snapshot.made_at,
        at=now.astimezone(UTC),
        did_dialled=_printable(did),
        did_number=way.did.number if way.did else "",
        did_label=way.did.label if way.did else "",
        route=way.kind,
        route_org=way.did.org_name if way.did else "",
        region_code=way.codes[0] if way.codes else None,
        region_name=snapshot.region_names.get(way.codes[0], way.codes[0]) if way.codes else "",
        region_source=way.region_source,
        region_also=tuple(snapshot.region_names.get(code, code) for code in way.codes[1:]),
        considered=(*considered, verdict),
        omitted=omitted,
    )
    return Decision(
        plan=Plan(steps, snapshot.whisper_sound, snapshot.greeting_sound),
        explanation=explanation,
        did_id=way.did.id if way.did else None,
        region_code=explanation.region_code,
        source=way.did.source if way.did else "unknown",
        warning=_warning(way.did, steps),
    )


def find_did(snapshot: RoutingSnapshot, dialled: str) -> RouteDid | None:
    """Carriers send 74951234567, 84951234567, 4951234567 and +74951234567 for one number."""
    if len(dialled) > _MAX_NUMBER_CHARS:
        return None
    digits = "".join(char for char in dialled if char in "0123456789")
    forms = [f"+{digits}"]
    if len(digits) == 11 and digits.startswith("8"):
        forms.append(f"+7{digits[1:]}")
    if len(digits) == 10:
        forms.append(f"+7{digits}")
    return next((snapshot.dids[form] for form in forms if form in snapshot.dids), None)


def _find_way(snapshot: RoutingSnapshot, dialled: str, caller: str) -> _Way:
    did = find_did(snapshot, dialled)
    codes, region_source = _regions(snapshot, did, caller)
    if did is None or did.to_operators:
        kind = RouteKind.OPERATORS if did else RouteKind.HEAD_OFFICE
        return _Way(kind, did, codes, region_source, Candidates())
    if did.org_id is not None:
        outlets = snapshot.outlets_by_org.get(did.org_id, Candidates())
        return _Way(RouteKind.DEALER, did, codes, region_source, outlets)
    if codes:
        outlets = snapshot.outlets_by_region.get(codes, Candidates())
        return _Way(RouteKind.REGION, did, codes, region_source, outlets)
    return _Way(RouteKind.HEAD_OFFICE, did, codes, region_source, Candidates())


def _regions(
    snapshot: RoutingSnapshot, did: RouteDid | None, caller: str
) -> tuple[tuple[str, ...], RegionSource]:
    if did is not None and did.region_code is not None:
        return (did.region_code,), RegionSource.DID
    known = snapshot.region_names
    codes = tuple(code for code in snapshot.numbering.regions_of(caller) if code in known)
    return codes, RegionSource.CALLER if codes else RegionSource.NONE


def _pick(
    among: Candidates, now: datetime, limit: int
) -> tuple[list[RouteOutlet], list[Considered], tuple[tuple[Reason, int], ...]]:
    """The first open outlets; what to tell of them and of the first that were ruled out; counts of the others."""
    closed = _ClosedNow(now)
    opened: list[tuple[int, ...]] = []
    shut = 0
    for schedule, places in among.places.items():
        if closed[schedule]:
            shut += len(places)
        else:
            opened.append(places)
    picked = list(islice(merge(*opened), limit))
    left = Counter(among.barred)
    left[Reason.CLOSED] = shut
    left[Reason.OVER_LIMIT] = sum(map(len, opened)) - len(picked)
    considered = _tell(among, frozenset(picked), closed)
    left.subtract(item.reason for item in considered)
    omitted = tuple(sorted((reason, count) for reason, count in left.items() if count > 0))
    return [among.outlets[place] for place in picked], considered, omitted


def _tell(among: Candidates, picked: frozenset[int], closed: "_ClosedNow") -> list[Considered]:
    """In order of looking: all that were picked, and at most MAX_LISTED others."""
    considered: list[Considered] = []
    room = MAX_LISTED
    for place, outlet in enumerate(among.outlets):
        if place in picked:
            reason = Reason.TAKEN
        elif not room:
            break
        else:
            room -= 1
            reason = among.bars[place]
            if reason is Reason.TAKEN:
                reason = Reason.CLOSED if closed[outlet.schedule] else Reason.OVER_LIMIT
        considered.append(_considered(outlet, reason, closed))
    else:
        return considered
    further = [among.outlets[index] for index in sorted(picked) if index > place]
    return considered + [_considered(outlet, Reason.TAKEN, closed) for outlet in further]


class _ClosedNow(dict[Schedule, bool]):
    """Whether a schedule is closed at one instant. Each is worked out once and each zone's clock is read once: hours
    repeat, and a region may have thousands of outlets."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._now = now
        self._walls: dict[tzinfo, Wall] = {}
        self._words: dict[Schedule, _Data] = {}

    def __missing__(self, schedule: Schedule) -> bool:
        zone = schedule.zone
        if zone not in self._walls:
            self._walls[zone] = wall_of(self._now, zone)
        is_closed = self[schedule] = not schedule.is_open_at(self._now, self._walls[zone])
        return is_closed

    def words(self, schedule: Schedule) -> _Data:
        """The hours of the local day and the local time, once the schedule was asked for."""
        if schedule not in self._words:
            self._words[schedule] = self._make_words(schedule)
        return self._words[schedule]

    def _make_words(self, schedule: Schedule) -> _Data:
        local = self._walls[schedule.zone].local
        weekday = local.weekday()
        time = f"{local.hour:02}:{local.minute:02}"
        special = schedule.days.get(local.date())
        hours = schedule.hours.texts[weekday] if special is None else special.text
        return (("day", DAYS[weekday]), ("hours", hours), ("local", time), *self.special(schedule))

    def special(self, schedule: Schedule) -> _Data:
        """What but the week rules now; nothing when it is the week."""
        local, override = self._walls[schedule.zone].local, schedule.override
        if override is not None and self._now < override.until:
            until = override.until.astimezone(schedule.zone)
            style = "%H:%M" if until.date() == local.date() else "%d.%m %H:%M"
            return (("why", Why.OVERRIDE), ("until", until.strftime(style)), ("title", override.reason))
        day = schedule.days.get(local.date())
        if day is None:
            return ()
        return (("why", day.why), ("on", local.date().isoformat()), ("title", day.title))


def _considered(outlet: RouteOutlet, reason: Reason, closed: _ClosedNow) -> Considered:
    data: _Data = ()
    if reason is Reason.CLOSED:
        data = closed.words(outlet.schedule)
    elif reason is Reason.TAKEN:
        data = closed.special(outlet.schedule)
    elif reason in (Reason.ORG_SUSPENDED, Reason.NO_SITE_CALLS):
        data = (("org", outlet.org_name),)
    return Considered(outlet.id, outlet.org_id, outlet.label, reason, data)


def _operators(snapshot: RoutingSnapshot, now: datetime) -> tuple[tuple[Step, ...], Considered]:
    office = snapshot.head_office
    closed = _ClosedNow(now)
    data: _Data = ()
    reason = Reason.TAKEN
    if not office.operators:
        reason = Reason.NO_PHONES
    elif closed[office.operators_schedule]:
        reason, data = Reason.CLOSED, closed.words(office.operators_schedule)
    steps = office.operators if reason is Reason.TAKEN else ()
    return steps, Considered(None, office.org_id, "", reason, data)


def _step(outlet: RouteOutlet) -> Step:
    return Step(StepKind.OUTLET, outlet.phone_keys, outlet.ring_s, outlet.id, outlet.org_id, outlet.label)


def _warning(did: RouteDid | None, steps: tuple[Step, ...]) -> RouteWarning:
    if did is None:
        return RouteWarning.UNKNOWN_DID
    return RouteWarning.NONE if steps else RouteWarning.NO_TARGETS


def _printable(text: str) -> str:
    return "".join(char for char in text[:_MAX_NUMBER_CHARS] if char.isprintable())
