"""CEL, the PBX's own record of calls: one line -> an event -> facts that the tracker understands. Pure.

CEL says less than AMI (no ringing, no milestones), but it is written by the PBX itself whether we live or not, and in
the order of each channel. Replaying it through the same tracker gives the call as it truly was.
Source: Asterisk 22 CEL specification, main/cel.c (extra is JSON), cel_custom.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Final

from callcore.calls.facts import (
    BridgeEntered,
    BridgeLeft,
    ChannelCreated,
    ChannelHungUp,
    ChannelRef,
    ChannelStateChanged,
    MilestoneReached,
    PbxFact,
    PbxSnapshot,
    Transferred,
)
from callcore.calls.model import PhoneDirectory, Rung
from callcore.calls.phone_channel import phone_key_of
from callcore.calls.tracker import Tracker
from callcore.calls.unwritten import CallWork, Unwritten
from dialplans import contract
from dialplans.contract import CEL_COLUMNS, CEL_RUNG, FALLBACK, VOICEMAIL, WALK, FallbackRung, Milestone

ENDED: Final = "LINKEDID_END"
HANGUP: Final = "HANGUP"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SHORTEST_MESSAGE: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class CelEvent:
    """One line; the fields are those of CEL_COLUMNS, in their order. `extra` is JSON text as it came, `call_id` empty until the dialplan has set it."""

    event_type: str
    at: datetime
    uniqueid: str
    linkedid: str
    channel: str
    context: str
    extension: str
    application: str
    application_data: str
    caller_number: str
    caller_name: str
    peer: str
    extra: str
    call_id: str

    @property
    def ref(self) -> ChannelRef:
        return ChannelRef(
            self.channel, self.uniqueid, self.linkedid, self.call_id, phone_key_of(self.channel)
        )

    def said(self, name: str) -> str:
        """A value of `extra`; empty when there is none or it is no JSON."""
        return _value(self.extra, name)


def read_line(fields: Sequence[str]) -> CelEvent | None:
    """Fields of one CSV line in the order of CEL_COLUMNS; None when the line is no CEL."""
    if len(fields) != len(CEL_COLUMNS):
        return None
    if any("\x00" in field for field in fields):
        fields = [field.replace("\x00", "") for field in fields]
    event_type, time, uniqueid, *rest = fields
    at = _instant(time)
    if at is None or not event_type or not uniqueid:
        return None
    return CelEvent(event_type, at, uniqueid, *rest)


def _instant(text: str) -> datetime | None:
    """Epoch seconds with six decimals."""
    seconds, _, fraction = text.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):
        return None
    micro = (fraction or "0")[:6].ljust(6, "0")
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(micro) if micro.isdigit() else 0)


def dial_status(extra: str) -> str:
    """DIALSTATUS of a channel that has hung up, from the `extra` of its last event."""
    return _value(extra, "dialstatus")


def _value(extra: str, name: str) -> str:
    try:
        values: Any = json.loads(extra) if extra else {}
    except ValueError:
        return ""
    return str(values.get(name, "")) if isinstance(values, dict) else ""


def replay(events: Sequence[CelEvent], phones: PhoneDirectory) -> list[CallWork]:
    """The calls of one group of channels as the tracker would have left them; what still lives is closed at the end."""
    if not events:
        return []
    tracker, unwritten = Tracker(phones), Unwritten()
    ordered = sorted(events, key=lambda event: event.at)
    for fact in facts_of(ordered):
        unwritten.add(tracker.apply(fact))
    unwritten.add(tracker.apply(PbxSnapshot(ordered[-1].at, (), restarted=True, system_name="")))
    return [work for work in unwritten.first(len(unwritten)) if work.record is not None]


def rung_of(events: Sequence[CelEvent]) -> Rung | None:
    """What the dialplan noted of the rung; without a note the contexts that the call went through."""
    noted = {event.said("extra") for event in events if event.event_type == CEL_RUNG}
    if known := [rung for rung in FallbackRung if rung in noted]:
        return Rung(known[0])
    contexts = {event.context for event in events}
    if WALK in contexts:
        return Rung.APP
    return Rung.DUTY if FALLBACK in contexts else None


def facts_of(events: Sequence[CelEvent]) -> Iterator[PbxFact]:
    """`events` sorted by time. Types that say nothing about who talked give nothing."""
    groups = {event.uniqueid: event.linkedid for event in events}
    records: dict[str, CelEvent] = {}
    for event in events:
        yield from _facts(event, groups, records)


def _facts(event: CelEvent, groups: Mapping[str, str], records: dict[str, CelEvent]) -> Iterator[PbxFact]:
    at, ref = event.at, event.ref
    match event.event_type:
        case "CHAN_START":
            # CEL does not tell the state: the first channel of a group came in, the others were made by it.
            born = "Ring" if event.uniqueid == event.linkedid else "Down"
            yield ChannelCreated(
                at, ref, event.caller_number, event.caller_name, event.extension, event.context, born
            )
        case "ANSWER":
            yield ChannelStateChanged(at, ref, "Up")
        case "BRIDGE_ENTER":
            yield BridgeEntered(at, ref, event.said("bridge_id"))
        case "BRIDGE_EXIT":
            yield BridgeLeft(at, ref, event.said("bridge_id"))
        case "HANGUP":
            yield from _message_ends(event, records)
            yield from _hangup(event)
        case "BLINDTRANSFER" | "ATTENDEDTRANSFER":
            yield _transfer(event, groups)
        case contract.CEL_HANDING | contract.CEL_BACK:
            yield _handed(event)
        case "APP_START" if event.context == VOICEMAIL and event.application.lower() == "record":
            records[event.uniqueid] = event
        case "APP_END" if event.application.lower() == "record":
            yield from _message_ends(event, records)
        case _:
            yield from _out(event)


def _out(event: CelEvent) -> Iterator[PbxFact]:
    """What the dialplan notes of a call that we make; any other line says nothing about who talked."""
    if event.event_type == contract.CEL_OUT:
        said = (("Number", event.said("extra")),)
        yield MilestoneReached(event.at, event.ref, Milestone.OUT, event.call_id, said)
    elif event.event_type == contract.CEL_MASKED:
        number, _, key = event.said("extra").partition("/")
        pair = (("Number", number), ("Phone", key))
        yield MilestoneReached(event.at, event.ref, Milestone.MASKED, event.call_id, pair)
    elif event.event_type == contract.CEL_DIALLING:
        yield MilestoneReached(event.at, event.ref, Milestone.DIALLING, event.call_id, ())


def _hangup(event: CelEvent) -> Iterator[PbxFact]:
    if event.uniqueid == event.linkedid:
        result = (("Result", event.said("dialstatus")),)
        yield MilestoneReached(event.at, event.ref, Milestone.DONE, event.call_id, result)
    cause = event.said("hangupcause")
    yield ChannelHungUp(event.at, event.ref, int(cause) if cause.isdecimal() and len(cause) < 6 else 0, "")


def _transfer(event: CelEvent, groups: Mapping[str, str]) -> PbxFact:
    kind = "blind" if event.event_type == "BLINDTRANSFER" else "attended"
    name, uniqueid = event.said("channel2_name"), event.said("channel2_uniqueid")
    other = ChannelRef(name, uniqueid, groups.get(uniqueid, uniqueid)) if uniqueid else None
    return Transferred(event.at, event.ref, other, kind, "Success", event.said("extension"))


def _handed(event: CelEvent) -> PbxFact:
    """What the dialplan wrote of a handing on is what it announced."""
    extra = event.said("extra")
    if event.event_type == contract.CEL_BACK:
        return MilestoneReached(event.at, event.ref, Milestone.BACK, event.call_id, (("Phone", extra),))
    said = tuple(zip(("Way", "Means", "From", "ToKind", "To"), extra.split("/"), strict=False))
    return MilestoneReached(event.at, event.ref, Milestone.HANDING, event.call_id, said)


def _message_ends(event: CelEvent, records: dict[str, CelEvent]) -> Iterator[PbxFact]:
    """Record() in the voicemail lasts from its start to its end or to the hang-up."""
    begun = records.pop(event.uniqueid, event)
    length = event.at - begun.at
    if length >= _SHORTEST_MESSAGE:
        base = PurePosixPath(begun.application_data.split(",")[0]).stem
        said = (("File", base), ("Seconds", str(int(length.total_seconds()))))
        yield MilestoneReached(event.at, event.ref, Milestone.VOICEMAIL, event.call_id, said)
