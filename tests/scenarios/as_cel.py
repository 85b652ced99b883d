"""The same story as the PBX's own CEL would tell it: the lines of the file."""

import csv
import io
import json
from collections.abc import Iterable

from callcore.calls import facts
from callcore.calls.facts import ChannelRef, PbxFact
from dialplans.contract import CEL_BACK, CEL_COLUMNS, CEL_HANDING, VOICEMAIL


def cel_lines(story: Iterable[PbxFact]) -> list[str]:
    """CSV lines, all quoted, in the order of the story; each linkedid ends when its last channel has hung up."""
    rows: list[dict[str, object]] = []
    group: dict[str, str] = {}
    alive: set[str] = set()
    over: set[str] = set()
    for fact in story:
        channel = getattr(fact, "channel", None)
        if channel is None:
            continue
        group[channel.uniqueid] = channel.linkedid
        rows += _rows(fact, channel)
        if isinstance(fact, facts.ChannelCreated):
            alive.add(channel.uniqueid)
        if isinstance(fact, facts.ChannelHungUp):
            alive.discard(channel.uniqueid)
        for linkedid in sorted(set(group.values()) | {row["linkedid"] for row in rows}):
            if linkedid not in over and not any(group[uid] == linkedid for uid in alive) and not alive:
                over.add(linkedid)
                rows.append(_row("LINKEDID_END", fact, channel) | {"linkedid": linkedid})
    return [_csv(row) for row in rows]


def _rows(fact: PbxFact, channel: ChannelRef) -> list[dict[str, object]]:
    match fact:
        case facts.ChannelCreated():
            who = {"caller_number": fact.caller_number, "extension": fact.extension, "call_id": ""}
            return [_row("CHAN_START", fact, channel) | who]
        case facts.ChannelStateChanged(state="Up"):
            return [_row("ANSWER", fact, channel)]
        case facts.BridgeEntered():
            return [_row("BRIDGE_ENTER", fact, channel, bridge_id=fact.bridge_id)]
        case facts.BridgeLeft():
            return [_row("BRIDGE_EXIT", fact, channel, bridge_id=fact.bridge_id)]
        case facts.ChannelHungUp():
            end = _row("HANGUP", fact, channel, hangupcause=fact.cause, dialstatus="")
            return [end, _row("CHAN_END", fact, channel)]
        case facts.Transferred(kind="blind"):
            return [_row("BLINDTRANSFER", fact, channel, extension=fact.extension)]
        case facts.Transferred():
            other = fact.other
            assert other is not None
            return [
                _row(
                    "ATTENDEDTRANSFER",
                    fact,
                    channel,
                    channel2_name=other.name,
                    channel2_uniqueid=other.uniqueid,
                )
            ]
        case facts.MilestoneReached(kind="handing" | "back"):
            return [_handed(fact, channel)]
        case facts.MilestoneReached(kind="voicemail"):
            seconds = int(fact.value("Seconds"))
            said = {
                "context": VOICEMAIL,
                "app": "Record",
                "app_data": f"/var/rec/{fact.value('File')}.wav,0,120,k",
            }
            begin = _row("APP_START", fact, channel) | said
            begin["event_time"] = f"{fact.at.timestamp() - seconds:.6f}"
            return [begin, _row("APP_END", fact, channel) | said]
    return []


def _handed(fact: facts.MilestoneReached, channel: ChannelRef) -> dict[str, object]:
    if fact.kind == "back":
        return _row(CEL_BACK, fact, channel, extra=fact.value("Phone"))
    said = "/".join(fact.value(name) for name in ("Way", "Means", "From", "ToKind", "To"))
    return _row(CEL_HANDING, fact, channel, extra=said)


def _row(kind: str, fact: PbxFact, channel: ChannelRef, **extra: object) -> dict[str, object]:
    return dict.fromkeys(CEL_COLUMNS, "") | {
        "event_type": kind,
        "event_time": f"{fact.at.timestamp():.6f}",
        "uniqueid": channel.uniqueid,
        "linkedid": channel.linkedid,
        "channel": channel.name,
        "context": "dl-walk",
        "extra": json.dumps(extra) if extra else "",
        "call_id": "100.1",
    }


def _csv(row: dict[str, object]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow([row[name] for name in CEL_COLUMNS])
    return out.getvalue()
