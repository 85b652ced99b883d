"""Hours compiled into the dialplan hold in the same minutes as the hours that they come from."""

from bisect import bisect_right

import pytest
from hypothesis import given, settings

from callcore.asterisk.fallback.static_routes import MAX_OUTLETS, open_times, static_routes
from callcore.routing.hours import DAYS, parse_hours
from dialplans.plan import DidPlan, PhoneKind, PhonePlan
from dialplans.render import render_pbx
from tests.factories.pbx import pbx_plan
from tests.property.test_routing import directories, snapshot_of, stored, weeks

pytestmark = pytest.mark.property


def matches(time, day, minute):
    """GotoIfTime: both ends belong to it."""
    return time.start_min <= minute <= time.last_min and any(
        DAYS.index(part[:3]) <= day <= DAYS.index(part[-3:]) for part in time.days.split("&")
    )


@given(week=weeks)
@settings(max_examples=40, deadline=None)
def test_open_in_the_same_minutes(week):
    hours = parse_hours(stored(week))
    times = open_times(hours)
    edges = {edge % 1440 for edge in hours.edges}
    for day in range(7):
        for minute in {(edge + shift) % 1440 for edge in edges for shift in (-1, 0, 1)} | {0, 1439}:
            compiled = any(matches(time, day, minute) for time in times)
            assert compiled is (bisect_right(hours.edges, day * 1440 + minute) % 2 == 1)


@given(directory=directories())
@settings(max_examples=40, deadline=None)
def test_any_network_gives_files_that_pass_the_check(directory):
    from dialplans.check import check

    routes = static_routes(snapshot_of(directory))
    phones = tuple(
        PhonePlan(phone.key, PhoneKind.SIP, "x", secret="secret-of-it") for phone in directory.phones
    )
    dids = tuple(DidPlan(did.number, "x", targets=routes.by_did[did.number]) for did in directory.dids)
    plan = pbx_plan(
        phones=phones,
        dids=dids,
        targets=routes.targets,
        other_targets=routes.other,
        duty_keys=(),
        duty_shifts=(),
    )
    assert check(render_pbx(plan)) == []
    assert all(len(keys) <= MAX_OUTLETS + len(routes.other) for keys in routes.by_did.values())
