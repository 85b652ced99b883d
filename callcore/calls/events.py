"""What calls announce, past tense. Ids and a version only, never numbers: readers fetch the state by their rights."""

from dataclasses import dataclass

from callcore.kernel.bus import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(Event):
    """`version` grows with each change of one call, also across a restart (milliseconds of the PBX's clock)."""

    call_id: str
    version: int
    org_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRinging(CallEvent):
    """A real phone rings (not a Local half): the screen-pop of its people. `user_ids` empty: all of the outlet."""

    phone_ids: frozenset[int]
    user_ids: frozenset[int]
    outlet_ids: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallEvent):
    """The customer and these phones were joined."""

    phone_ids: frozenset[int]
    user_ids: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallEvent):
    """`result` is CallResult."""

    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChanged(CallEvent):
    """Anything that a page about the call shows. `merged_into` is set when the call became a part of another one."""

    merged_into: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingReady(Event):
    """A recording can be played. `call_id` may be empty for a file that belongs to no call."""

    recording_id: int
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPaused(Event):
    """The recording of a talk that goes on pauses, or goes on."""

    recording_id: int
    call_id: str
    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChanged(Event):
    """A task was made, taken, postponed, closed or opened again."""

    task_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptChanged(Event):
    """A call that we make went on. `state` AttemptState, `result` AttemptResult or empty. `version` grows."""

    call_id: str
    state: str
    result: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxLinkChanged(Event):
    """Screens say so when the link to the PBX is lost: what they show may be old."""

    connected: bool
    reason: str = ""
