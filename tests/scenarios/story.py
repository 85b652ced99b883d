"""A whole call as a table of facts with the journal row that is expected, readable without knowing the code.

    A few words of story.

    seconds  fact      channel          details
    0.0      created   trunk#1          Ring 79001234567 -> 74950000001
    …
    expect 1: result=answered talk_s=30
    leg trunk#1: role=customer outcome=talked
    happened: step, offered, accepted

A channel is written `<endpoint>#<n>`: uniqueid 100.<n>; `p12;1#2` is a half of Local/p12@dl-leg. `@<n>` behind it
gives its linkedid when that is not 100.1. `~p40` behind it is the channel variable DL_PHONE.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from callcore.calls import facts
from callcore.calls.changes import CallRecord, Changes, Happening, LegRecord, TransferRecord
from callcore.calls.facts import ChannelRef, PbxFact
from callcore.calls.model import PhoneInfo
from callcore.calls.tracker import Tracker
from callcore.network.model import PhoneOwner
from tests.fakes.clock import MONDAY_NOON

STORIES = Path(__file__).parent / "stories"
_CHANNEL = re.compile(r"(?P<end>[a-z]+\d*)(?P<half>;[12])?#(?P<n>\d+)(@(?P<group>\d+))?(~(?P<phone>p\d+))?")


KNOWN = {
    "p12": PhoneInfo(12, PhoneOwner.OUTLET, "зал", 50, 5, "/1/5/", None),
    "p13": PhoneInfo(13, PhoneOwner.OUTLET, "склад", 50, 5, "/1/5/", None),
    "p31": PhoneInfo(31, PhoneOwner.OUTLET, "зал", 70, 7, "/1/7/", None),
    "p40": PhoneInfo(40, PhoneOwner.OUTLET, "сотовый", 50, 5, "/1/5/", None),
    "p20": PhoneInfo(20, PhoneOwner.OPERATOR, "оператор", None, 1, "/1/", 200),
    "p90": PhoneInfo(90, PhoneOwner.DUTY, "дежурный", None, None, "", None),
}


class Phones:
    """p12, p13 stand at outlet 50 of dealer 5; p31 at outlet 70 of dealer 7; p40 is dealer 5's outside number; p20 is
    operator 200 of the manufacturer 1; p90 is a duty number of nobody."""

    def phone(self, key: str) -> PhoneInfo | None:
        return KNOWN.get(key)


def channel(word: str) -> ChannelRef:
    match = _CHANNEL.fullmatch(word)
    assert match, f"not a channel: {word}"
    end, half, number = match["end"], match["half"], int(match["n"])
    if half:
        name = f"Local/{end}@dl-leg-00000001{half}"
    elif end == "trunk":
        name = f"PJSIP/trunk-demo-{number:08x}"
    elif end == "announcer":
        name = f"CBAnn/{number};2"
    else:
        name = f"PJSIP/{end}-{number:08x}"
    own = end if re.fullmatch(r"p\d+", end) else ""
    return ChannelRef(
        name=name,
        uniqueid=f"100.{number}",
        linkedid=f"100.{match['group'] or 1}",
        phone_key=match["phone"] or own,
    )


def read_fact(line: str) -> PbxFact:
    second, word, *rest = line.split(maxsplit=3)
    at = instant(float(second))
    name, details = (rest[0] if rest else ""), (rest[1] if len(rest) > 1 else "")
    simple = {
        "created": _created,
        "state": lambda at, c, d: facts.ChannelStateChanged(at, channel(c), d),
        "dial": lambda at, c, d: facts.DialBegun(at, channel(c), channel(d) if d else None, ""),
        "dialend": lambda at, c, d: facts.DialEnded(at, channel(c), None, d),
        "local": lambda at, c, d: facts.LocalBridged(at, channel(c), channel(d)),
        "enter": lambda at, c, d: facts.BridgeEntered(at, channel(c), d),
        "leave": lambda at, c, d: facts.BridgeLeft(at, channel(c), d),
        "hangup": lambda at, c, d: facts.ChannelHungUp(at, channel(c), int(d or 16), ""),
        "blind": lambda at, c, d: facts.Transferred(at, channel(c), channel(d), "blind", "Success", "103"),
        "attended": lambda at, c, d: facts.Transferred(at, channel(c), channel(d), "attended", "Success", ""),
        "attended-failed": lambda at, c, d: facts.Transferred(
            at, channel(c), channel(d), "attended", "Fail", ""
        ),
        "route": _route,
        "lost": lambda at, _c, _d: facts.PbxLost(at, "disconnected"),
        "snapshot": lambda at, c, d: _snapshot(at, f"{c} {d}".split(), restarted=False),
        "restarted": lambda at, c, d: _snapshot(at, f"{c} {d}".split(), restarted=True),
    }
    if word in simple:
        return simple[word](at, name, details)
    values = tuple(tuple(pair.split("=", 1)) for pair in details.split())
    return facts.MilestoneReached(at, channel(name), word, "100.1", values)


def instant(second: float) -> datetime:
    return MONDAY_NOON + timedelta(seconds=second)


def _created(at: datetime, name: str, details: str) -> PbxFact:
    state, _, rest = details.partition(" ")
    caller, _, dialled = rest.partition("->")
    return facts.ChannelCreated(at, channel(name), caller.strip(), "", dialled.strip(), "from-trunk", state)


def _route(at: datetime, name: str, details: str) -> PbxFact:
    return facts.RouteDecided(
        at, channel(name).uniqueid, "74950000001", 3, "RU-MOW", "yandex", details, {"steps": []}
    )


def _snapshot(at: datetime, words: list[str], *, restarted: bool) -> PbxFact:
    """Each word is channel=state or channel=state/bridge."""
    channels = []
    for word in words:
        name, _, state = word.partition("=")
        state, _, bridge = state.partition("/")
        channels.append(
            facts.LiveChannel(channel(name), state, "79001234567", "", "74950000001", "", bridge, 20)
        )
    return facts.PbxSnapshot(at, tuple(channels), restarted, "test")


@dataclass
class Journal:
    """What a reader of all changes would have in the end."""

    calls: dict[str, CallRecord] = field(default_factory=dict)
    legs: dict[str, LegRecord] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)
    transfers: dict[tuple[str, int], TransferRecord] = field(default_factory=dict)
    recordings: dict[str, str] = field(default_factory=dict)
    events: list = field(default_factory=list)

    def take(self, changes: Changes) -> None:
        for merge in changes.merges:
            self.calls.pop(merge.call_id, None)
            self.transfers = {key: one for key, one in self.transfers.items() if key[0] != merge.call_id}
        self.calls |= {call.call_id: call for call in changes.calls}
        self.legs |= {leg.uniqueid: leg for leg in changes.legs}
        self.transfers |= {(one.call_id, one.ordinal): one for one in changes.transfers}
        self.recordings |= {begun.base: begun.kind.value for begun in changes.recordings}
        self.happenings += changes.happenings
        self.events += changes.events


@dataclass
class Story:
    name: str
    facts: list[PbxFact]
    expected: list[str]


def read_story(path: Path) -> Story:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    table = [line for line in lines if re.match(r"\d+\.\d", line)]
    expected = [
        line for line in lines if re.match(r"(expect|leg|transfer|happened|events|recording|no )\b", line)
    ]
    assert table, path
    assert expected, path
    return Story(path.stem, [read_fact(line) for line in table], expected)


def all_stories() -> list[Story]:
    return [read_story(path) for path in sorted(STORIES.glob("*.txt"))]


def play(story_facts: list[PbxFact]) -> tuple[Tracker, Journal]:
    tracker, journal = Tracker(Phones()), Journal()
    if not any(isinstance(fact, facts.PbxSnapshot) for fact in story_facts[:1]):
        journal.take(tracker.apply(facts.PbxSnapshot(instant(-60), (), False, "test")))
        journal.events.clear()
    for fact in story_facts:
        journal.take(tracker.apply(fact))
    return tracker, journal


def check(journal: Journal, line: str) -> None:
    """One line of the expectation."""
    head, _, rest = line.partition(":")
    words = head.split()
    if words[0] == "expect":
        _compare(journal.calls[f"100.{words[1]}"], rest, line)
    elif words[0] == "leg":
        _compare(journal.legs[channel(words[1]).uniqueid], rest, line)
    elif words[0] == "transfer":
        _compare(journal.transfers["100.1", int(words[1])], rest, line)
    elif words == ["no", "transfer"]:
        assert ("100.1", int(rest)) not in journal.transfers, line
    elif words[0] == "happened":
        got = [str(h.kind) for h in journal.happenings if str(h.kind) != "anomaly"]
        assert got == _list(rest), line
    elif words[0] == "events":
        assert [
            type(event).__name__ for event in journal.events if type(event).__name__ != "CallChanged"
        ] == _list(rest), line
    elif words[0] == "recording":
        assert journal.recordings == dict(pair.split("=") for pair in rest.split()), line
    elif words == ["no", "call"]:
        assert f"100.{rest.strip()}" not in journal.calls, line
    elif words == ["no", "anomaly"]:
        assert [h for h in journal.happenings if str(h.kind) == "anomaly"] == [], line
    else:
        raise AssertionError(f"not understood: {line}")


def _list(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _compare(record: object, text: str, line: str) -> None:
    for pair in text.split():
        name, _, wanted = pair.partition("=")
        value = getattr(record, name)
        if isinstance(value, datetime):
            value = f"{(value - MONDAY_NOON).total_seconds():g}"
        got = "-" if value is None or value == "" else str(value)
        assert got == wanted, f"{line}\n{name}: {got}\n{record}"
