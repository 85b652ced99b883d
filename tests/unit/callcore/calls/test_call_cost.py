"""The carrier's price of a call out, by the kind of number and the step in which he bills."""

import pytest

from callcore.calls.call_cost import cost_of
from callcore.calls.settings import CallSettings

pytestmark = pytest.mark.unit

MOBILE, FIXED, FREE = "+79161234567", "+74951234567", "+78001234567"


@pytest.mark.parametrize(
    ("number", "talk_s", "step", "kopecks"),
    [
        (MOBILE, 0, 60, 0),
        (MOBILE, 1, 60, 170),
        (MOBILE, 60, 60, 170),
        (MOBILE, 61, 60, 340),
        (MOBILE, 61, 1, 173),  # 172.83 rounded up
        (FIXED, 90, 60, 100),
        (FREE, 600, 60, 0),
        ("", 600, 60, 0),
    ],
)
def test_price_of_a_begun_step(number, talk_s, step, kopecks):
    settings = CallSettings(mobile_kopecks=170, fixed_kopecks=50, billed_by_s=step)
    assert cost_of(number, talk_s, settings) == kopecks


def test_nothing_while_nobody_has_set_a_price():
    assert cost_of(MOBILE, 600, CallSettings()) == 0
