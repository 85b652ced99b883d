"""Our two doors on a real Asterisk: the AMI door hears a call, the FastAGI server routes it while probes knock."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from callcore.asterisk.agi import AgiRequest, AgiServer, AgiSettings, RouteReply
from callcore.asterisk.ami import AmiSettings, AsteriskPbx
from callcore.calls import facts
from callcore.kernel.clock import SystemClock
from tests.fakes.agi_client import head
from tests.pbx.lab import AMI_SECRET, CUSTOMER, DID, customer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

PLAN = RouteReply(
    (("DL_STEP_1_KEYS", "p1"), ("DL_STEP_1_RING", "15"), ("DL_STEP_1_KIND", "outlet"), ("DL_STEPS", "1"))
)
ODD_NAMES = ["Иван Петров", '"', "a,b & ${SHELL(id)}", "O'Brien \\ ко"]


@asynccontextmanager
async def hearing(lab):
    pbx = AsteriskPbx(AmiSettings("127.0.0.1", lab.plan.ami_port, "lab", AMI_SECRET), SystemClock())
    await pbx.start()
    try:
        assert isinstance(await asyncio.wait_for(pbx.next_fact(), 30), facts.PbxSnapshot)
        yield pbx
    finally:
        await pbx.close()


@asynccontextmanager
async def routing(lab, handler):
    server = AgiServer(handler, AgiSettings(port=lab.plan.agi_port))
    await server.start()
    try:
        yield server
    finally:
        await server.close()


async def until_done(pbx):
    """Facts until the customer's channel is gone."""
    heard = []
    async with asyncio.timeout(60):
        while True:
            heard.append(await pbx.next_fact())
            if isinstance(heard[-1], facts.ChannelHungUp) and heard[-1].channel.is_trunk:
                return heard


async def test_a_call_is_routed_by_our_server_and_heard_by_our_door(lab):
    requests: list[AgiRequest] = []

    def handler(request):
        requests.append(request)
        return PLAN

    async with hearing(lab) as pbx, routing(lab, handler) as server:
        call = await lab.customers.place_call(customer(caller_name="Иван Петров"))
        heard = await until_done(pbx)
        assert await lab.over(call) == "ANSWER 16"
        states = await pbx.phone_states()
    assert (requests[0].did, requests[0].caller_number, requests[0].caller_name) == (
        DID,
        CUSTOMER,
        "Иван Петров",
    )
    assert server.answered == 1
    kinds = [fact.kind for fact in heard if isinstance(fact, facts.MilestoneReached)]
    assert kinds == ["entered", "step", "offered", "accepted", "recording", "done"]
    created = next(fact for fact in heard if isinstance(fact, facts.ChannelCreated))
    assert created.caller_name == "Иван Петров"
    assert any(isinstance(fact, facts.PhoneStateChanged) and fact.phone_key == "p1" for fact in heard)
    assert (states["p1"], states["p8"]) == ("available", "unavailable")
    assert pbx.failed_events == 0


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_odd_names_are_routed(lab, name):
    async with routing(lab, lambda _: PLAN) as server:
        assert await lab.over(await lab.customers.place_call(customer(caller_name=name))) == "ANSWER 16"
    assert (server.answered, server.failed) == (1, 0)


async def test_probes_do_not_disturb_a_real_call(lab):
    async with routing(lab, lambda _: PLAN) as server:
        held = []
        for bytes_sent in (b"", head()[:40], b"GET / HTTP/1.1\r\n\r\n", b"x" * (1 << 20)):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(bytes_sent)
            held.append(writer)
        call = await lab.customers.place_call(customer())
        assert await lab.over(call) == "ANSWER 16"
        assert server.answered == 1
        for writer in held:
            writer.close()


async def test_a_handler_that_fails_sends_the_caller_to_the_duty_phone(lab):
    def handler(_):
        raise RuntimeError("no snapshot")

    async with hearing(lab) as pbx, routing(lab, handler) as server:
        await lab.over(await lab.customers.place_call(customer()))
        heard = await until_done(pbx)
    assert server.failed == 1
    fallback = [f for f in heard if isinstance(f, facts.MilestoneReached) and f.kind == "fallback"]
    assert [one.value("Reason") for one in fallback] == ["no-plan"]
