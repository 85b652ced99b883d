"""The time line of legs stays within its picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.ui.legs import LegLine, LegSpan, bars, ticks

pytestmark = pytest.mark.property


@given(total=st.floats(0, 200_000), start=st.floats(-10, 200_000), length=st.floats(0, 200_000))
def test_nothing_leaves_the_picture(total: float, start: float, length: float) -> None:
    assert len(ticks(total)) <= 6
    assert all(0 <= percent <= 100 for percent, _ in ticks(total))
    (bar,) = bars(
        LegLine("Клиент", "", "user", "talked", "говорил", (LegSpan("talking", start, start + length),)),
        total,
    )
    assert 0 <= bar.left <= 99.5
    assert 0.5 <= bar.width <= 100.01
    assert bar.left + bar.width <= 100.51
