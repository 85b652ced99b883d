"""The duty roster: who is rung at which instant."""

from datetime import timedelta

import pytest

from callcore.network.shifts import Shift
from callcore.routing.duty import MAX_DUTY_STEPS, DutyRoster, make_roster
from tests.fakes import network

pytestmark = pytest.mark.unit

NIGHT = network.MADE_AT
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
PHONES = (network.operator(30), *(network.duty(40 + number, number) for number in range(1, 4)))


def shift(id, start_h, end_h, *keys):
    return Shift(id, NIGHT + start_h * HOUR, NIGHT + end_h * HOUR, keys)


def roster(*shifts, phones=PHONES):
    return make_roster(shifts, phones, org_id=1, ring_s=25)


def rung(made, at):
    return [step.phone_keys[0] for step in made.steps_at(at)]


def test_the_shift_rings_first_and_the_reserve_behind_it():
    made = roster(shift(1, 0, 8, "p43", "p30"))
    assert rung(made, NIGHT + HOUR) == ["p43", "p30", "p41", "p42"]
    step = made.steps_at(NIGHT + HOUR)[1]
    assert (step.kind, step.ring_s, step.org_id, step.label) == ("duty", 25, 1, "Оператор 30")


def test_the_shift_that_starts_has_the_first_instant():
    made = roster(shift(2, 8, 16, "p42"), shift(1, 0, 8, "p43"))
    assert rung(made, NIGHT + 8 * HOUR - TICK)[0] == "p43"
    assert rung(made, NIGHT + 8 * HOUR)[0] == "p42"


def test_outside_of_shifts_the_reserve_rings():
    made = roster(shift(1, 0, 8, "p43"))
    for at in (NIGHT - TICK, NIGHT + 8 * HOUR):
        assert rung(made, at) == ["p41", "p42", "p43"]


def test_a_phone_that_is_switched_off_is_passed_over():
    made = roster(shift(1, 0, 8, "p99", "p42"), shift(2, 8, 9, "p99"))
    assert rung(made, NIGHT)[0] == "p42"
    assert rung(made, NIGHT + 8 * HOUR) == ["p41", "p42", "p43"]


def test_of_overlapping_shifts_the_later_one_counts_and_the_long_one_goes_on_after_it():
    made = roster(shift(1, 0, 8, "p43"), shift(2, 2, 3, "p42"))
    assert rung(made, NIGHT + 2 * HOUR)[0] == "p42"
    assert rung(made, NIGHT + 3 * HOUR)[0] == "p43"


def test_a_phone_rings_once_and_the_plan_is_bounded():
    many = tuple(network.duty(50 + number, number) for number in range(8))
    made = roster(shift(1, 0, 8, "p57", "p57", "p50"), phones=many)
    assert rung(made, NIGHT) == ["p57", "p50", "p51", "p52", "p53"]
    assert len(made.steps_at(NIGHT)) == MAX_DUTY_STEPS


def test_without_any_duty_phone_nobody_is_rung():
    assert DutyRoster().steps_at(NIGHT) == ()
    assert roster(phones=()).steps_at(NIGHT) == ()
