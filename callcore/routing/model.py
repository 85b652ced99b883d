"""What a decision answers, and the words of its explanation. Pure, frozen."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callcore.network.policy import QuotaUnit
from callcore.routing.live import TieKind
from dialplans.contract import StepKind


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
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    AT_CAPACITY = "at-capacity"
    PAUSED = "paused"
    OFF_HOURS = "off-hours"
    BELOW_GATE = "below-gate"
    NOT_AUTHORISED = "not-authorised"
    DEALER_TRIED = "dealer-tried"
    NOT_CHOSEN = "not-chosen"


class StepStage(StrEnum):
    """Which part of the choice a step comes from. Stored with calls: never renamed."""

    NONE = ""  # stored before there were stages
    PERSONAL = "personal"
    FIX = "fix"
    QUOTA = "quota"
    RATING = "rating"
    BASE = "base"
    NEIGHBOUR = "neighbour"
    OPERATORS = "operators"
    DUTY = "duty"


class Empty(StrEnum):
    """Why a stage rings nobody. Stored with calls: never renamed."""

    NONE = ""
    NO_RULE = "no-rule"  # fix: no rule is for this call
    FILLED = "filled"  # quota: half a call is owed to nobody
    OWN_NUMBER = "own-number"  # quota: calls of dealers' own numbers are not shared out
    BELOW_TOP = "below-top"  # rating: nobody who can take the call has the points
    NOBODY_ABLE = "nobody-able"  # those whom it names cannot take the call now, or are not of this region
    TRIED = "tried"  # all of them have been tried before
    NO_ROOM = "no-room"  # the plan is full


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
class Step:
    """Phones rung together for at most `ring_s` seconds."""

    kind: StepKind
    phone_keys: tuple[str, ...]
    ring_s: int
    outlet_id: int | None = None  # empty too when several outlets ring together
    org_id: int | None = None
    label: str = ""
    stage: StepStage = StepStage.NONE
    wait_s: int = 0  # how long it tries again, as a queue; 0 is one try


@dataclass(frozen=True, slots=True)
class Plan:
    """Tried in order, at most dialplans.contract.MAX_STEPS steps. Sounds without extension, empty for none. `waiting`
    is dialplans.contract.WAITING_MUSIC, or empty for ringback; `language` of prompts, empty for that of the PBX."""

    steps: tuple[Step, ...]
    whisper_sound: str = ""
    greeting_sound: str = ""
    waiting: str = ""
    language: str = ""


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
    stage: StepStage = StepStage.NONE  # where it is tried, when it was taken


@dataclass(frozen=True, slots=True)
class QuotaTold:
    """One dealer's quota at this call: `given` before it; `deficit` in calls, this one counted."""

    org_id: int
    org_name: str
    unit: QuotaUnit
    limit: int
    given: int
    deficit: float


@dataclass(frozen=True, slots=True)
class StageTold:
    """One stage in the order in which it came. `org_id` is the one dealer whom fix, quota or personal choice named (with
    all below him), also when nobody of his could take the call; `org_ids` whose outlets are rung, in that order. `counted`
    calls of the period, this one among them, and `quotas` are for quota; `min_points` and `best` for rating."""

    stage: StepStage
    empty: Empty = Empty.NONE
    org_id: int | None = None
    org_name: str = ""
    org_ids: tuple[int, ...] = ()
    org_names: tuple[str, ...] = ()  # beside them
    counted: int = 0
    quotas: tuple[QuotaTold, ...] = ()
    min_points: int = 0
    best: int = 0


@dataclass(frozen=True, slots=True)
class TieTold:
    """Who knows the caller; `is_used` when he is rung first."""

    kind: TieKind
    org_id: int
    org_name: str
    is_used: bool
    outlet_id: int | None = None
    user_id: int | None = None
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this plan. Holds no digit of the caller: a dealer may read it before the number is shown to him.

    `considered` has first who is tried, in that order, then at most MAX_LISTED of those that were ruled out, last the
    operators; `omitted` counts the rest by reason. `stages` are empty when no dealer was to be chosen: such a call does
    not count for quotas. `gate` is the fewest points that a dealer needed, None for none.
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
    policy_id: int = 0
    policy_version: int = 0
    policy_name: str = ""
    stages: tuple[StageTold, ...] = ()
    gate: int | None = None
    tie: TieTold | None = None
    live_version: int = 0

    @property
    def counts_for_quotas(self) -> bool:
        """A call of the head site for which a dealer was chosen."""
        return self.route is RouteKind.REGION and bool(self.stages)


@dataclass(frozen=True, slots=True)
class Decision:
    """`did_id` empty for a number that we do not know; `source` as on the DID; `warning` a RouteWarning value."""

    plan: Plan
    explanation: Explanation
    did_id: int | None
    region_code: str | None
    source: str
    warning: str
