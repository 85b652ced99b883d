"""Bars and scale of the legs' time line."""

import pytest

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
