"""What the PBX says, translated: frozen facts in the past tense. A fact is never refused.

Sources: AMI events of Asterisk 20+ (names in each docstring) and the milestones of dialplans.contract.
`at` is the PBX's own time stamp (manager.conf `timestampevents=yes`), aware UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """One channel as an event named it. `call_id` and `phone_key` come from channel variables and may be empty
    early in a channel's life. `phone_key` also from the channel's name: PJSIP/p12-0000001a."""

    name: str
    uniqueid: str
    linkedid: str
    call_id: str = ""
    phone_key: str = ""

    @property
    def is_local(self) -> bool:
        return self.name.startswith("Local/")

    @property
    def is_trunk(self) -> bool:
        return self.name.startswith("PJSIP/trunk-")


@dataclass(frozen=True, slots=True)
class PbxFact:
    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelFact(PbxFact):
    channel: ChannelRef


@dataclass(frozen=True, slots=True)
class ChannelCreated(ChannelFact):
    """Newchannel."""

    caller_number: str
    caller_name: str
    extension: str
    context: str
    state: str  # Down, Ring, Ringing, Up


@dataclass(frozen=True, slots=True)
class ChannelStateChanged(ChannelFact):
    """Newstate."""

    state: str


@dataclass(frozen=True, slots=True)
class DialBegun(ChannelFact):
    """DialBegin; `channel` is the called one, `caller` may be absent for an originated leg."""

    caller: ChannelRef | None
    dial_string: str


@dataclass(frozen=True, slots=True)
class DialEnded(ChannelFact):
    """DialEnd; `status` is ANSWER BUSY NOANSWER CANCEL CHANUNAVAIL CONGESTION ABORT CONTINUE GOTO."""

    caller: ChannelRef | None
    status: str


@dataclass(frozen=True, slots=True)
class LocalBridged(PbxFact):
    """LocalBridge: the two halves of one Local channel."""

    one: ChannelRef
    two: ChannelRef


@dataclass(frozen=True, slots=True)
class BridgeEntered(ChannelFact):
    """BridgeEnter."""

    bridge_id: str


@dataclass(frozen=True, slots=True)
class BridgeLeft(ChannelFact):
    """BridgeLeave."""

    bridge_id: str


@dataclass(frozen=True, slots=True)
class ChannelHungUp(ChannelFact):
    """Hangup; `cause` is Q.850."""

    cause: int
    cause_text: str


@dataclass(frozen=True, slots=True)
class Transferred(ChannelFact):
    """BlindTransfer or AttendedTransfer; `channel` is the transferer, `other` the transferee or the second call."""

    other: ChannelRef | None
    kind: str  # blind, attended
    result: str
    extension: str


@dataclass(frozen=True, slots=True)
class MilestoneReached(ChannelFact):
    """UserEvent DL; `kind` is a dialplans.contract.Milestone value, `values` the other headers by name."""

    kind: str
    call_id: str
    values: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str:
        return dict(self.values).get(name, "")


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """One row of a snapshot (CoreShowChannels)."""

    channel: ChannelRef
    state: str
    caller_number: str
    caller_name: str
    extension: str
    context: str
    bridge_id: str
    duration_s: int


@dataclass(frozen=True, slots=True)
class PbxSnapshot(PbxFact):
    """The link is up; these channels live now. Facts that follow are newer. `restarted` tells that the PBX itself is
    another process than before (its channels of before are gone)."""

    channels: tuple[LiveChannel, ...]
    restarted: bool
    system_name: str


@dataclass(frozen=True, slots=True)
class PbxLost(PbxFact):
    """The link is down, or the queue overflowed: what is known is stale until the next snapshot."""

    reason: str


@dataclass(frozen=True, slots=True)
class OriginateFailed(PbxFact):
    """OriginateResponse with a failure: the first leg of a call that we asked for never came up. `call_id` is our
    ChannelId. It says nothing of why: a phone that rang out ends so, too, and so does a channel that could not be made."""

    call_id: str


@dataclass(frozen=True, slots=True)
class PhoneStateChanged(PbxFact):
    """DeviceStateChange of one of our phones."""

    phone_key: str
    state: str  # available, in_use, ringing, unavailable


@dataclass(frozen=True, slots=True)
class RouteDecided(PbxFact):
    """Our own FastAGI answer for a call. Comes through the same queue as the PBX's facts, before or after `entered`.
    `explanation` is JSON-ready (routing.explain); `warning` a code such as unknown-did, or empty."""

    call_id: str
    did_number: str
    did_id: int | None
    region_code: str | None
    source: str
    warning: str
    explanation: dict[str, Any]
