"""What a decision works from: the network made ready. Pure, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from callcore.network.policy import BUILT_IN, ActivePolicy, Ringing
from callcore.routing.duty import DutyRoster
from callcore.routing.model import Reason, Step
from callcore.routing.numbering import EMPTY_PLAN, NumberingPlan
from callcore.routing.opening import Schedule
from callcore.routing.quarters import Quarters
from callcore.routing.sounds import NO_SOUNDS, Sounds


@dataclass(frozen=True, slots=True)
class RoutePhone:
    """`pause` is the reason of a pause of its person, until `paused_until` when that is known; `schedule` the person's
    own hours, None for whenever the place is open."""

    key: str
    lines: int = 1
    is_sip: bool = True
    pause: str = ""
    paused_until: datetime | None = None
    schedule: Schedule | None = None

    @property
    def is_plain(self) -> bool:
        """Nobody's pause or hours matter."""
        return not self.pause and self.schedule is None


@dataclass(frozen=True, slots=True)
class RouteOutlet:
    """An outlet made ready. `label` names it to people together with its organisation. `bar` is the first lasting reason against it for any call, else TAKEN; `site_bar` the
    same for calls of the head site's numbers. `chain` are the dealers from the root down to its own. `is_plain`: only
    what is live can stand against its phones. `points` are for the gate, `rating` for who is better."""

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
    phones: tuple[RoutePhone, ...] = ()
    ringing: Ringing = Ringing.ALL
    max_calls: int | None = None
    points: int = 0
    rating: int = 0
    chain: tuple[int, ...] = ()
    is_plain: bool = True


@dataclass(frozen=True, slots=True)
class Ladder:
    """Outlets in order of `levels`, then dealer or id: those of one level are tried by who is longest idle. `ties` are
    what the order is by after that; all stand beside one another."""

    levels: tuple[int, ...]
    org_ids: tuple[int, ...]
    ties: tuple[tuple[int, int], ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Outlets of equal hours among candidates, by position and by the rating of their dealers."""

    by_rank: Ladder
    by_rating: Ladder

    @property
    def places(self) -> tuple[int, ...]:
        return self.by_rank.places


@dataclass(frozen=True, slots=True)
class OpenNow:
    """Of one quarter of an hour: who is `known` to be open in the whole of it, together; whose hours are `asked` when a call
    comes."""

    known: Group
    asked: tuple[tuple[Schedule, Group], ...]


class Ahead(dict[int, OpenNow]):
    """By the number of the quarter (see quarters.py). What is told to another process is told without: it is soon old."""

    def __reduce__(self) -> tuple[type["Ahead"], tuple[()]]:
        return Ahead, ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Outlets in order of trying, made ready for one kind of call. `bars` stand beside them, and `ranks`: outlets of equal
    rank are tried by who is longest idle. `groups` hold those without a bar by their schedule, so that a night call
    need not look at each of thousands. `index`: place by outlet id. `ahead` is worked out beforehand for those of many hours."""

    outlets: tuple[RouteOutlet, ...] = ()
    bars: tuple[Reason, ...] = ()
    ranks: tuple[int, ...] = ()
    groups: Mapping[Schedule, Group] = field(default_factory=dict)
    barred: Mapping[Reason, int] = field(default_factory=dict)
    index: Mapping[int, int] = field(default_factory=dict)
    ahead: Ahead = field(default_factory=Ahead, compare=False, repr=False)

    def ready(self) -> list[int]:
        """Places without a bar, in order of trying."""
        return sorted(chain.from_iterable(group.places for group in self.groups.values()))


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
    policy_id: int | None = None
    waiting: str = ""  # as Plan.waiting
    language: str = ""


@dataclass(frozen=True, slots=True)
class HeadOffice:
    """The end of every plan: steps with the operators' phones (in their hours), then the duty phones (always).
    `operators` are all of them; `operator_phones` tell which are at work."""

    org_id: int | None
    operators_schedule: Schedule
    operators: tuple[Step, ...]
    duty: DutyRoster
    operator_phones: tuple[RoutePhone, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffPhone:
    """A phone of one person of a dealer; `outlet_id` where it stands, if anywhere."""

    phone: RoutePhone
    org_id: int
    outlet_id: int | None
    label: str


@dataclass(frozen=True, slots=True)
class RoutingSnapshot:
    """Everything a decision needs, in memory; a changed network is a new snapshot.

    Outlets are in order of trying: position, then id. `outlets_by_org` holds a dealer's outlets and those of all
    dealers below it. `outlets_by_region` has a key for each region and for each set of regions that one number may
    belong to: first the outlets that stand there, then those of organisations that serve it from elsewhere. The first
    is for calls of dealers' own numbers, the second for those of the head site. `neighbours` has the outlets around,
    by the same keys.
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
    neighbours: Mapping[tuple[str, ...], Candidates] = field(default_factory=dict)
    org_names: Mapping[int, str] = field(default_factory=dict)
    staff_phones: Mapping[int, tuple[StaffPhone, ...]] = field(default_factory=dict)  # by user id
    policies: tuple[ActivePolicy, ...] = (BUILT_IN,)  # first that of all numbers
    twins: Mapping[str, str] = field(default_factory=dict)  # keys of one outside number -> the first of them
    sounds: Sounds = NO_SOUNDS
    quarters: Quarters = field(default_factory=Quarters, compare=False)

    def policy_of(self, did: RouteDid | None) -> ActivePolicy:
        wanted = did.policy_id if did is not None else None
        return next((one for one in self.policies if one.id == wanted), self.policies[0])
