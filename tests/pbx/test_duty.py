"""Application and script are dead, nobody is open: the shift of the roster that stands now is rung, all its numbers in
order, else the reserve."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from callcore.asterisk.fallback.static_duty import static_shifts
from callcore.asterisk.publish import publish, reload_pbx
from callcore.kernel.clock import SystemClock
from callcore.network.shifts import Shift
from callcore.routing.duty import make_roster
from dialplans.plan import Behaviour
from dialplans.render import render_pbx
from tests.fakes import network
from tests.pbx.lab import customer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

HOUR = timedelta(hours=1)


@asynccontextmanager
async def roster(lab, *spans):
    """Shifts of p2, p1, p4 between hours from now; the reserve is p9, p10."""
    now = SystemClock().now()
    phones = (*map(network.operator, (1, 2, 4)), network.duty(9, 1), network.duty(10, 2))
    shifts = [
        Shift(number, now + start * HOUR, now + end * HOUR, ("p2", "p1", "p4"))
        for number, (start, end) in enumerate(spans, start=1)
    ]
    compiled = static_shifts(make_roster(shifts, phones, org_id=1, ring_s=3), now)
    plan = replace(lab.plan, duty_shifts=compiled)
    await reload_pbx(lab.pbx.cli, lab.dirs.etc, publish(render_pbx(plan), lab.dirs.etc))
    try:
        yield
    finally:
        await reload_pbx(lab.pbx.cli, lab.dirs.etc, publish(render_pbx(lab.plan), lab.dirs.etc))


def rung(ear):
    """Phones in the order in which they began to ring."""
    found = [
        event["Channel"].partition("/")[2].partition("-")[0]
        for event in ear.events
        if event.get("Event") == "Newstate" and event["ChannelStateDesc"] == "Ringing"
    ]
    return [key for key in dict.fromkeys(found) if key in {"p1", "p2", "p4", "p9", "p10"}]


@pytest.mark.parametrize("silent", [("p2",), ("p2", "p1")], ids=["second", "third"])
async def test_the_next_number_of_the_shift_answers_when_those_before_do_not(lab, ear, silent):
    async with roster(lab, (-1, 1)):
        for name in silent:
            await lab.customers.set_behaviour(name, Behaviour.NO_ANSWER)
        try:
            call = await lab.customers.place_call(customer(talk_s=1))
            assert await lab.over(call) == "ANSWER 16"
        finally:
            for name in silent:
                await lab.customers.set_behaviour(name, Behaviour.ACCEPT)
    await lab.quiet()
    assert rung(ear) == ["p2", "p1", "p4"][: len(silent) + 1]
    assert (await ear.milestone("fallback"))["Rung"] == "duty"


async def test_outside_of_shifts_the_reserve_rings(lab, ear):
    async with roster(lab, (-3, -1), (1, 3)):
        call = await lab.customers.place_call(customer(talk_s=1))
        assert await lab.over(call) == "ANSWER 16"
    await lab.quiet()
    assert rung(ear) == ["p9"]
