"""No minute of a year without somebody to answer, whatever the roster."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.network.shifts import Shift
from callcore.routing.duty import MAX_DUTY_STEPS, make_roster
from tests.fakes import network
from tests.property.test_routing import zones

pytestmark = pytest.mark.property

YEAR_MIN = 365 * 24 * 60
MINUTE = timedelta(minutes=1)
KEYS = [f"p{number}" for number in range(38, 48)]  # two of them are nobody's

places = st.lists(
    st.tuples(st.integers(-600, YEAR_MIN), st.integers(1, 5000), st.lists(st.sampled_from(KEYS), max_size=4)),
    max_size=40,
)


@st.composite
def rosters(draw):
    """Any shifts on the clock of any zone: with gaps, hand-overs and even overlaps; at least one duty phone."""
    begins = datetime(2026, 1, 1, tzinfo=ZoneInfo(draw(zones))).astimezone(UTC)
    shifts = [
        Shift(number, begins + start * MINUTE, begins + (start + length) * MINUTE, tuple(keys))
        for number, (start, length, keys) in enumerate(draw(places), start=1)
    ]
    phones = [network.operator(40), *(network.duty(41 + n, n) for n in range(draw(st.integers(1, 7))))]
    return begins, shifts, phones


def minutes_of(begins, shifts, extra):
    """Between two edges nothing changes, so a minute on each side of every edge stands for the whole year."""
    edges = {at for shift in shifts for at in (shift.starts_at, shift.ends_at)}
    near = {edge + shift * MINUTE for edge in edges for shift in (-1, 0, 1)}
    last = begins + YEAR_MIN * MINUTE
    return sorted(at for at in near | {begins, last - MINUTE, begins + extra * MINUTE} if begins <= at < last)


@given(made=rosters(), extra=st.integers(0, YEAR_MIN - 1))
@settings(max_examples=150, deadline=None)
def test_every_minute_of_a_year_has_somebody(made, extra):
    begins, shifts, phones = made
    roster = make_roster(shifts, phones, org_id=1, ring_s=25)
    active = {phone.key for phone in phones}
    reserve = [step.phone_keys[0] for step in roster.reserve]
    for at in minutes_of(begins, shifts, extra):
        rung = [step.phone_keys[0] for step in roster.steps_at(at)]
        assert 1 <= len(rung) <= MAX_DUTY_STEPS
        assert len(set(rung)) == len(rung), "nobody is rung twice"
        assert set(rung) <= active
        standing = [s for s in shifts if s.starts_at <= at < s.ends_at and active & set(s.phone_keys)]
        if not standing:
            assert rung == reserve[:MAX_DUTY_STEPS]
            continue
        latest = max(standing, key=lambda shift: (shift.starts_at, shift.id))
        own = [key for key in dict.fromkeys(latest.phone_keys) if key in active]
        assert rung == (own + [key for key in reserve if key not in own])[:MAX_DUTY_STEPS]
