"""What waits for the database: merged by call, bounded, nothing told twice."""

from dataclasses import replace

import pytest

from callcore.calls import call_index, unwritten
from callcore.calls.call_index import CallIndex
from callcore.calls.changes import Changes
from callcore.calls.facts import ChannelRef
from callcore.calls.live_call import LiveCall
from callcore.calls.model import CallState
from callcore.calls.tracker import Tracker
from callcore.calls.unwritten import Unwritten
from tests.scenarios.story import STORIES, Phones, instant, play, read_story

pytestmark = pytest.mark.unit


def of(name: str) -> list[Changes]:
    tracker = Tracker(Phones())
    return [tracker.apply(fact) for fact in read_story(STORIES / f"{name}.txt").facts]


def test_a_call_costs_the_same_however_long_it_takes() -> None:
    waiting = Unwritten()
    for changes in of("answered"):
        waiting.add(changes)
    (work,) = waiting.first(10)
    assert work.record is not None
    assert work.record.state is CallState.ENDED
    assert set(work.legs) == {"100.1", "100.4"}
    waiting.written([work])
    assert len(waiting) == 0


def test_a_merged_call_takes_along_what_waits() -> None:
    waiting = Unwritten()
    for changes in of("attended_transfer"):
        waiting.add(changes)
    (work,) = waiting.first(10)
    assert work.absorbed == ["100.5"]
    assert set(work.linkedids) == {"100.1", "100.5"}
    assert {leg.call_id for leg in work.legs.values()} == {"100.1"}


def test_ended_calls_go_first_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unwritten, "MAX_CALLS", 3)
    waiting = Unwritten()
    _, journal = play(read_story(STORIES / "answered.txt").facts)
    ended = journal.calls["100.1"]
    for number in range(4):
        state = CallState.ENDED if number == 2 else CallState.TALKING
        waiting.add(Changes(calls=(replace(ended, call_id=str(number), state=state),)))
    assert [work.call_id for work in waiting.first(10)] == ["0", "1", "3"]
    assert waiting.dropped == 1


def test_lines_of_one_call_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unwritten, "MAX_LINES", 3)
    waiting = Unwritten()
    for changes in of("answered"):
        waiting.add(changes)
    (work,) = waiting.first(1)
    assert len(work.happenings) == 3
    assert len(work.events) == 3


def test_the_index_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_index, "MAX_RECENT_CALLS", 2)
    monkeypatch.setattr(call_index, "MAX_GONE_CHANNELS", 2)
    index = CallIndex()
    for name in "abc":
        call = LiveCall(name, instant(0), came_in=True, linkedids={f"l{name}"}, uniqueids={f"u{name}"})
        index.add(call, f"l{name}", f"u{name}")
        index.retire(call)
        index.mark_gone(name)
    assert index.by_id("ua") is None
    assert index.candidates(ChannelRef("PJSIP/p1-1", "ub", "lc")) == [index.by_id("b"), index.by_id("c")]
    assert not index.is_gone("a")
    assert index.is_gone("c")
