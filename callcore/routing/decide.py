"""Who gets the call. Pure: the same snapshot, numbers and instant give the same answer.

1. The dialled number says whose call it is: the operators', a dealer's (with all dealers below), or a region's.
2. A region's number names its region; one that does not leaves it to the caller's number.
3. Outlets in order of position that are open on their own clock and take calls become steps, one outlet a step.
4. Head-office operators in their hours, then the duty phones, end every plan.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from callcore.routing.hours import DAYS
from callcore.routing.model import (
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
    Schedule,
    Step,
)
from dialplans.contract import MAX_STEPS, StepKind

MAX_LISTED = 60  # outlets ruled out that an explanation names; the rest are counted
_MAX_NUMBER_CHARS = 32


@dataclass(frozen=True, slots=True)
class _Way:
    """Whose call it is, before anybody's hours are looked at. `codes` are the regions it may come from."""

    kind: RouteKind
    did: RouteDid | None
    codes: tuple[str, ...]
    region_source: RegionSource
    candidates: tuple[RouteOutlet, ...]


def decide(snapshot: RoutingSnapshot, did: str, caller: str, now: datetime) -> Decision:
    """`did` and `caller` as the PBX gave them: any text, empty allowed; `now` aware. Never raises for any text."""
    way = _find_way(snapshot, did, caller)
    operators, verdict = _operators(snapshot, now)
    tail = (*operators, *snapshot.head_office.duty)
    picked, considered, omitted = _pick(way, now, MAX_STEPS - len(tail))
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
        return _Way(kind, did, codes, region_source, ())
    if did.org_id is not None:
        outlets = snapshot.outlets_by_org.get(did.org_id, ())
        return _Way(RouteKind.DEALER, did, codes, region_source, outlets)
    if codes:
        return _Way(RouteKind.REGION, did, codes, region_source, snapshot.outlets_by_region.get(codes, ()))
    return _Way(RouteKind.HEAD_OFFICE, did, codes, region_source, ())


def _regions(
    snapshot: RoutingSnapshot, did: RouteDid | None, caller: str
) -> tuple[tuple[str, ...], RegionSource]:
    if did is not None and did.region_code is not None:
        return (did.region_code,), RegionSource.DID
    known = snapshot.region_names
    codes = tuple(code for code in snapshot.numbering.regions_of(caller) if code in known)
    return codes, RegionSource.CALLER if codes else RegionSource.NONE


def _pick(
    way: _Way, now: datetime, limit: int
) -> tuple[list[RouteOutlet], list[Considered], tuple[tuple[Reason, int], ...]]:
    picked: list[RouteOutlet] = []
    considered: list[Considered] = []
    omitted: Counter[Reason] = Counter()
    opened: dict[Schedule, bool] = {}
    is_site_call = way.kind is RouteKind.REGION
    for outlet in way.candidates:
        reason = outlet.site_bar if is_site_call else outlet.bar
        if reason is Reason.TAKEN:
            is_open = opened.get(outlet.schedule)
            if is_open is None:
                is_open = opened[outlet.schedule] = outlet.schedule.is_open(now)
            reason = _open_verdict(is_open=is_open, has_room=len(picked) < limit)
        if reason is Reason.TAKEN:
            picked.append(outlet)
        elif len(considered) - len(picked) >= MAX_LISTED:
            omitted[reason] += 1
            continue
        considered.append(_considered(outlet, reason, now))
    return picked, considered, tuple(sorted(omitted.items()))


def _open_verdict(*, is_open: bool, has_room: bool) -> Reason:
    if not is_open:
        return Reason.CLOSED
    return Reason.TAKEN if has_room else Reason.OVER_LIMIT


def _considered(outlet: RouteOutlet, reason: Reason, now: datetime) -> Considered:
    data: tuple[tuple[str, str], ...] = ()
    if reason is Reason.CLOSED:
        data = _closed_data(outlet.schedule, now)
    elif reason in (Reason.ORG_SUSPENDED, Reason.NO_SITE_CALLS):
        data = (("org", outlet.org_name),)
    return Considered(outlet.id, outlet.org_id, _label(outlet), reason, data)


def _closed_data(schedule: Schedule, now: datetime) -> tuple[tuple[str, str], ...]:
    local = now.astimezone(schedule.zone)
    weekday = local.weekday()
    return (
        ("day", DAYS[weekday]),
        ("hours", schedule.hours.text_of(weekday)),
        ("local", f"{local.hour:02}:{local.minute:02}"),
    )


def _operators(snapshot: RoutingSnapshot, now: datetime) -> tuple[tuple[Step, ...], Considered]:
    office = snapshot.head_office
    data: tuple[tuple[str, str], ...] = ()
    if not office.operators:
        reason = Reason.NO_PHONES
    elif not office.operators_schedule.is_open(now):
        reason, data = Reason.CLOSED, _closed_data(office.operators_schedule, now)
    else:
        reason = Reason.TAKEN
    steps = office.operators if reason is Reason.TAKEN else ()
    return steps, Considered(None, office.org_id, "", reason, data)


def _step(outlet: RouteOutlet) -> Step:
    return Step(StepKind.OUTLET, outlet.phone_keys, outlet.ring_s, outlet.id, outlet.org_id, _label(outlet))


def _label(outlet: RouteOutlet) -> str:
    return f"{outlet.org_name}: {outlet.name}"


def _warning(did: RouteDid | None, steps: tuple[Step, ...]) -> RouteWarning:
    if did is None:
        return RouteWarning.UNKNOWN_DID
    return RouteWarning.NONE if steps else RouteWarning.NO_TARGETS


def _printable(text: str) -> str:
    return "".join(char for char in text[:_MAX_NUMBER_CHARS] if char.isprintable())
