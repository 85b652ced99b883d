"""The rungs between the application and the duty phone, with real calls: the script beside the PBX, then the static branch.

The script's snapshot sends calls to p1, the static branch to p2, the last rung to p9: who rings tells which rung it was.
"""

import json
import os
import signal
from datetime import timedelta

import pytest

from callcore.asterisk.fallback.deploy import deploy_script
from callcore.asterisk.fallback.script import MAGIC, MAX_BYTES, SNAPSHOT
from callcore.asterisk.snapshot_file import pack
from callcore.calls.cel import read_line, rung_of
from callcore.kernel.clock import SystemClock
from dialplans.contract import CEL_COLUMNS
from tests.fakes import network
from tests.pbx.lab import LADDER_DID, customer
from tests.pbx.test_fallback import LIMIT_S, application

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]


def snapshot_bytes(made_ago=timedelta()):
    """The called number is a dealer's whose only outlet, p1, is always open."""
    outlets = (network.outlet(10, 2, hours=network.ALWAYS, ring_s=5),)
    directory = network.directory(
        outlets=outlets,
        phones=(network.outlet_phone(1, 10), network.duty(9)),
        dids=(network.Did(1, f"+{LADDER_DID}", "Дилер", org_id=2),),
    )
    made_at = SystemClock().now() - made_ago
    return pack(network.build_snapshot(directory, 1, made_at), made_at)


@pytest.fixture
def agi(lab):
    """The folder with script and snapshot as published; empty again afterwards."""
    folder = lab.dirs.agi
    deploy_script(folder)
    (folder / SNAPSHOT).write_bytes(snapshot_bytes())
    yield folder
    for path in folder.iterdir():
        path.unlink()


async def first_ring(lab, ear, key, *, to_did=LADDER_DID):
    """A call that `key` takes; seconds from the INVITE to its ringing, and the fallback event."""
    call = await lab.customers.place_call(customer(to_did=to_did, talk_s=1))
    invited = await ear.first(
        lambda event: event.get("Event") == "Newchannel" and event["Channel"].startswith("PJSIP/trunk-")
    )
    rang = await ear.ringing(key, LIMIT_S + 4)
    took = float(rang["heard_at"]) - float(invited["heard_at"])
    assert await lab.over(call) == "ANSWER 16"
    await lab.quiet()
    (event,) = ear.milestones("fallback")
    rows = [read_line([row[name] for name in CEL_COLUMNS]) for row in lab.cel(event["CallId"])]
    assert rung_of([row for row in rows if row]) == event["Rung"], "CEL tells the same rung"
    return took, event


async def test_the_script_routes_to_the_open_dealer(lab, ear, agi):
    took, event = await first_ring(lab, ear, "p1")
    assert (event["Rung"], event["Reason"]) == ("script", "agi-failure")
    assert took < 3


async def test_the_script_takes_over_from_a_frozen_application(lab, ear, agi):
    async with application(lab) as running:
        running.signal(signal.SIGSTOP)
        took, event = await first_ring(lab, ear, "p1")
    assert (event["Rung"], event["Reason"]) == ("script", "timeout")
    assert took <= LIMIT_S


async def test_half_an_answer_of_the_application_does_not_show_through_the_script(lab, ear, agi):
    async with application(lab, "DL_STEP_1_KEYS=p4;DL_STEPS=1;DL_GREETING=hello-world"):
        _, event = await first_ring(lab, ear, "p1")
    assert (event["Rung"], event["Reason"]) == ("script", "no-plan")


def corrupt(content):
    return content[:-20] + bytes([content[-20] ^ 1]) + content[-19:]


def of_other_version(content):
    return content.replace(MAGIC.encode(), b"dealerline-routing-9", 1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        corrupt,
        of_other_version,
        lambda content: snapshot_bytes(timedelta(days=8)),
        lambda content: content + bytes(MAX_BYTES),
        lambda content: json.dumps({"version": 1}).encode(),
    ],
    ids=["empty", "cut", "corrupt", "version", "expired", "huge", "foreign"],
)
async def test_a_snapshot_that_cannot_be_trusted_leaves_the_static_branch(lab, ear, agi, spoil):
    (agi / SNAPSHOT).write_bytes(spoil((agi / SNAPSHOT).read_bytes()))
    took, event = await first_ring(lab, ear, "p2")
    assert (event["Rung"], event["Reason"]) == ("static", "agi-failure")
    assert took < 4
    assert [one["Keys"] for one in ear.milestones("step")] == ["p2"], "the outlet that is closed is not tried"


def lost_snapshot(folder):
    (folder / SNAPSHOT).unlink()


def removed(folder):
    (folder / "dealerline-route").unlink()


def not_executable(folder):
    (folder / "dealerline-route").chmod(0o644)


def replaced(text):
    def put(folder):
        (folder / "dealerline-route").write_text("#!/bin/sh\n" + text)

    return put


@pytest.mark.parametrize(
    "break_it",
    [
        lost_snapshot,
        removed,
        not_executable,
        replaced("sleep 30\n"),
        replaced("while :; do read line || exit; done\n"),
        replaced("echo garbage; echo 'SET VARIABLE DL_STEPS 3'; exit 0\n"),
        replaced("yes"),
    ],
    ids=["no-snapshot", "removed", "not-executable", "sleeps", "reads-for-ever", "garbage", "floods"],
)
async def test_a_script_that_fails_leaves_the_static_branch(lab, ear, agi, break_it):
    break_it(agi)
    took, event = await first_ring(lab, ear, "p2")
    assert event["Rung"] == "static"
    assert took <= 5


async def test_a_frozen_application_and_a_script_that_hangs_together(lab, ear, agi):
    replaced("sleep 30\n")(agi)
    async with application(lab) as running:
        running.signal(signal.SIGSTOP)
        took, event = await first_ring(lab, ear, "p2")
    assert (event["Rung"], event["Script"]) == ("static", "TIMEOUT")
    assert took <= LIMIT_S


async def test_with_everything_gone_and_nobody_open_the_duty_phone_rings_in_time(lab, ear, agi):
    replaced("sleep 30\n")(agi)
    async with application(lab) as running:
        running.signal(signal.SIGSTOP)
        took, event = await first_ring(lab, ear, "p9", to_did="74951234567")
    assert (event["Rung"], event["Reason"]) == ("duty", "timeout")
    assert took <= LIMIT_S


async def test_a_caller_who_leaves_a_hanging_script_leaves_nothing(lab, ear, agi):
    (agi / "dealerline-route").write_text(f"#!/bin/sh\necho $$ > '{agi}/pid'\nexec sleep 30\n")
    call = await lab.customers.place_call(customer(to_did=LADDER_DID))
    await ear.milestone("entered")
    while not (agi / "pid").exists():  # bounded by the timeout of the module
        await lab.channels()
    await lab.customers.hang_up(call)
    await lab.quiet(3)
    assert not ear.milestones("fallback")
    with pytest.raises(ProcessLookupError):
        os.kill(int((agi / "pid").read_text()), 0)


async def test_the_spellings_of_a_number_find_the_static_branch(lab, ear, agi):
    removed(agi)
    _, event = await first_ring(lab, ear, "p2", to_did="8" + LADDER_DID[1:])
    assert event["Rung"] == "static"
