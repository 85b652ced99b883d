"""CEL tells the same call as AMI did."""

import csv
from pathlib import Path

import pytest

from callcore.calls import facts
from callcore.calls.cel import CelEvent, read_line, replay, rung_of
from callcore.calls.model import CallResult, Rung
from dialplans.contract import CEL_COLUMNS
from tests.scenarios.as_cel import cel_lines
from tests.scenarios.story import Phones, Story, all_stories, play

pytestmark = pytest.mark.unit

CAPTURED = Path(__file__).parents[3] / "scenarios" / "captured" / "operators.cel.csv"

STORIES = [
    story
    for story in all_stories()
    if not any(isinstance(f, facts.PbxSnapshot | facts.PbxLost) for f in story.facts)
    # These lose or misplace births, which CEL does not.
    and story.name not in ("missing_events", "last_hangup_overtakes", "reordered", "announcers_are_no_calls")
]


def events_of(story: Story) -> list[CelEvent]:
    events = [read_line(fields) for fields in csv.reader(cel_lines(story.facts))]
    assert None not in events
    return [event for event in events if event is not None]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_cel_tells_the_same_call(story: Story) -> None:
    _, journal = play(story.facts)
    works = replay(events_of(story), Phones())
    assert {work.call_id for work in works} == set(journal.calls)
    for work in works:
        told, seen = work.record, journal.calls[work.call_id]
        assert told is not None
        for name in (
            "direction",
            "state",
            "started_at",
            "answered_at",
            "ended_at",
            "wait_s",
            "talk_s",
            "result",
        ):
            assert getattr(told, name) == getattr(seen, name), name
        for name in ("org_id", "outlet_id", "caller_number", "did_number", "is_transferred", "hangup_cause"):
            if (
                seen.answered_at is not None
            ):  # an unanswered carrier's channel does not tell whose phone it calls
                assert getattr(told, name) == getattr(seen, name), name


def test_a_message_is_found_by_the_application_that_took_it() -> None:
    story = next(story for story in all_stories() if story.name == "voicemail")
    (work,) = replay(events_of(story), Phones())
    assert work.record is not None
    assert work.record.result is CallResult.VOICEMAIL
    assert list(work.recordings) == ["100.1-vm"]


@pytest.mark.parametrize(
    "fields",
    [
        [],
        ["HANGUP"],
        ["x"] * len(CEL_COLUMNS),
        ["", "1.0", "1.1", *[""] * (len(CEL_COLUMNS) - 3)],
        ["HANGUP", "1.0", "", *[""] * (len(CEL_COLUMNS) - 3)],
        ["HANGUP", "-5", "1.1", *[""] * (len(CEL_COLUMNS) - 3)],
        ["HANGUP", "9" * 12, "1.1", *[""] * (len(CEL_COLUMNS) - 3)],
    ],
)
def test_a_line_that_is_no_cel_is_none(fields: list[str]) -> None:
    assert read_line(fields) is None


@pytest.mark.parametrize("extra", ["", "{", "[]", "null", '{"bridge_id": 5}'])
def test_extra_never_raises(extra: str) -> None:
    row = dict.fromkeys(CEL_COLUMNS, "") | {
        "event_type": "BRIDGE_ENTER",
        "event_time": "1.5",
        "uniqueid": "1.1",
    }
    event = read_line([(row | {"extra": extra})[name] for name in CEL_COLUMNS])
    assert event is not None
    assert event.said("bridge_id") in ("", "5")
    assert event.at.microsecond == 500_000
    assert replay([event], Phones()) == []


def test_the_contexts_tell_the_rung() -> None:
    story = next(story for story in all_stories() if story.name == "answered")
    events = events_of(story)
    assert rung_of(events) is Rung.APP
    assert rung_of([]) is None


def test_a_captured_file_of_asterisk_22_tells_four_calls() -> None:
    """Three callers gave up while an operator's phone rang, the fourth talked."""
    with CAPTURED.open(encoding="utf-8", newline="") as file:
        events = [event for event in map(read_line, csv.reader(file)) if event is not None]
    assert len(events) == 192
    told = [work.record for work in replay(events, Phones()) if work.record is not None]
    assert [(call.result, call.wait_s, call.talk_s) for call in told] == [
        (CallResult.ABANDONED, 11, 0),
        (CallResult.ABANDONED, 10, 0),
        (CallResult.ABANDONED, 10, 0),
        (CallResult.ANSWERED, 1, 2),
    ]
    assert [call.caller_number for call in told][-1] == "+79160000751"
    assert {call.did_number for call in told} == {"+78000000101"}
    assert rung_of(events) is Rung.APP


@pytest.mark.parametrize("rung", [Rung.SCRIPT, Rung.STATIC, Rung.DUTY])
def test_a_note_of_the_dialplan_tells_the_rung_better_than_contexts(rung: Rung) -> None:
    row = dict.fromkeys(CEL_COLUMNS, "") | {"event_time": "1.5", "uniqueid": "1.1", "context": "dl-walk"}
    rows = (
        row | {"event_type": "CHAN_START"},
        row | {"event_type": "DL-RUNG", "extra": f'{{"extra":"{rung}"}}'},
    )
    events = [read_line([one[name] for name in CEL_COLUMNS]) for one in rows]
    assert rung_of([event for event in events if event is not None]) is rung
