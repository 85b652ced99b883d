"""AMI events -> facts. Pure; an event that is unknown or makes no sense gives None and never raises.

Header names: AMI event reference of Asterisk 20-22 (main/manager_channels.c, manager_bridges.c, core_local.c,
bridge.c). manager.conf must have `timestampevents=yes` and `channelvars=DL_CALL_ID,DL_PHONE`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

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
    PbxFact,
    PhoneStateChanged,
    Transferred,
)
from dialplans import contract

Headers = Mapping[str, str | list[str]]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PHONE_CHANNEL: Final = re.compile(r"PJSIP/(p\d+)-[0-9a-f]+")
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


def translate(event: Headers) -> PbxFact | None:
    """One event's headers -> the fact, or None when it is none of ours, incomplete or malformed."""
    translator = _TRANSLATORS.get(_text(event, "Event"))
    if translator is None:
        return None
    try:
        return translator(event, _instant(event))
    except (_Senseless, ValueError, OverflowError):
        return None


def channel_of(event: Headers, prefix: str = "") -> ChannelRef | None:
    """The channel that the event names under `prefix` (Dest, LocalOne, Transferer …), or None."""
    name = _text(event, f"{prefix}Channel")
    uniqueid = _text(event, f"{prefix}Uniqueid")
    if not name or not uniqueid:
        return None
    variables = _variables(event, prefix)
    own = _PHONE_CHANNEL.fullmatch(name)
    return ChannelRef(
        name=name,
        uniqueid=uniqueid,
        linkedid=_text(event, f"{prefix}Linkedid") or uniqueid,
        call_id=variables.get(contract.CALL_ID, ""),
        phone_key=own[1] if own else variables.get(contract.PHONE, ""),
    )


def phone_state(device: str, state: str) -> tuple[str, str] | None:
    """Device `PJSIP/p12` and a device state -> (phone key, our word), or None for other devices."""
    phone = _PHONE_DEVICE.fullmatch(device)
    word = _PHONE_STATES.get(state.upper())
    return (phone[1], word) if phone and word else None


def person(event: Headers, name: str) -> str:
    """A caller's number or name; Asterisk writes `<unknown>` for none and C-escapes quotes in names."""
    value = _text(event, name)
    if value == "<unknown>":
        return ""
    return re.sub(r"\\(.)", lambda m: _C_ESCAPES.get(m[1], m[1]), value) if "\\" in value else value


def _text(event: Headers, name: str) -> str:
    value = event.get(name, "")
    return value if isinstance(value, str) else value[0] if value else ""


def _variables(event: Headers, prefix: str) -> dict[str, str]:
    found = event.get(f"{prefix}ChanVariable", ())
    pairs = (item.partition("=") for item in ((found,) if isinstance(found, str) else found))
    return {name: value for name, _, value in pairs}


def _instant(event: Headers) -> datetime:
    """Seconds since 1970 with six digits after the point, as the PBX wrote them."""
    seconds, _, fraction = _text(event, "Timestamp").partition(".")
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int((fraction or "0")[:6].ljust(6, "0")))


def _channel(event: Headers, prefix: str = "") -> ChannelRef:
    channel = channel_of(event, prefix)
    if channel is None:
        raise _Senseless
    return channel


def _created(event: Headers, at: datetime) -> PbxFact:
    return ChannelCreated(
        at=at,
        channel=_channel(event),
        caller_number=person(event, "CallerIDNum"),
        caller_name=person(event, "CallerIDName"),
        extension=_text(event, "Exten"),
        context=_text(event, "Context"),
        state=_text(event, "ChannelStateDesc"),
    )


def _state_changed(event: Headers, at: datetime) -> PbxFact:
    return ChannelStateChanged(at=at, channel=_channel(event), state=_text(event, "ChannelStateDesc"))


def _dial_begun(event: Headers, at: datetime) -> PbxFact:
    return DialBegun(
        at=at,
        channel=_channel(event, "Dest"),
        caller=channel_of(event),
        dial_string=_text(event, "DialString"),
    )


def _dial_ended(event: Headers, at: datetime) -> PbxFact:
    return DialEnded(
        at=at,
        channel=_channel(event, "Dest"),
        caller=channel_of(event),
        status=_text(event, "DialStatus"),
    )


def _local_bridged(event: Headers, at: datetime) -> PbxFact:
    return LocalBridged(at=at, one=_channel(event, "LocalOne"), two=_channel(event, "LocalTwo"))


def _bridge_entered(event: Headers, at: datetime) -> PbxFact:
    return BridgeEntered(at=at, channel=_channel(event), bridge_id=_text(event, "BridgeUniqueid"))


def _bridge_left(event: Headers, at: datetime) -> PbxFact:
    return BridgeLeft(at=at, channel=_channel(event), bridge_id=_text(event, "BridgeUniqueid"))


def _hung_up(event: Headers, at: datetime) -> PbxFact:
    cause = _text(event, "Cause")
    return ChannelHungUp(
        at=at,
        channel=_channel(event),
        cause=int(cause) if cause.isdecimal() else 0,  # the channel is gone, whatever the cause says
        cause_text=_text(event, "Cause-txt"),
    )


def _blind_transfer(event: Headers, at: datetime) -> PbxFact:
    return Transferred(
        at=at,
        channel=_channel(event, "Transferer"),
        other=channel_of(event, "Transferee"),
        kind="blind",
        result=_text(event, "Result"),
        extension=_text(event, "Extension"),
    )


def _attended_transfer(event: Headers, at: datetime) -> PbxFact:
    """`other` is the transferer's second call: its channel carries the linkedid of the consultation."""
    return Transferred(
        at=at,
        channel=_channel(event, "OrigTransferer"),
        other=channel_of(event, "SecondTransferer"),
        kind="attended",
        result=_text(event, "Result"),
        extension=_text(event, "SecondTransfererExten"),
    )


def _milestone(event: Headers, at: datetime) -> PbxFact | None:
    if _text(event, "UserEvent") != contract.USER_EVENT:
        return None
    kind = _text(event, "Kind")
    if not kind:
        raise _Senseless
    channel = _channel(event)
    # The channel comes before the line `UserEvent`, what the dialplan said after it.
    names = list(event)
    said = (name for name in names[names.index("UserEvent") + 1 :] if name not in ("Kind", "CallId"))
    values = tuple((name, _text(event, name)) for name in said)
    return MilestoneReached(
        at=at, channel=channel, kind=kind, call_id=_text(event, "CallId") or channel.call_id, values=values
    )


def _device_state(event: Headers, at: datetime) -> PbxFact | None:
    """ContactStatus is left out on purpose: it speaks of one contact. A phone that registers anew from another port
    says Created, then Removed, while the device state counts all contacts and the calls."""
    known = phone_state(_text(event, "Device"), _text(event, "State"))
    return PhoneStateChanged(at=at, phone_key=known[0], state=known[1]) if known else None


_TRANSLATORS: Final[Mapping[str, Callable[[Headers, datetime], PbxFact | None]]] = {
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
    "DeviceStateChange": _device_state,
}
TRANSLATED: Final = frozenset(_TRANSLATORS)
