"""Bars and scale of the legs' time line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.ui.legs import LegLine, LegSpan, bars, ticks

pytestmark = pytest.mark.unit


def line(*spans: LegSpan) -> LegLine:
    return LegLine("Клиент", "", "user", "talked", "говорил", spans)


def test_bars_stand_where_the_seconds_say() -> None:
    drawn = bars(line(LegSpan("ringing", 0, 25), LegSpan("talking", 25, 100)), 100)
    assert [(bar.kind, bar.left, bar.width) for bar in drawn] == [("ringing", 0, 25), ("talking", 25, 75)]


def test_a_moment_is_still_seen() -> None:
    (bar,) = bars(line(LegSpan("ringing", 3600, 3600)), 3600)
    assert bar.width == 0.5
    assert bar.left + bar.width <= 100


def test_the_scale_has_round_steps() -> None:
    assert [second for _, second in ticks(137)] == [0, 30, 60, 90, 120]
    assert ticks(0) == ((0.0, 0),)


@given(total=st.floats(0, 200_000), start=st.floats(-10, 200_000), length=st.floats(0, 200_000))
def test_nothing_leaves_the_picture(total: float, start: float, length: float) -> None:
    assert len(ticks(total)) <= 6
    assert all(0 <= percent <= 100 for percent, _ in ticks(total))
    (bar,) = bars(line(LegSpan("talking", start, start + length)), total)
    assert 0 <= bar.left <= 99.5
    assert 0.5 <= bar.width <= 100.01
    assert bar.left + bar.width <= 100.51
