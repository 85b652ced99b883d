"""What the tracker hands out: whole states of what changed, frozen. Writing one twice changes nothing. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from callcore.calls.model import CallResult, CallState, Direction, LegOutcome, LegRole, RecordingKind, Rung
from callcore.kernel.bus import Event


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call as the journal shall show it; the fields are those of CallRow. `is_ripe`: its route is known, or it
    went on without one, so that customer and order may be attached."""

    call_id: str
    direction: Direction
    state: CallState
    result: CallResult | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_s: int
    talk_s: int
    did_number: str
    did_id: int | None
    caller_number: str
    caller_raw: str
    caller_name: str
    region_code: str | None
    source: str
    org_id: int | None
    outlet_id: int | None
    user_id: int | None
    route: Rung | None
    warning: str
    is_transferred: bool
    hangup_cause: int | None
    explanation: dict[str, Any] | None
    is_ripe: bool

    def without_references(self) -> "CallRecord":
        """For a database that no longer knows the number, region or organisation that the network had a moment ago."""
        return replace(self, did_id=None, region_code=None, org_id=None, outlet_id=None, user_id=None)


@dataclass(frozen=True, slots=True)
class LegRecord:
    """A leg; the fields are those of LegRow."""

    call_id: str
    uniqueid: str
    channel: str
    role: LegRole
    phone_id: int | None
    org_id: int | None
    outlet_id: int | None
    user_id: int | None
    step: int | None
    started_at: datetime
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    outcome: LegOutcome | None
    hangup_cause: int | None


@dataclass(frozen=True, slots=True)
class TransferRecord:
    """A handing on; the fields are those of TransferRow."""

    call_id: str
    ordinal: int
    at: datetime
    kind: str
    means: str
    from_phone_id: int | None
    from_user_id: int | None
    from_outlet_id: int | None
    from_org_id: int | None
    to_kind: str
    to_extension: str
    to_phone_id: int | None
    to_user_id: int | None
    to_outlet_id: int | None
    to_org_id: int | None
    answered_at: datetime | None
    ended_at: datetime | None
    wait_s: int
    talk_s: int
    result: str
    returned_to: int | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One line for the call's page. `data` holds no numbers and no names of customers."""

    call_id: str
    at: datetime
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordingBegun:
    """A recording row is owed from now on, whatever happens to the file."""

    call_id: str
    base: str
    kind: RecordingKind
    at: datetime


@dataclass(frozen=True, slots=True)
class LinkedidSeen:
    call_id: str
    linkedid: str


@dataclass(frozen=True, slots=True)
class CallsMerged:
    """The row of `call_id`, if there is one, becomes a part of `into`."""

    call_id: str
    into: str


@dataclass(frozen=True, slots=True)
class Changes:
    """In order of application: merges, calls, legs, linkedids, recordings, happenings; then `events` are announced."""

    merges: tuple[CallsMerged, ...] = ()
    calls: tuple[CallRecord, ...] = ()
    legs: tuple[LegRecord, ...] = ()
    transfers: tuple[TransferRecord, ...] = ()
    linkedids: tuple[LinkedidSeen, ...] = ()
    recordings: tuple[RecordingBegun, ...] = ()
    happenings: tuple[Happening, ...] = ()
    events: tuple[Event, ...] = ()
