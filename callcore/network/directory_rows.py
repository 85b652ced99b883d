"""The selling network as frozen rows, read in one go: what routing and the call tracker work from. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from callcore.network.days import CalendarDay, DayException, HoursOverride
from callcore.network.model import OrgKind, OrgState, PhoneOwner
from callcore.network.policy import BUILT_IN, ActivePolicy, Ringing
from callcore.network.shifts import Shift


@dataclass(frozen=True, slots=True)
class Region:
    """A subject of the federation; `tz` is its main IANA zone, `neighbours` are codes."""

    code: str
    name: str
    tz: str
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Org:
    """`region_codes` are the regions served besides those where the outlets stand, sorted; `region_code` is its own. `points`
    are for the gate; `rating` is what «Рейтинг» goes by, None for the points."""

    id: int
    kind: OrgKind
    path: str
    name: str
    tz: str
    state: OrgState = OrgState.ACTIVE
    takes_site_calls: bool = True
    region_codes: tuple[str, ...] = ()
    is_authorised: bool = True
    points: int = 0
    region_code: str | None = None
    rating: int | None = None

    @property
    def standing(self) -> int:
        return self.points if self.rating is None else self.rating

    @property
    def chain(self) -> tuple[int, ...]:
        """Ids from the root down to this organisation; /1/5/9/ gives (1, 5, 9)."""
        return tuple(int(part) for part in self.path.split("/") if part.isdigit())


@dataclass(frozen=True, slots=True)
class Outlet:
    """A point of sale; `hours` is the mapping of OutletRow.hours as stored, not yet checked. `exceptions` are in order
    of days. `max_calls` talks at once, None for as many as its phones have lines."""

    id: int
    org_id: int
    name: str
    city: str
    region_code: str
    tz: str
    hours: Mapping[str, Any]
    accepts_calls: bool = True
    position: int = 100
    ring_s: int = 20
    works_on_holidays: bool = False
    exceptions: tuple[DayException, ...] = ()
    override: HoursOverride | None = None
    max_calls: int | None = None
    ringing: Ringing = Ringing.ALL


@dataclass(frozen=True, slots=True)
class Phone:
    """An active phone. `org_id` is that of its outlet or of its person; none for a duty number of nobody. `lines` calls
    at once. `person` is set when it belongs to somebody."""

    id: int
    key: str
    owner: PhoneOwner
    label: str
    outlet_id: int | None = None
    user_id: int | None = None
    org_id: int | None = None
    duty_position: int | None = None
    lines: int = 1
    position: int = 100
    is_sip: bool = True
    person: "Person | None" = None
    number: str = field(default="", repr=False)  # E.164 of an outside phone


@dataclass(frozen=True, slots=True)
class Person:
    """When a person's phones ring. `hours` as stored, not yet checked, on the clock of `tz`; None for whenever the place
    is open. `pause` is the reason of a pause that holds, empty for none; `paused_until` when it ends by itself.
    `exceptions` are in order of days."""

    id: int
    name: str
    tz: str
    hours: Mapping[str, Any] | None = None
    works_on_holidays: bool = False
    pause: str = ""
    paused_until: datetime | None = None
    exceptions: tuple[DayException, ...] = ()


@dataclass(frozen=True, slots=True)
class Did:
    """An active tracked number, E.164. `policy_id` None: the policy of all numbers."""

    id: int
    number: str
    label: str
    region_code: str | None = None
    org_id: int | None = None
    source: str = "unknown"
    medium: str = "unknown"
    campaign: str = ""
    request_type: str = "call"
    to_operators: bool = False
    language: str = "ru"
    greeting: str = ""
    whisper: str = ""
    says_recorded: bool = False
    waiting: str = "ringback"
    policy_id: int | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything in the order of ids; lookups are made by whoever needs them. `shifts` are in order of time, those that
    have not ended; `policies` has at least one, first that of all numbers."""

    regions: tuple[Region, ...] = ()
    orgs: tuple[Org, ...] = ()
    outlets: tuple[Outlet, ...] = ()
    phones: tuple[Phone, ...] = ()
    dids: tuple[Did, ...] = ()
    calendar: tuple[CalendarDay, ...] = ()
    shifts: tuple[Shift, ...] = ()
    policies: tuple[ActivePolicy, ...] = (BUILT_IN,)
