"""AMI events -> facts. Pure; an event that is unknown or makes no sense gives None and never raises.

Header names: AMI event reference of Asterisk 20-22 (main/manager_channels.c, manager_bridges.c, core_local.c,
bridge.c). manager.conf must have `timestampevents=yes` and `channelvars=DL_CALL_ID,DL_PHONE`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from callcore.asterisk.ami.headers import EventHeaders, ParsedEvent
from callcore.calls.facts import (
    BridgeEntered,
    BridgeLeft,
    ChannelCreated,
    ChannelHungUp,
    ChannelRef,
    ChannelStateChanged,
    DialBegun,
    DialEnded,
    LocalBridged,
    MilestoneReached,
    OriginateFailed,
    PbxFact,
    PhoneStateChanged,
    Transferred,
)
from dialplans import contract

_PHONE_DEVICE: Final = re.compile(r"PJSIP/(p\d+)")
# A phone that talks and rings at once cannot take a call: in_use. On hold somebody waits: in_use.
_PHONE_STATES: Final = {
    "NOT_INUSE": "available",
    "INUSE": "in_use",
    "BUSY": "in_use",
    "ONHOLD": "in_use",
    "RINGINUSE": "in_use",
    "RINGING": "ringing",
    "UNAVAILABLE": "unavailable",
    "INVALID": "unavailable",
    "UNKNOWN": "unavailable",
}
_C_ESCAPES: Final = {"a": "", "b": "", "f": "", "n": " ", "r": " ", "t": " ", "v": ""}


class _Senseless(Exception):
    """A header without which the event says nothing is missing."""


def translate(event: Mapping[str, str | list[str]]) -> PbxFact | None:
    """One parsed event -> the fact, or None when it is none of ours, incomplete or malformed."""
    return read_fact(ParsedEvent(event))


def read_fact(event: EventHeaders) -> PbxFact | None:
    """The same, from whatever can read an event's headers."""
    translator = _TRANSLATORS.get(event.name)
    if translator is None:
        return None
    try:
        # Seconds since 1970 with six digits after the point, as the PBX wrote them; a float holds them exactly.
        return translator(event, datetime.fromtimestamp(float(event.text("Timestamp")), UTC))
    except (_Senseless, ValueError, OverflowError):
        return None


def phone_state(device: str, state: str) -> tuple[str, str] | None:
    """Device `PJSIP/p12` and a device state -> (phone key, our word), or None for other devices."""
    phone = _PHONE_DEVICE.fullmatch(device)
    word = _PHONE_STATES.get(state.upper())
    return (phone[1], word) if phone and word else None


def person(event: EventHeaders, name: str) -> str:
    """A caller's number or name; Asterisk writes `<unknown>` for none and C-escapes quotes in names."""
    value = event.text(name)
    if value == "<unknown>":
        return ""
    return re.sub(r"\\(.)", lambda m: _C_ESCAPES.get(m[1], m[1]), value) if "\\" in value else value


def _channel(event: EventHeaders, prefix: str = "") -> ChannelRef:
    channel = event.channel(prefix)
    if channel is None:
        raise _Senseless
    return channel


def _created(event: EventHeaders, at: datetime) -> PbxFact:
    return ChannelCreated(
        at=at,
        channel=_channel(event),
        caller_number=person(event, "CallerIDNum"),
        caller_name=person(event, "CallerIDName"),
        extension=event.text("Exten"),
        context=event.text("Context"),
        state=event.text("ChannelStateDesc"),
    )


def _state_changed(event: EventHeaders, at: datetime) -> PbxFact:
    return ChannelStateChanged(at=at, channel=_channel(event), state=event.text("ChannelStateDesc"))


def _dial_begun(event: EventHeaders, at: datetime) -> PbxFact:
    return DialBegun(
        at=at,
        channel=_channel(event, "Dest"),
        caller=event.channel(),
        dial_string=event.text("DialString"),
    )


def _dial_ended(event: EventHeaders, at: datetime) -> PbxFact:
    return DialEnded(
        at=at,
        channel=_channel(event, "Dest"),
        caller=event.channel(),
        status=event.text("DialStatus"),
    )


def _local_bridged(event: EventHeaders, at: datetime) -> PbxFact:
    return LocalBridged(at=at, one=_channel(event, "LocalOne"), two=_channel(event, "LocalTwo"))


def _bridge_entered(event: EventHeaders, at: datetime) -> PbxFact:
    return BridgeEntered(at=at, channel=_channel(event), bridge_id=event.text("BridgeUniqueid"))


def _bridge_left(event: EventHeaders, at: datetime) -> PbxFact:
    return BridgeLeft(at=at, channel=_channel(event), bridge_id=event.text("BridgeUniqueid"))


def _hung_up(event: EventHeaders, at: datetime) -> PbxFact:
    cause = event.text("Cause")
    return ChannelHungUp(
        at=at,
        channel=_channel(event),
        cause=int(cause) if cause.isdecimal() else 0,  # the channel is gone, whatever the cause says
        cause_text=event.text("Cause-txt"),
    )


def _blind_transfer(event: EventHeaders, at: datetime) -> PbxFact:
    return Transferred(
        at=at,
        channel=_channel(event, "Transferer"),
        other=event.channel("Transferee"),
        kind="blind",
        result=event.text("Result"),
        extension=event.text("Extension"),
    )


def _attended_transfer(event: EventHeaders, at: datetime) -> PbxFact:
    """`other` is the transferer's second call: its channel carries the linkedid of the consultation."""
    return Transferred(
        at=at,
        channel=_channel(event, "OrigTransferer"),
        other=event.channel("SecondTransferer"),
        kind="attended",
        result=event.text("Result"),
        extension=event.text("SecondTransfererExten"),
    )


def _milestone(event: EventHeaders, at: datetime) -> PbxFact | None:
    if event.text("UserEvent") != contract.USER_EVENT:
        return None
    kind = event.text("Kind")
    if not kind:
        raise _Senseless
    channel = _channel(event)
    # The channel comes before the line `UserEvent`, what the dialplan said after it.
    said = event.pairs_after("UserEvent")
    values = tuple((name, value) for name, value in said if name not in ("Kind", "CallId"))
    return MilestoneReached(
        at=at, channel=channel, kind=kind, call_id=event.text("CallId") or channel.call_id, values=values
    )


def _originated(event: EventHeaders, at: datetime) -> PbxFact | None:
    """Uniqueid is our ChannelId, also of a channel that was never made. A success says nothing that others do not."""
    call_id = event.text("Uniqueid")
    return (
        OriginateFailed(at=at, call_id=call_id) if call_id and event.text("Response") == "Failure" else None
    )


def _device_state(event: EventHeaders, at: datetime) -> PbxFact | None:
    """ContactStatus is left out on purpose: it speaks of one contact. A phone that registers anew from another port
    says Created, then Removed, while the device state counts all contacts and the calls."""
    known = phone_state(event.text("Device"), event.text("State"))
    return PhoneStateChanged(at=at, phone_key=known[0], state=known[1]) if known else None


_TRANSLATORS: Final[Mapping[str, Callable[[EventHeaders, datetime], PbxFact | None]]] = {
    "Newchannel": _created,
    "Newstate": _state_changed,
    "DialBegin": _dial_begun,
    "DialEnd": _dial_ended,
    "LocalBridge": _local_bridged,
    "BridgeEnter": _bridge_entered,
    "BridgeLeave": _bridge_left,
    "Hangup": _hung_up,
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "UserEvent": _milestone,
    "OriginateResponse": _originated,
    "DeviceStateChange": _device_state,
}
TRANSLATED: Final = frozenset(_TRANSLATORS)
