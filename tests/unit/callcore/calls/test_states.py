"""The table is whole, and what it promises holds."""

import pytest

from callcore.calls.model import CallState
from callcore.calls.states import ODD, TABLE, Signal, is_odd, next_state

pytestmark = pytest.mark.unit


def test_every_pair_has_an_answer() -> None:
    assert {(state, signal) for state in TABLE for signal in TABLE[state]} == {
        (state, signal) for state in CallState for signal in Signal
    }


@pytest.mark.parametrize("state", CallState)
def test_without_channels_a_call_is_over(state: CallState) -> None:
    assert next_state(state, Signal.EMPTIED) is CallState.ENDED


def test_only_a_new_channel_brings_a_call_back() -> None:
    alive = {signal for signal in Signal if next_state(CallState.ENDED, signal) is not CallState.ENDED}
    assert alive == {Signal.CHANNEL_SEEN}


def test_the_usual_life() -> None:
    state = CallState.OFFERED
    way = [
        (Signal.PHONE_CALLED, CallState.RINGING),
        (Signal.PHONES_GONE, CallState.OFFERED),
        (Signal.PHONE_CALLED, CallState.RINGING),
        (Signal.JOINED, CallState.TALKING),
        (Signal.PARTED, CallState.HELD),
        (Signal.PHONE_CALLED, CallState.HELD),
        (Signal.JOINED, CallState.TALKING),
        (Signal.EMPTIED, CallState.ENDED),
    ]
    for signal, expected in way:
        assert not is_odd(state, signal)
        state = next_state(state, signal)
        assert state is expected


def test_all_that_comes_after_the_end_is_odd() -> None:
    assert {signal for state, signal in ODD if state is CallState.ENDED} == set(Signal)
