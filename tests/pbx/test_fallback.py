"""The PBX alone carries the call: whatever becomes of the application, the duty phone rings within 8 s of the INVITE."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import pytest

from tests.audio import is_heard
from tests.pbx.lab import CUSTOMER_HZ, VOICES, customer, listening

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

LIMIT_S = 8.0

# A whole process, so that it can be frozen and killed: takes a request, answers as told, stays.
APPLICATION = """
import socket, sys, time
port, answer = int(sys.argv[1]), sys.argv[2]
server = socket.create_server(("127.0.0.1", port))
print("ready", flush=True)
while True:
    peer, _ = server.accept()
    head = b""
    while b"\\n\\n" not in head:
        head += peer.recv(4096)
    print("asked", flush=True)
    if answer == "junk":
        peer.sendall(bytes(range(256)) * 8 + b"\\nSET VARIABLE\\n200 result=1\\n\\n" + b"EXEC\\r\\n" * 20)
    while answer == "flood":
        try:
            peer.sendall(b"SET VARIABLE DL_STEPS 3\\n" * 500)
            peer.recv(65536)
        except OSError:
            break
    for word in answer.split(";") if answer not in ("", "leave", "junk", "flood") else ():
        name, _, value = word.partition("=")
        peer.sendall(f'SET VARIABLE {name} "{value}"\\n'.encode())
        peer.recv(4096)
    if answer != "":
        peer.close()
    else:
        held = peer
"""


class Process:
    def __init__(self, process):
        self._process = process

    async def says(self, word):
        async with asyncio.timeout(60):
            assert (await self._process.stdout.readline()).decode().strip() == word

    def signal(self, number):
        self._process.send_signal(number)


@asynccontextmanager
async def application(lab, answer=""):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", APPLICATION, str(lab.plan.agi_port), answer, stdout=asyncio.subprocess.PIPE
    )
    try:
        running = Process(process)
        await running.says("ready")
        yield running
    finally:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        process._transport.close()


async def reaches_duty(lab, ear, call, reason):
    """The duty phone rang in time, took the call, and both were heard."""
    invited = await ear.first(
        lambda event: event.get("Event") == "Newchannel" and event["Channel"].startswith("PJSIP/trunk-")
    )
    rang = await ear.ringing("p9", LIMIT_S + 2)
    took = float(rang["heard_at"]) - float(invited["heard_at"])
    assert took <= LIMIT_S
    assert (await ear.milestone("fallback"))["Reason"] == reason
    assert await lab.over(call) == "ANSWER 16"
    done = await ear.milestone("done")
    assert done["Result"] == "ANSWER"
    await lab.quiet()
    assert is_heard(lab.recording(done["CallId"], "-in.wav"), CUSTOMER_HZ)
    assert is_heard(lab.recording(done["CallId"], "-out.wav"), VOICES["p9"])
    return took


async def test_nobody_listens(lab, ear):
    call = await lab.customers.place_call(customer())
    assert await reaches_duty(lab, ear, call, "agi-failure") < 3


async def test_the_application_is_frozen_before_the_call(lab, ear):
    async with application(lab) as running:
        running.signal(signal.SIGSTOP)
        call = await lab.customers.place_call(customer())
        await reaches_duty(lab, ear, call, "timeout")


async def test_the_application_freezes_inside_the_request(lab, ear):
    async with application(lab) as running:
        call = await lab.customers.place_call(customer())
        await running.says("asked")
        running.signal(signal.SIGSTOP)
        await reaches_duty(lab, ear, call, "timeout")


async def test_the_application_is_killed_inside_the_request(lab, ear):
    """AGISTATUS says SUCCESS here: the dialplan must not believe it."""
    async with application(lab) as running:
        call = await lab.customers.place_call(customer())
        await running.says("asked")
        running.signal(signal.SIGKILL)
        await reaches_duty(lab, ear, call, "no-plan")


async def test_the_application_leaves_without_a_word(lab, ear):
    async with application(lab, "leave"):
        call = await lab.customers.place_call(customer())
        await reaches_duty(lab, ear, call, "no-plan")


@pytest.mark.parametrize(
    ("garbage", "reasons"), [("junk", {"no-plan", "agi-failure"}), ("flood", {"timeout"})]
)
async def test_the_application_answers_garbage(lab, ear, garbage, reasons):
    """Bytes that are no commands, and commands without an end."""
    async with application(lab, garbage):
        call = await lab.customers.place_call(customer())
        reason = (await ear.milestone("fallback"))["Reason"]
        assert reason in reasons
        await reaches_duty(lab, ear, call, reason)


async def test_half_a_plan_is_no_plan(lab, ear):
    """Steps are set, DL_ROUTED is not: the answer was cut."""
    async with application(lab, "DL_STEP_1_KEYS=p1;DL_STEP_1_RING=15;DL_STEPS=1;DL_WHISPER=hello-world"):
        call = await lab.customers.place_call(customer())
        await reaches_duty(lab, ear, call, "no-plan")
        assert not ear.milestones("step")


@pytest.mark.parametrize("word", ["0", "2", "yes", '1" = "1" | "1', "11"])
async def test_only_one_word_proves_a_plan(lab, ear, word):
    async with application(lab, f"DL_STEP_1_KEYS=p1;DL_STEPS=1;DL_ROUTED={word}"):
        call = await lab.customers.place_call(customer(talk_s=1))
        await lab.over(call)
        assert (await ear.milestone("fallback"))["Reason"] == "no-plan"


async def test_a_caller_who_leaves_a_frozen_application_is_no_ghost(lab, ear):
    async with application(lab) as running:
        call = await lab.customers.place_call(customer())
        await running.says("asked")
        running.signal(signal.SIGSTOP)
        await lab.customers.hang_up(call)
        await lab.quiet(3)
        assert len(ear.milestones("entered")) == 1
        assert not ear.milestones("fallback")


async def test_a_talk_survives_the_death_of_everything_else(lab):
    """The application and every AMI link go while two people talk."""
    plan = "DL_STEP_1_KEYS=p1;DL_STEP_1_RING=15;DL_STEPS=1;DL_ROUTED=1"
    async with application(lab, plan) as running:
        async with listening(lab) as ear:
            call = await lab.customers.place_call(customer(talk_s=4))
            await ear.milestone("accepted")
            call_id = ear.milestones("accepted")[0]["CallId"]
        running.signal(signal.SIGKILL)
        assert await lab.over(call) == "ANSWER 16"
    await lab.quiet()
    rows = lab.cel(call_id)
    entered = [float(row["event_time"]) for row in rows if row["event_type"] == "BRIDGE_ENTER"]
    left = [float(row["event_time"]) for row in rows if row["event_type"] == "BRIDGE_EXIT"]
    assert max(left) - min(entered) >= 3.9
