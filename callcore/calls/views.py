"""What pages read of calls: frozen rows with raw values, already cut to what the viewer may know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from callcore.calls.efficiency_model import Share
from callcore.calls.model import CallResult, Direction
from callcore.kernel.errors import Invalid

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class NumberView:
    """A telephone as this viewer may see it. `e164` is empty when `is_hidden` and for what is no number."""

    text: str
    e164: str
    is_hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFilter:
    """Every field narrows; None, empty and False do not. `number` is in any usual spelling, or the last digits of one.
    `org_id` means the organisation and all below it. `until` and `max_talk_s` are exclusive. `is_live`: not ended;
    `is_waiting`: not ended and not yet answered; `results` one of these.
    `user_id` is who talked or whose phone rang: no index serves it alone, so give `since` too. `share`: the calls behind a
    figure of the efficiency of telephones. `hour` 0..23 of the day on the clock of `tz`."""

    number: str = ""
    since: datetime | None = None
    until: datetime | None = None
    org_id: int | None = None
    result: CallResult | None = None
    is_live: bool = False
    direction: Direction | None = None
    region_code: str | None = None
    source: str | None = None
    min_talk_s: int | None = None
    max_talk_s: int | None = None
    has_recording: bool = False
    is_transferred: bool = False
    customer_id: int | None = None
    order_id: int | None = None
    user_id: int | None = None
    did_id: int | None = None
    results: tuple[CallResult, ...] = ()
    is_waiting: bool = False
    share: Share | None = None
    hour: int | None = None
    tz: str = "UTC"


@dataclass(frozen=True, slots=True)
class JournalCursor:
    """A row of the journal as a place in it."""

    started_at: datetime
    id: int

    def encode(self) -> str:
        return f"{(self.started_at - _EPOCH) // _MICROSECOND:x}-{self.id:x}"

    @classmethod
    def parse(cls, text: str) -> "JournalCursor":
        """Raises Invalid("journal-cursor") for what no page has given out."""
        micros, dash, number = text.partition("-")
        try:
            if not dash or len(text) > 40:
                raise ValueError(text)
            return cls(_EPOCH + int(micros, 16) * _MICROSECOND, int(number, 16))
        except (ValueError, OverflowError) as exc:
            raise Invalid("journal-cursor", fields={"after": "cursor"}) from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One line. Names are empty when there is nobody."""

    id: int
    call_id: str
    direction: str
    state: str
    result: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_s: int
    talk_s: int
    did_number: str
    did_label: str
    phone: NumberView | None
    caller_name: str
    region_code: str
    region_name: str
    region_tz: str
    source: str
    org_id: int | None
    org_name: str
    outlet_id: int | None
    outlet_name: str
    user_name: str
    customer_id: int | None
    customer_name: str
    order_id: int | None
    route: str
    warning: str
    is_transferred: bool
    has_recording: bool
    is_repaired: bool

    @property
    def cursor(self) -> str:
        """Asks for what stands after, or before, this row."""
        return JournalCursor(self.started_at, self.id).encode()


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Newest first. `next_cursor` goes to older rows (`after`), `previous_cursor` to newer ones (`before`); empty: none."""

    items: tuple[JournalRow, ...]
    next_cursor: str
    previous_cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    """`channel` is empty for who may not see the PBX's own names."""

    uniqueid: str
    channel: str
    role: str
    phone_id: int | None
    phone_label: str
    step: int | None
    started_at: datetime
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    outcome: str
    hangup_cause: int | None
    org_name: str
    outlet_name: str
    user_name: str


@dataclass(frozen=True, slots=True)
class EventView:
    at: datetime
    kind: str
    data: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingView:
    """`waveform` two lists of peaks 0..100 under the names that the recordings room gives them. `loudness_lufs` of the
    source; shares 0..1: nobody speaks, and our side's part of all speech. `paused_at`: not recorded right now, on purpose."""

    id: int
    call_id: str
    kind: str
    state: str
    started_at: datetime
    duration_ms: int
    is_truncated: bool
    waveform: Mapping[str, Any] | None
    loudness_lufs: float | None = None
    silence_share: float | None = None
    talk_share: float | None = None
    paused_ms: int = 0
    paused_at: datetime | None = None
    deleted_at: datetime | None = None
    delete_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCard:
    """One call with all its parts in order of time. For dealers: legs of their own and the customer's, no explanation."""

    call: JournalRow
    legs: tuple[LegView, ...]
    events: tuple[EventView, ...]
    recordings: tuple[RecordingView, ...]
    linkedids: tuple[str, ...]
    explanation: Mapping[str, Any] | None
    hangup_cause: int | None
    is_asking: bool = False  # the customer is held while one of ours asks another whether he takes the talk
    cost_kopecks: int = 0  # of the carrier, for a call that we made; 0 also while nobody has set his price
    cli: str = ""  # of a call that we made: the number of ours that the customer was shown, E.164
    cli_label: str = ""  # and how it was signed then


@dataclass(frozen=True, slots=True)
class LiveCallView:
    """A call that goes on. The phones are those that the viewer may know of; `user_ids` their people."""

    call: JournalRow
    ringing_phone_ids: frozenset[int]
    ringing_user_ids: frozenset[int]
    talking_phone_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class JournalChoices:
    """What filters offer this viewer: organisations and regions by id and code, people who have a phone of their own by
    id, in order of names; sources sorted; tracked numbers by id, for staff only."""

    orgs: Mapping[int, str]
    regions: Mapping[str, str]
    sources: tuple[str, ...]
    people: Mapping[int, str] = field(default_factory=dict)
    dids: Mapping[int, str] = field(default_factory=dict)
