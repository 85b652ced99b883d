from dataclasses import replace

import pytest

from callcore.routing.duty import MAX_DUTY_STEPS
from callcore.routing.snapshot import MAX_OPERATOR_STEPS, RoutingOptions
from dialplans.contract import MAX_KEYS_PER_STEP
from tests.fakes import network

pytestmark = pytest.mark.unit


def test_equal_hours_share_one_schedule():
    ready = network.snapshot().outlets_by_org[1].outlets
    assert [outlet.id for outlet in ready] == [10, 11, 12]
    assert ready[0].schedule is ready[1].schedule
    assert ready[0].schedule is not ready[2].schedule, "another zone is another schedule"


def test_the_tail_of_a_plan_is_bounded():
    phones = (
        *(network.operator(n) for n in range(1, 100)),
        *(network.duty(n, n) for n in range(100, 120)),
    )
    office = network.snapshot(phones=phones).head_office
    assert [len(step.phone_keys) for step in office.operators] == [MAX_KEYS_PER_STEP] * MAX_OPERATOR_STEPS
    assert len(office.duty.steps_at(network.MADE_AT)) == MAX_DUTY_STEPS


@pytest.mark.parametrize(("asked", "given"), [(0, 5), (20, 20), (9999, 120)])
def test_ring_seconds_stay_sane(asked, given):
    assert (
        network.snapshot(outlets=(network.outlet(10, 2, ring_s=asked),)).outlets_by_org[2].outlets[0].ring_s
        == given
    )


def test_the_manufacturers_own_did_is_a_site_number():
    did = replace(network.dids()[0], org_id=1)
    assert network.snapshot(dids=(did,)).dids[did.number].org_id is None


def test_an_outlet_of_no_organisation_is_left_out():
    assert 99 not in {
        o.id
        for o in network.snapshot(outlets=(network.outlet(99, 999),)).outlets_by_region[("RU-MOW",)].outlets
    }


def test_a_setting_that_cannot_be_read_is_refused_at_once():
    with pytest.raises(ValueError, match="time of day"):
        network.snapshot(options=RoutingOptions(operator_hours={"mon": [["9", "18"]]}))
