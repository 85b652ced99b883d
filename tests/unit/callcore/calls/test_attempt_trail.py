"""What an attempt comes to, by what was heard of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcore.calls.attempt_trail import Conclusion, Trail
from callcore.calls.attempts import AttemptReason, AttemptResult, AttemptState
from callcore.calls.facts import (
    BridgeEntered,
    BridgeLeft,
    ChannelHungUp,
    ChannelRef,
    ChannelStateChanged,
    LiveChannel,
    MilestoneReached,
    OriginateFailed,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)
PHONE, CUSTOMER = ChannelRef("PJSIP/p1-1", "1.1", "out-a"), ChannelRef("PJSIP/trunk-x-1", "1.2", "out-a")
NEAR = ChannelRef("Local/s@dl-ours-1;1", "out-a", "out-a")


def said(kind: str, channel: ChannelRef = NEAR, **values: str) -> MilestoneReached:
    return MilestoneReached(NOW, channel, kind, "out-a", tuple(values.items()))


def gone(channel: ChannelRef, cause: int = 16, at: datetime = NOW) -> ChannelHungUp:
    return ChannelHungUp(at, channel, cause, "")


def unreached(stage: str, result: str, cause: str = "0") -> MilestoneReached:
    return said("unreached", Stage=stage, Result=result, Cause=cause)


OUT, OFFERED, ACCEPTED, DIALLING = (
    said("out", Number="+79161234567"),
    said("offered", PHONE),
    said("accepted", PHONE),
    said("dialling", CUSTOMER),
)
RUNG = ChannelStateChanged(NOW, CUSTOMER, "Ringing")
JOINED = BridgeEntered(NOW, CUSTOMER, "b")
TALK = (OFFERED, ACCEPTED, DIALLING, RUNG, JOINED)
TRIED = (OFFERED, ACCEPTED, DIALLING)


@pytest.mark.parametrize(
    ("heard", "end"),
    [
        ((*TALK, BridgeLeft(NOW, CUSTOMER, "b"), gone(PHONE), gone(CUSTOMER)), ("talked", "customer-hung-up")),
        ((*TALK, BridgeLeft(NOW, PHONE, "a"), gone(CUSTOMER), gone(PHONE)), ("talked", "ours-hung-up")),
        (TALK, ("talked", "talk-over")),
        ((*TRIED, RUNG, unreached("customer", "NOANSWER")), ("no_answer", "customer-no-answer")),
        ((*TRIED, unreached("customer", "NOANSWER", "19")), ("unreachable", "customer-unreachable")),
        ((*TRIED, unreached("customer", "CHANUNAVAIL", "20")), ("unreachable", "customer-unreachable")),
        ((*TRIED, unreached("customer", "BUSY", "17")), ("busy", "customer-busy")),
        ((*TRIED, unreached("customer", "BUSY", "21")), ("rejected", "customer-rejected")),
        ((*TRIED, unreached("customer", "CHANUNAVAIL", "1")), ("failed", "number-refused")),
        ((*TRIED, unreached("customer", "CONGESTION", "34")), ("failed", "carrier-failed")),
        ((*TRIED, unreached("customer", "CONGESTION", "127")), ("failed", "carrier-failed")),
        ((*TRIED, RUNG), ("cancelled", "hung-up-while-ringing")),
        ((OFFERED, ACCEPTED), ("cancelled", "hung-up-in-whisper")),
        ((OFFERED, unreached("ours", "CHANUNAVAIL")), ("cancelled", "hung-up-in-whisper")),
        ((OFFERED, said("declined", PHONE, Reason="key"), unreached("ours", "BUSY")), ("ours_declined", "declined")),
        ((OFFERED, said("declined", PHONE, Reason="timeout"), unreached("ours", "CHANUNAVAIL")), ("ours_no_answer", "no-key")),
        ((gone(PHONE, 21), unreached("ours", "CHANUNAVAIL")), ("ours_declined", "declined")),
        ((unreached("ours", "BUSY"),), ("ours_busy", "phone-busy")),
        ((unreached("ours", "NOANSWER"),), ("ours_no_answer", "phone-no-answer")),
        ((unreached("ours", "CHANUNAVAIL"),), ("ours_unreachable", "phone-not-registered")),
        ((unreached("ours", ""),), ("ours_unreachable", "phone-not-registered")),
        ((said("unreached", Stage="stale"),), ("failed", "pbx-refused")),
        ((), ("unknown", "lost")),
    ],
)  # fmt: skip
def test_an_end_has_its_reason(heard: tuple[Any, ...], end: tuple[str, str]) -> None:
    trail = Trail("out-a")
    for fact in (OUT, *heard, gone(NEAR)):
        trail.hear(fact)
    assert trail.state is AttemptState.ENDED
    said_at_last = trail.conclude()
    assert (said_at_last.result.value, said_at_last.reason.value) == end


def test_states_go_on_and_never_back() -> None:
    trail = Trail("out-a")
    facts = (OUT, OFFERED, ACCEPTED, DIALLING, JOINED, OFFERED, DIALLING, JOINED, gone(NEAR), OUT)
    assert [trail.hear(fact) for fact in facts] == [
        *("sent", "ours", None, "dialling", "talking", None, None, None, "ended", None)
    ]


def test_a_stop_from_the_screen_is_said_so() -> None:
    for heard, end in (((*TRIED, RUNG), "cancelled"), (TALK, "talked")):
        trail = Trail("out-a", is_stopped=True)
        for fact in heard:
            trail.hear(fact)
        assert (trail.conclude().result, trail.conclude().reason) == (end, "stopped")


def test_what_was_not_heard_from_the_beginning_does_not_end_by_itself() -> None:
    trail = Trail("out-a")
    for fact in (OFFERED, ACCEPTED, gone(NEAR, at=NOW + timedelta(seconds=3))):
        trail.hear(fact)
    assert (trail.state, trail.is_live) == (AttemptState.OURS, False)
    assert trail.gone_at == NOW + timedelta(seconds=3)


def test_what_the_pbx_could_not_begin_is_told_and_what_had_begun_is_told_by_its_hang_up() -> None:
    never, lived = Trail("out-a", state=AttemptState.SENT), Trail("out-a")
    for trail, heard in ((never, (gone(NEAR, 0),)), (lived, (OUT, unreached("ours", "NOANSWER")))):
        for fact in (*heard, OriginateFailed(NOW, "out-a")):
            trail.hear(fact)
    assert (never.is_refused, never.conclude().reason) == (True, "pbx-refused")
    assert (lived.is_refused, lived.conclude().reason) == (False, "phone-no-answer")
    late = Trail("out-a", state=AttemptState.SENT)
    for fact in (
        OriginateFailed(NOW, "out-a"),
        OUT,
        unreached("ours", "CHANUNAVAIL"),
    ):  # its own words come after it
        late.hear(fact)
    assert late.conclude().reason == "phone-not-registered"


@pytest.mark.parametrize(
    ("heard", "end"), [(TALK, ("talked", "pbx-restarted")), ((*TRIED, RUNG), ("failed", "pbx-restarted"))]
)
def test_another_pbx_process_ends_what_the_old_one_carried(
    heard: tuple[Any, ...], end: tuple[str, str]
) -> None:
    trail = Trail("out-a")
    for fact in (OUT, *heard):
        trail.hear(fact)
    trail.cut_off(NOW + timedelta(seconds=7))
    assert (trail.conclude(), trail.is_live, trail.talk_s) == (
        end_of(*end),
        False,
        7 if end[0] == "talked" else 0,
    )


def end_of(result: str, reason: str) -> Conclusion:
    return Conclusion(AttemptResult(result), AttemptReason(reason))


def test_a_snapshot_tells_how_far_a_call_is() -> None:
    def live(channel: ChannelRef, bridge_id: str = "") -> LiveChannel:
        return LiveChannel(channel, "Up", "", "", "", "", bridge_id, 3)

    trail = Trail("out-a", state=AttemptState.SENT)
    assert trail.look([], NOW) is None
    assert trail.gone_at is None, "it may still come"
    assert trail.look([live(NEAR), live(CUSTOMER)], NOW) is AttemptState.DIALLING
    assert trail.look([live(NEAR), live(CUSTOMER, "b")], NOW) is AttemptState.TALKING
    assert trail.look([], NOW) is None
    assert trail.gone_at == NOW


@pytest.mark.parametrize(
    ("heard", "is_halted", "end"),
    [
        ((OFFERED,), True, ("failed", "pbx-stopped")),
        ((*TRIED, RUNG), True, ("failed", "pbx-restarted")),
        (TALK, True, ("talked", "pbx-restarted")),
        ((*TRIED, RUNG, unreached("customer", "BUSY", "17")), True, ("busy", "customer-busy")),
        # Talks are waited for, nothing new begins.
        ((OFFERED, ACCEPTED, unreached("customer", "CHANUNAVAIL")), False, ("failed", "pbx-stopped")),
        ((unreached("ours", "CHANUNAVAIL"),), False, ("failed", "pbx-stopped")),
        ((unreached("ours", "NOANSWER"),), False, ("ours_no_answer", "phone-no-answer")),
        ((*TRIED, unreached("customer", "CHANUNAVAIL", "20")), False, ("unreachable", "customer-unreachable")),
        ((*TALK, BridgeLeft(NOW, PHONE, "a")), False, ("talked", "ours-hung-up")),
    ],
)  # fmt: skip
def test_a_pbx_on_its_way_down(heard: tuple[Any, ...], is_halted: bool, end: tuple[str, str]) -> None:
    trail = Trail("out-a", is_barred=True, is_halted=is_halted)
    for fact in (OUT, *heard, gone(NEAR)):
        trail.hear(fact)
    assert trail.conclude() == Conclusion(AttemptResult(end[0]), AttemptReason(end[1]))
