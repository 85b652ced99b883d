"""What the decision works from and what it answers. Pure, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callcore.routing.numbering import EMPTY_PLAN, NumberingPlan
from callcore.routing.opening import Schedule
from dialplans.contract import StepKind

# --- what is known -------------------------------------------------------------------------------------------


class Reason(StrEnum):
    """Why a candidate is in or out. Stored with calls: never renamed."""

    TAKEN = "taken"
    CLOSED = "closed"
    NOT_ACCEPTING = "not-accepting"
    ORG_SUSPENDED = "org-suspended"
    NO_SITE_CALLS = "no-site-calls"
    NO_PHONES = "no-phones"
    HOURS_UNREADABLE = "hours-unreadable"
    OVER_LIMIT = "over-limit"


class RouteKind(StrEnum):
    """Whose call it is by the dialled number."""

    OPERATORS = "operators"  # straight to the head office's operators
    DEALER = "dealer"  # the number of a dealer
    REGION = "region"  # a number of the head site: outlets of the region
    HEAD_OFFICE = "head-office"  # nothing else is known


class RegionSource(StrEnum):
    DID = "did"
    CALLER = "caller"
    NONE = "none"


class RouteWarning(StrEnum):
    """What a person should look at afterwards. Stored with calls: never renamed."""

    NONE = ""
    UNKNOWN_DID = "unknown-did"
    NO_TARGETS = "no-targets"


@dataclass(frozen=True, slots=True)
class RouteOutlet:
    """An outlet made ready. `label` names it to people together with its organisation. `bar` is the first lasting reason against it for any call, else TAKEN; `site_bar` the
    same for calls of the head site's numbers."""

    id: int
    org_id: int
    label: str
    org_name: str
    position: int
    ring_s: int
    phone_keys: tuple[str, ...]
    schedule: Schedule
    bar: Reason
    site_bar: Reason


@dataclass(frozen=True, slots=True)
class Candidates:
    """Outlets in order of trying, made ready for one kind of call. `bars` stand beside them; `places` are the indexes
    of those without a bar by their schedule, so that a night call need not look at each of thousands."""

    outlets: tuple[RouteOutlet, ...] = ()
    bars: tuple[Reason, ...] = ()
    places: Mapping[Schedule, tuple[int, ...]] = field(default_factory=dict)
    barred: Mapping[Reason, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RouteDid:
    """`org_id` is set for dealers' own numbers only, never for the manufacturer's."""

    id: int
    number: str
    label: str
    region_code: str | None
    org_id: int | None
    org_name: str
    source: str
    to_operators: bool


@dataclass(frozen=True, slots=True)
class HeadOffice:
    """The end of every plan: steps with the operators' phones (in their hours), then the duty phones (always)."""

    org_id: int | None
    operators_schedule: Schedule
    operators: tuple["Step", ...]
    duty: tuple["Step", ...]


@dataclass(frozen=True, slots=True)
class RoutingSnapshot:
    """Everything a decision needs, in memory; a changed network is a new snapshot.

    Outlets are in order of trying: position, then id. `outlets_by_org` holds a dealer's outlets and those of all
    dealers below it. `outlets_by_region` has a key for each region and for each set of regions that one number may
    belong to: first the outlets that stand there, then those of organisations that serve it from elsewhere. The first
    is for calls of dealers' own numbers, the second for those of the head site.
    """

    version: int
    made_at: datetime
    dids: Mapping[str, RouteDid]
    outlets_by_region: Mapping[tuple[str, ...], Candidates]
    outlets_by_org: Mapping[int, Candidates]
    region_names: Mapping[str, str]
    region_zones: Mapping[str, str]
    head_office: HeadOffice
    numbering: NumberingPlan = EMPTY_PLAN
    whisper_sound: str = ""
    greeting_sound: str = ""


# --- what is answered ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """Phones rung together for at most `ring_s` seconds."""

    kind: StepKind
    phone_keys: tuple[str, ...]
    ring_s: int
    outlet_id: int | None = None
    org_id: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Tried in order, at most dialplans.contract.MAX_STEPS steps. Sounds without extension, empty for none."""

    steps: tuple[Step, ...]
    whisper_sound: str = ""
    greeting_sound: str = ""


@dataclass(frozen=True, slots=True)
class Considered:
    """One outlet (or the operators: no id) with the verdict. `data` are pairs that the sentence quotes: hours of
    the local day and the local time for CLOSED, the organisation for ORG_SUSPENDED; `why` (opening.Why) with `on`, `title`,
    `until` where it was not the week that opened or closed it."""

    outlet_id: int | None
    org_id: int | None
    label: str
    reason: Reason
    data: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this plan. Holds no digit of the caller: a dealer may read it before the number is shown to him.

    `considered` is in order of looking and lists at most MAX_LISTED of those that were ruled out; `omitted` counts the
    rest by reason.
    """

    snapshot_version: int
    snapshot_made_at: datetime
    at: datetime
    did_dialled: str
    did_number: str
    did_label: str
    route: RouteKind
    route_org: str
    region_code: str | None
    region_name: str
    region_source: RegionSource
    region_also: tuple[str, ...]  # names of further regions that the caller's number may belong to
    considered: tuple[Considered, ...] = ()
    omitted: tuple[tuple[Reason, int], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Decision:
    """`did_id` empty for a number that we do not know; `source` as on the DID; `warning` a RouteWarning value."""

    plan: Plan
    explanation: Explanation
    did_id: int | None
    region_code: str | None
    source: str
    warning: str
