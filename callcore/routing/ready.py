"""Outlets, phones and numbers of the directory made ready for routing. Pure; runs once per change."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callcore.network.days import CalendarDay, DayException
from callcore.network.directory_rows import Did, Directory, Org, Outlet, Person, Phone
from callcore.network.model import OrgKind, OrgState, PhoneOwner
from callcore.routing.hours import DAYS, WeekHours, parse_hours
from callcore.routing.known import RouteDid, RouteOutlet, RoutePhone, StaffPhone
from callcore.routing.model import Reason
from callcore.routing.opening import Schedule, make_schedule
from dialplans.contract import MAX_KEYS_PER_STEP, WAITING_MUSIC

_MIN_RING_S, _MAX_RING_S = 5, 120
_NEVER = parse_hours({})
_ALWAYS = {day: [["00:00", "24:00"]] for day in DAYS}


class Schedules:
    """Equal hours with equal special days become one object; None when hours, a day or the zone cannot be read."""

    def __init__(self, calendar: Sequence[CalendarDay]) -> None:
        self._calendar = calendar
        self._regions = frozenset(item.region_code for item in calendar) - {""}
        self._known: dict[object, Schedule] = {}
        self._weeks: dict[str, WeekHours] = {}  # by what was stored

    def all(self) -> Collection[Schedule]:
        return self._known.values()

    def get(self, outlet: Outlet) -> Schedule | None:
        """A place without days of its own has those of the country."""
        try:
            place = outlet.region_code if outlet.region_code in self._regions else ""
            week = self._week(outlet.hours)
            key = (week, outlet.tz, outlet.works_on_holidays or place, outlet.exceptions, outlet.override)
            if key not in self._known:
                calendar = () if outlet.works_on_holidays else self._of(place)
                self._known[key] = make_schedule(
                    week, ZoneInfo(outlet.tz), calendar, outlet.exceptions, outlet.override
                )
        except (ValueError, TypeError, AttributeError, OSError, ZoneInfoNotFoundError):
            return None
        return self._known[key]

    def _week(self, hours: Mapping[str, Any]) -> WeekHours:
        stored = repr(hours)
        if stored not in self._weeks:
            self._weeks[stored] = parse_hours(hours)
        return self._weeks[stored]

    def of_person(self, person: Person, region_code: str) -> Schedule | None:
        """A person's own hours; none, and hours that cannot be read, leave it to the place, but for exceptions."""
        hours, works = person.hours, person.works_on_holidays
        if hours is None and person.exceptions:
            hours, works = _ALWAYS, True
        return self.of_hours(
            hours, person.tz, region_code, works_on_holidays=works, exceptions=person.exceptions
        )

    def of_hours(
        self,
        hours: Mapping[str, Any] | None,
        tz: str,
        region_code: str,
        *,
        works_on_holidays: bool,
        exceptions: tuple[DayException, ...] = (),
    ) -> Schedule | None:
        if hours is None:
            return None
        return self.get(
            Outlet(
                0, 0, "", "", region_code, tz, hours,
                works_on_holidays=works_on_holidays, exceptions=exceptions,
            )
        )  # fmt: skip

    def _of(self, place: str) -> list[CalendarDay]:
        """The country's day comes before the region's own, which replaces it."""
        return [item for item in self._calendar if item.region_code in ("", place)]


def ready_outlets(directory: Directory, orgs: Mapping[int, Org], schedules: Schedules) -> list[RouteOutlet]:
    """In order of trying."""
    phones: dict[int, list[Phone]] = defaultdict(list)
    for phone in directory.phones:
        if phone.owner is PhoneOwner.OUTLET and phone.outlet_id is not None:
            phones[phone.outlet_id].append(phone)
    suspended = {org.id for org in directory.orgs if _is_suspended(org, orgs)}
    ready = [
        _ready_outlet(
            outlet,
            orgs[outlet.org_id],
            tuple(
                ready_phone(phone, schedules, outlet.region_code)
                for phone in sorted(phones[outlet.id], key=_phone_order)[:MAX_KEYS_PER_STEP]
            ),
            schedules.get(outlet),
            is_suspended=outlet.org_id in suspended,
        )
        for outlet in directory.outlets
        if outlet.org_id in orgs
    ]
    return sorted(ready, key=order)


def _ready_outlet(
    outlet: Outlet,
    org: Org,
    phones: tuple[RoutePhone, ...],
    schedule: Schedule | None,
    *,
    is_suspended: bool,
) -> RouteOutlet:
    bar = next((reason for reason, holds in (
        (Reason.ORG_SUSPENDED, is_suspended),
        (Reason.NOT_ACCEPTING, not outlet.accepts_calls),
        (Reason.NO_PHONES, not phones),
        (Reason.HOURS_UNREADABLE, schedule is None),
    ) if holds), Reason.TAKEN)  # fmt: skip
    return RouteOutlet(
        id=outlet.id,
        org_id=org.id,
        label=f"{org.name}: {outlet.name}",
        org_name=org.name,
        position=outlet.position,
        ring_s=ring_seconds(outlet.ring_s),
        phone_keys=tuple(phone.key for phone in phones),
        schedule=schedule or Schedule(_NEVER, UTC),
        bar=bar,
        site_bar=_site_bar(org) if bar is Reason.TAKEN else bar,
        phones=phones,
        ringing=outlet.ringing,
        max_calls=outlet.max_calls,
        points=org.points,
        rating=org.standing,
        chain=org.chain,
        is_plain=all(phone.is_plain for phone in phones)
        and (outlet.max_calls is None or outlet.max_calls > 0),
    )


def _site_bar(org: Org) -> Reason:
    if org.kind is not OrgKind.MANUFACTURER and not org.is_authorised:
        return Reason.NOT_AUTHORISED
    return Reason.TAKEN if org.takes_site_calls else Reason.NO_SITE_CALLS


def ready_phone(phone: Phone, schedules: Schedules, region_code: str) -> RoutePhone:
    person = phone.person
    if person is None:
        return RoutePhone(phone.key, phone.lines, phone.is_sip)
    schedule = schedules.of_person(person, region_code)
    return RoutePhone(phone.key, phone.lines, phone.is_sip, person.pause, person.paused_until, schedule)


def staff_phones(directory: Directory, schedules: Schedules) -> dict[int, tuple[StaffPhone, ...]]:
    """Phones of dealers' people, by user id."""
    regions = {outlet.id: outlet.region_code for outlet in directory.outlets}
    found: dict[int, list[StaffPhone]] = defaultdict(list)
    for phone in sorted(directory.phones, key=_phone_order):
        if phone.owner is PhoneOwner.OUTLET and phone.user_id is not None and phone.org_id is not None:
            ready = ready_phone(phone, schedules, regions.get(phone.outlet_id or 0, ""))
            found[phone.user_id].append(StaffPhone(ready, phone.org_id, phone.outlet_id, phone.label))
    return {user_id: tuple(phones) for user_id, phones in found.items()}


def _is_suspended(org: Org, orgs: Mapping[int, Org]) -> bool:
    """A dealer below a suspended one is suspended too."""
    above = (orgs.get(org_id) for org_id in org.chain)
    return org.state is OrgState.SUSPENDED or any(
        parent is not None and parent.state is OrgState.SUSPENDED for parent in above
    )


def ready_did(did: Did, orgs: Mapping[int, Org]) -> RouteDid:
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
        policy_id=did.policy_id,
        waiting=WAITING_MUSIC if did.waiting == WAITING_MUSIC else "",
        language=did.language,
    )


def order(outlet: RouteOutlet) -> tuple[int, int]:
    return outlet.position, outlet.id


def _phone_order(phone: Phone) -> tuple[int, int]:
    return phone.position, phone.id


def ring_seconds(seconds: int) -> int:
    return max(_MIN_RING_S, min(_MAX_RING_S, seconds))
