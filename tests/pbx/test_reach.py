"""Which phones can be reached, told by a real Asterisk: a telephone that signs off is known to be gone, and comes back."""

from contextlib import asynccontextmanager

import pytest

from callcore.asterisk.ami import AmiSettings, AsteriskPbx
from callcore.calls.phone_reach import PhoneReach, PhoneState
from callcore.kernel.clock import SystemClock
from callcore.kernel.tasks import TaskOwner
from tests.fakes.polling import until
from tests.pbx.lab import AMI_SECRET

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]


@asynccontextmanager
async def watching(lab):
    pbx = AsteriskPbx(AmiSettings("127.0.0.1", lab.plan.ami_port, "lab", AMI_SECRET), SystemClock())
    reach, tasks = PhoneReach(pbx), TaskOwner("test")

    async def read():
        while True:
            reach.hear(await pbx.next_fact())

    await pbx.start()
    tasks.spawn("read", read())
    tasks.spawn("ask", reach.keep_asking())
    try:
        await until(lambda: reach.is_known)
        yield reach
    finally:
        await tasks.close()
        await pbx.close()


async def test_a_telephone_signs_off_and_comes_back(lab):
    async with watching(lab) as reach:
        assert "p1" not in reach.unreachable
        assert "p8" in reach.unreachable  # nobody has ever signed in with it
        assert reach.phone_states()[8] is PhoneState.UNREACHABLE
        try:
            await lab.carrier.cli("pjsip send unregister p1")
            await until(lambda: "p1" in reach.unreachable)
        finally:
            await lab.carrier.cli("pjsip send register p1")
        await until(lambda: "p1" not in reach.unreachable)
