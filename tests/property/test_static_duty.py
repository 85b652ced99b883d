"""The roster compiled into the dialplan rings the same phones in the same minutes as the roster itself."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.asterisk.fallback.static_duty import AHEAD_DAYS, static_shifts
from callcore.routing.duty import make_roster
from dialplans.check import check
from dialplans.plan import PhoneKind, PhonePlan
from dialplans.render import render_pbx
from tests.factories.pbx import pbx_plan
from tests.property.test_duty import minutes_of, rosters

pytestmark = pytest.mark.property


def rung(shifts, reserve, at):
    """As Asterisk walks the lines: the first time that holds, else the reserve."""
    minute = at.hour * 60 + at.minute
    for shift in shifts:
        for time in shift.times:
            if (time.day, time.month) == (at.day, at.month) and time.start_min <= minute <= time.last_min:
                return shift.phone_keys
    return reserve


@given(made=rosters(), ahead=st.integers(0, 350), minute=st.integers(0, 1439))
@settings(max_examples=100, deadline=None)
def test_the_same_people_in_the_same_minutes(made, ahead, minute):
    begins, shifts, phones = made
    now = begins + timedelta(days=ahead, minutes=minute)
    roster = make_roster(shifts, phones, org_id=1, ring_s=25)
    reserve = tuple(key for step in roster.steps_in(None) for key in step.phone_keys)
    compiled = static_shifts(roster, now)
    last = now + timedelta(days=AHEAD_DAYS - 1)
    for at in minutes_of(begins, shifts, 0):
        if now <= at < last:
            wanted = tuple(key for step in roster.steps_at(at) for key in step.phone_keys)
            assert rung(compiled, reserve, at) == wanted


@given(made=rosters())
@settings(max_examples=25, deadline=None)
def test_any_roster_gives_files_that_pass_the_check(made):
    begins, shifts, phones = made
    roster = make_roster(shifts, phones, org_id=1, ring_s=25)
    plan = pbx_plan(
        phones=tuple(PhonePlan(phone.key, PhoneKind.SIP, "x", secret="secret-of-it") for phone in phones),
        duty_keys=tuple(key for step in roster.steps_in(None) for key in step.phone_keys),
        duty_shifts=static_shifts(roster, begins),
        dids=(),
        targets=(),
        other_targets=(),
    )
    assert check(render_pbx(plan)) == []
