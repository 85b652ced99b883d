"""Whatever comes, in whatever order: nothing raises, and calls end when their channels are gone."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.calls import facts
from callcore.calls.events import CallRinging
from callcore.calls.facts import ChannelRef, PbxFact
from callcore.calls.model import CallState
from tests.scenarios.story import Journal, all_stories, instant, play

pytestmark = pytest.mark.property

STORIES = {
    story.name: story.facts
    for story in all_stories()
    if not any(isinstance(fact, facts.PbxSnapshot | facts.PbxLost) for fact in story.facts)
}
NAMES = [
    "PJSIP/trunk-a-1",
    "PJSIP/p12-1",
    "PJSIP/p31-1",
    "Local/p12@dl-leg-1;1",
    "Local/p12@dl-leg-1;2",
    "CBAnn/1",
]
IDS = ["1.1", "1.2", "1.3", "1.4", "1.5"]


def _key(fact: PbxFact) -> str:
    """Order is promised within one channel."""
    if isinstance(fact, facts.ChannelFact):
        return fact.channel.uniqueid
    return fact.one.uniqueid if isinstance(fact, facts.LocalBridged) else ""


@st.composite
def interleavings(draw: st.DrawFn) -> list[PbxFact]:
    """A story's channels, mixed anew, each in its own order, some facts twice."""
    story = STORIES[draw(st.sampled_from(sorted(STORIES)))]
    queues: dict[str, list[PbxFact]] = {}
    for fact in story:
        queues.setdefault(_key(fact), []).append(fact)
    mixed: list[PbxFact] = []
    while queues:
        key = draw(st.sampled_from(sorted(queues)))
        fact = queues[key].pop(0)
        mixed += [fact] * draw(st.sampled_from([1, 1, 1, 2]))
        if not queues[key]:
            del queues[key]
    return mixed


channels = st.builds(
    ChannelRef,
    st.sampled_from(NAMES),
    st.sampled_from(IDS),
    st.sampled_from(IDS),
    st.sampled_from(["", "1.1"]),
    st.just(""),
)
words = st.sampled_from(
    ["", "Ring", "Ringing", "Up", "Down", "ANSWER", "BUSY", "CANCEL", "Success", "\x00", "9" * 40]
)
kinds = st.sampled_from(
    ["entered", "fallback", "step", "offered", "declined", "recording", "voicemail", "done", "odd"]
)
values = st.lists(
    st.tuples(st.sampled_from(["Did", "Caller", "Step", "Phone", "File", "Seconds"]), st.text(max_size=9))
)
times = st.floats(-60, 60).map(instant)
any_fact = st.one_of(
    st.builds(
        facts.ChannelCreated, times, channels, st.text(max_size=50), st.text(max_size=50), words, words, words
    ),
    st.builds(facts.ChannelStateChanged, times, channels, words),
    st.builds(facts.DialBegun, times, channels, st.none() | channels, words),
    st.builds(facts.DialEnded, times, channels, st.none(), words),
    st.builds(facts.LocalBridged, times, channels, channels),
    st.builds(facts.BridgeEntered, times, channels, st.sampled_from(["", "B1", "B2"])),
    st.builds(facts.BridgeLeft, times, channels, st.sampled_from(["", "B1", "B2"])),
    st.builds(facts.ChannelHungUp, times, channels, st.integers(0, 127), words),
    st.builds(facts.Transferred, times, channels, st.none() | channels, words, words, words),
    st.builds(facts.MilestoneReached, times, channels, kinds, st.sampled_from(IDS), values.map(tuple)),
    st.builds(
        facts.RouteDecided,
        times,
        st.sampled_from(IDS),
        words,
        st.none(),
        st.none(),
        words,
        words,
        st.just({}),
    ),
    st.builds(facts.PbxLost, times, words),
    st.builds(facts.PbxSnapshot, times, st.just(()), st.booleans(), words),
)


@settings(max_examples=300, deadline=None)
@given(interleavings())
def test_any_interleaving_ends(mixed: list[PbxFact]) -> None:
    tracker, journal = play(mixed)
    assert tracker.live_calls() == ()
    assert {call.state for call in journal.calls.values()} == {CallState.ENDED}
    assert all(call.result for call in journal.calls.values())
    assert all(leg.ended_at is not None for leg in journal.legs.values())
    assert {leg.call_id for leg in journal.legs.values()} <= set(journal.calls)
    _check_sums(journal)


@settings(max_examples=300, deadline=None)
@given(st.lists(any_fact, max_size=60))
def test_nonsense_never_raises(stream: list[PbxFact]) -> None:
    tracker, journal = play(stream)
    journal.take(tracker.apply(facts.PbxSnapshot(instant(99), (), True, "")))
    assert tracker.live_calls() == ()
    assert {call.state for call in journal.calls.values()} <= {CallState.ENDED}
    _check_sums(journal)


@settings(max_examples=100, deadline=None)
@given(interleavings())
def test_versions_grow_and_no_pop_without_a_phone(mixed: list[PbxFact]) -> None:
    _, journal = play(mixed)
    seen: dict[str, int] = {}
    for event in journal.events:
        assert event.version > seen.get(event.call_id, 0)
        seen[event.call_id] = event.version
        if isinstance(event, CallRinging):
            assert event.phone_ids


def _check_sums(journal: Journal) -> None:
    for call in journal.calls.values():
        assert call.ended_at is not None
        assert call.talk_s >= 0
        assert call.wait_s >= 0
        if call.answered_at is None:
            assert call.talk_s == 0
        assert not any(ord(char) < 32 for char in call.caller_raw + call.caller_name + call.did_number)
        assert timedelta(seconds=call.talk_s) <= timedelta(seconds=300)
