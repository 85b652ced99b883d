"""Who may do what: AMI users, strangers, and what our files leave open."""

import asyncio
import socket

import pytest

from dialplans.render import AMI_EVENTS
from tests.pbx.lab import AMI_SECRET, customer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]


async def ami(lab, *actions, user="lab", secret=AMI_SECRET):
    """Answers to the actions, login first, as one text."""
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.plan.ami_port)
    try:
        for action in (f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}", *actions, "Action: Logoff"):
            writer.write(f"{action}\r\n\r\n".encode())
        async with asyncio.timeout(60):
            return (await reader.read()).decode()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "action",
    [
        "Action: Command\r\nCommand: core show version",
        "Action: GetConfig\r\nFilename: manager.conf",
        "Action: UpdateConfig\r\nSrcFilename: extensions.conf\r\nDstFilename: extensions.conf",
        "Action: ModuleLoad\r\nModule: app_system.so\r\nLoadType: load",
        "Action: Originate\r\nChannel: Local/s@dl-fallback\r\nApplication: System\r\nData: id",
        "Action: DBPut\r\nFamily: a\r\nKey: b\r\nVal: c",
    ],
)
async def test_an_ami_user_may_not(lab, action):
    answer = await ami(lab, action)
    assert "Authentication accepted" in answer
    refusals = ("Permission denied", "Invalid/unknown command", "Originate Access Forbidden")
    assert any(words in answer for words in refusals)


async def test_a_wrong_secret_is_refused(lab):
    assert "Authentication failed" in await ami(lab, secret="guess")


async def test_ami_says_only_what_facts_are_made_of(lab, ear, application):
    application.route(("p4", 15))
    await lab.over(await lab.customers.place_call(customer(talk_s=1)))
    await ear.milestone("done")
    heard = {event["Event"] for event in ear.events if "Event" in event}
    assert {"Newchannel", "Newstate", "DialBegin", "DialEnd", "BridgeEnter", "Hangup", "UserEvent"} <= heard
    assert heard <= {*AMI_EVENTS, "DeviceStateChange", "SuccessfulAuth"}
    devices = [event["Device"] for event in ear.events if event.get("Event") == "DeviceStateChange"]
    assert any(device == "PJSIP/p4" for device in devices)
    assert all(device.startswith("PJSIP/") for device in devices), (
        "each half of a Local channel is a device, too"
    )
    assert all("." in event["Timestamp"] for event in ear.events if event.get("Event") == "Hangup")


def sip(lab, method, number, user):
    """One SIP request from a stranger, and the first line of the answer."""
    to = f"127.0.0.1:{lab.plan.sip_port}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(60)
        me = f"127.0.0.1:{line.getsockname()[1]}"
        request = (
            f"{method} sip:{number}@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bK{method}{user}{number}\r\n"
            f"From: <sip:{user}@{me}>;tag=1\r\nTo: <sip:{number}@{to}>\r\nCall-ID: {method}{user}{number}@{me}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:{user}@{me}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        line.sendto(request.encode(), ("127.0.0.1", lab.plan.sip_port))
        return line.recv(4096).decode().splitlines()[0]


@pytest.mark.parametrize("user", ["stranger", "p1", "trunk-lab", "dl-leg"])
@pytest.mark.parametrize("number", ["74951234567", "p1", "+79001112233", "101"])
async def test_without_a_password_nobody_calls(lab, ear, user, number):
    answer = await asyncio.to_thread(sip, lab, "INVITE", number, user)
    assert answer.startswith("SIP/2.0 401"), answer
    assert not ear.milestones()


async def test_without_a_password_nobody_registers(lab):
    assert (await asyncio.to_thread(sip, lab, "REGISTER", "p1", "p1")).startswith("SIP/2.0 401")


async def test_phones_reach_phones_only(lab):
    """Short numbers of ours, one by one; no pattern, so nothing that costs money."""
    shown = await lab.pbx.cli("dialplan show from-phones")
    assert "'101'" in shown
    assert "'_" not in shown
    for number in ("+79001112233", "89001112233", "p1", "s"):
        assert "There is no existence" in await lab.pbx.cli(f"dialplan show {number}@from-phones")


async def test_only_named_modules_run(lab):
    shown = await lab.pbx.cli("module show")
    for name in (
        "app_system",
        "func_shell",
        "func_curl",
        "app_originate",
        "res_http",
        "chan_iax2",
    ):
        assert name not in shown


async def test_files_are_out_of_reach_of_ami(lab, tmp_path):
    """The dialplan marks recordings by FILE(); nobody else may read or write by it (live_dangerously is off)."""
    secret, written = tmp_path / "secret", tmp_path / "written"
    secret.write_text("никому не видно")
    answer = await ami(
        lab,
        f"Action: Getvar\r\nVariable: FILE({secret})",
        f"Action: Setvar\r\nVariable: FILE({written})\r\nValue: 1",
    )
    assert "Authentication accepted" in answer
    assert "никому" not in answer
    assert not written.exists()
