"""AsteriskPbx against the loopback AMI server: every known way to lose, double or reorder something."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from callcore.asterisk.ami import AmiSettings, AsteriskPbx, door
from callcore.calls.facts import ChannelCreated, PbxFact, PbxLost, PbxSnapshot
from callcore.kernel.clock import SystemClock
from callcore.kernel.errors import Invalid, NotAllowedNow, PbxUnavailable
from tests.fakes.ami_server import Action, FakeAmiServer, channel, event
from tests.fakes.polling import until

pytestmark = pytest.mark.unit

CALL: dict[str, Any] = {
    "channel": "PJSIP/p12",
    "context": "dl-walk",
    "extension": "s",
    "call_id": "attempt-7",
    "caller_id": "",
    "timeout_s": 30.0,
}


class Bench:
    """One server and one door."""

    def __init__(self) -> None:
        self.server = FakeAmiServer()
        self.pbx = AsteriskPbx(AmiSettings("127.0.0.1", 1, "u", "s"), SystemClock())

    async def begin(self, **settings: Any) -> None:
        quick = {"retry_first_s": 0.01, "retry_most_s": 0.02, "secret": "perf"} | settings
        if not self.server.port:
            await self.server.start()
        self.pbx = AsteriskPbx(
            AmiSettings(host="127.0.0.1", port=self.server.port, username="dealerline", **quick),
            SystemClock(),
        )
        await self.pbx.start()

    async def up(self, **settings: Any) -> PbxSnapshot:
        await self.begin(**settings)
        fact = await self.fact()
        assert isinstance(fact, PbxSnapshot)
        return fact

    async def fact(self) -> PbxFact:
        return await asyncio.wait_for(self.pbx.next_fact(), 30)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.pbx.close()
    await bench.server.stop()


def created(fact: PbxFact) -> str:
    assert isinstance(fact, ChannelCreated), fact
    return fact.channel.uniqueid


# --- nothing is sent twice ------------------------------------------------------------------------------------


async def test_nothing_is_sent_again_after_a_disconnect(bench: Bench) -> None:
    """Not one action of the old connection appears on the new one, whatever its kind."""
    await bench.up()
    bench.server.silent_on = {"Originate", "DeviceStateList"}
    asked = [bench.pbx.originate(**{**CALL, "call_id": f"a-{n}"}) for n in range(3)]
    waiting = [asyncio.ensure_future(one) for one in (*asked, bench.pbx.phone_states())]  # noqa: TID251
    await until(lambda: len(bench.server.sent("Originate")) == 3 and bench.server.sent("DeviceStateList"))
    old = {action["ActionID"] for action in bench.server.actions}
    before = len(bench.server.actions)
    bench.server.silent_on = set()
    bench.server.cut()
    assert all(
        isinstance(end, PbxUnavailable) for end in await asyncio.gather(*waiting, return_exceptions=True)
    )
    assert isinstance(await bench.fact(), PbxLost)
    assert isinstance(await bench.fact(), PbxSnapshot)
    await bench.pbx.phone_states()
    after = bench.server.actions[before:]
    assert not old & {action["ActionID"] for action in after}
    assert [action["Action"] for action in after] == [
        "Login",
        "CoreStatus",
        "CoreSettings",
        "Ping",
        "CoreShowChannels",
        "DeviceStateList",
    ]


async def test_a_loss_fails_who_waits_at_once(bench: Bench) -> None:
    await bench.up(action_timeout_s=30)
    bench.server.silent_on = {"Originate"}
    bench.server.on_action = lambda server, action: server.cut() if action["Action"] == "Originate" else None
    begun = time.monotonic()
    with pytest.raises(PbxUnavailable) as end:
        await bench.pbx.originate(**CALL)
    assert end.value.code == "pbx-lost"
    assert time.monotonic() - begun < 5


async def test_silence_fails_who_waits_in_time_and_a_late_answer_is_nobodys(bench: Bench) -> None:
    await bench.up(action_timeout_s=0.1)
    bench.server.silent_on = {"Originate"}
    with pytest.raises(PbxUnavailable) as end:
        await bench.pbx.originate(**CALL)
    assert end.value.code == "pbx-no-answer"
    late = bench.server.sent("Originate")[0]["ActionID"]
    bench.server.send(f"Response: Success\r\nActionID: {late}\r\nMessage: late\r\n\r\n".encode())
    bench.server.send(event("Newchannel", **channel("1.1")))
    assert created(await bench.fact()) == "1.1"
    assert bench.server.connections == 1


async def test_before_the_link_is_up_nothing_is_asked(bench: Bench) -> None:
    bench.server.silent_on = {"CoreStatus"}  # logged in, no snapshot yet
    await bench.begin(action_timeout_s=30)
    await until(lambda: bench.server.sent("CoreStatus"))
    with pytest.raises(PbxUnavailable):
        await bench.pbx.originate(**CALL)
    with pytest.raises(PbxUnavailable):
        await bench.pbx.phone_states()
    assert not bench.server.sent("Originate")


async def test_an_originate_does_not_wait_for_the_phone(bench: Bench) -> None:
    await bench.up()
    action_id = await bench.pbx.originate(**CALL)
    (sent,) = bench.server.sent("Originate")
    assert sent["ActionID"] == action_id
    assert sent["Async"] == "true"
    assert sent["ChannelId"] == "attempt-7"
    bench.server.send(event("OriginateResponse", ActionID=action_id, Response="Failure", Reason="8"))
    bench.server.send(event("Newchannel", **channel("1.1")))
    assert created(await bench.fact()) == "1.1"


async def test_a_refused_originate_is_no_unknown(bench: Bench) -> None:
    await bench.up()
    bench.server.refuse = {"Originate": "Extension does not exist."}
    with pytest.raises(NotAllowedNow) as refusal:
        await bench.pbx.originate(**CALL)
    assert refusal.value.code == "pbx-refused"
    assert "Extension" in refusal.value.message


async def test_poison_does_not_reach_the_wire(bench: Bench) -> None:
    await bench.up()
    before = len(bench.server.actions)
    with pytest.raises(Invalid):
        await bench.pbx.originate(**{**CALL, "extension": "s\r\n\r\nAction: Logoff"})
    await bench.pbx.phone_states()
    assert [action["Action"] for action in bench.server.actions[before:]] == ["DeviceStateList"]


# --- events ---------------------------------------------------------------------------------------------------


async def test_a_name_split_over_two_packets(bench: Bench) -> None:
    await bench.up()
    said = event("Newchannel", **channel("1.1"))
    cut = said.index("Петров".encode()) + 1
    before = bench.pbx.health().events_total
    # The first event shows that its packet was read, together with half a letter of the second.
    bench.server.send(event("Newchannel", **channel("1.0")) + said[:cut])
    await until(lambda: bench.pbx.health().events_total == before + 1)
    bench.server.send(said[cut:])
    assert created(await bench.fact()) == "1.0"
    fact = await bench.fact()
    assert isinstance(fact, ChannelCreated)
    assert fact.caller_name == "Иван Петров"


async def test_order_holds_and_a_failing_event_stops_nobody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = door.read_fact

    def fails_once(said: Any) -> PbxFact | None:
        if said.text("Uniqueid") == "1.1":
            raise RuntimeError("boom")
        return real(said)

    monkeypatch.setattr(door, "read_fact", fails_once)
    await bench.up()
    bench.server.send(b"".join(event("Newchannel", **channel(f"1.{n}")) for n in range(5)))
    assert [created(await bench.fact()) for _ in range(4)] == ["1.0", "1.2", "1.3", "1.4"]
    assert bench.pbx.failed_events == 1


async def test_senseless_events_are_counted(bench: Bench) -> None:
    await bench.up()
    bench.server.send(
        event("Newchannel", Nothing="here") + event("VarSet", **channel()) + event("Newchannel", **channel())
    )
    assert created(await bench.fact()) == "1795325456.80"
    assert bench.pbx.untranslated == 1
    assert bench.pbx.health().events_total >= 3


async def test_events_during_the_snapshot_come_after_it(bench: Bench) -> None:
    def speak(server: FakeAmiServer, action: Action) -> None:
        if action["Action"] in ("Login", "CoreStatus", "CoreShowChannels"):
            server.send(event("Newchannel", **channel(action["Action"])))

    bench.server.on_action = speak
    bench.server.channels = [channel("1.0")]
    snapshot = await bench.up()
    assert [live.channel.uniqueid for live in snapshot.channels] == ["1.0"]
    assert snapshot.system_name == "pbx-1"
    seen = [created(await bench.fact()) for _ in range(2)]
    assert seen == ["CoreStatus", "CoreShowChannels"]  # what came before the question is in the answer


async def test_each_fully_booted_brings_a_snapshot(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_RESYNC_PAUSE_S", 0.0)
    await bench.up()
    bench.server.send(event("FullyBooted", Status="Fully Booted"))
    assert isinstance(await bench.fact(), PbxSnapshot)
    assert bench.server.connections == 1


async def test_without_fully_booted_we_go_on_and_say_so(bench: Bench) -> None:
    bench.server.says_booted = False
    with capture_logs() as logs:
        await bench.up(booted_wait_s=0.05)
    assert any("FullyBooted" in line["event"] for line in logs)


async def test_an_overflow_is_told_and_healed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_RESYNC_PAUSE_S", 0.0)
    await bench.up(queue_limit=10)
    bench.server.send(b"".join(event("Newchannel", **channel(f"1.{n}")) for n in range(50)))
    await until(lambda: bench.pbx.overflows)
    lost = await bench.fact()
    assert isinstance(lost, PbxLost)
    assert lost.reason == "overflow"
    assert isinstance(await bench.fact(), PbxSnapshot)
    assert bench.server.connections == 1
    assert bench.pbx.health().connected


# --- the link -------------------------------------------------------------------------------------------------


async def test_a_silent_peer_is_left(bench: Bench) -> None:
    await bench.up(ping_every_s=0.02, action_timeout_s=0.1)
    bench.server.silent_on = {"Ping"}
    assert isinstance(await bench.fact(), PbxLost)
    bench.server.silent_on = set()
    assert isinstance(await bench.fact(), PbxSnapshot)
    assert bench.server.connections >= 2


async def test_an_answered_watchdog_leaves_the_link_alone(bench: Bench) -> None:
    await bench.up(ping_every_s=0.01)
    await until(lambda: len(bench.server.sent("Ping")) > 10)
    assert bench.server.connections == 1


async def test_the_pauses_grow_to_a_bound_and_never_end(bench: Bench) -> None:
    arrivals: list[float] = []

    async def turn_away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrivals.append(time.monotonic())
        writer.transport.abort()

    closed = await asyncio.start_server(turn_away, "127.0.0.1", 0)
    bench.server.port = closed.sockets[0].getsockname()[1]
    await bench.begin(retry_first_s=0.02, retry_most_s=0.08)
    await until(lambda: len(arrivals) >= 6)
    gaps = [b - a for a, b in itertools.pairwise(arrivals)]
    assert all(gap >= least for gap, least in zip(gaps, (0.02, 0.04, 0.08, 0.08, 0.08), strict=False))
    assert gaps[4] < 1.0
    closed.close()
    await closed.wait_closed()
    await bench.server.start()
    assert isinstance(await bench.fact(), PbxSnapshot)


async def test_a_refused_login_is_told_clearly_and_tried_slowly(bench: Bench) -> None:
    bench.server.secret = "another"
    with capture_logs() as logs:
        await bench.begin(login_retry_s=0.2)
        begun = time.monotonic()
        await until(lambda: len(bench.server.sent("Login")) == 2)
    assert time.monotonic() - begun >= 0.15
    refusals = [line for line in logs if line["log_level"] == "error"]
    assert refusals[0]["reason"] == "Authentication failed"
    assert refusals[0]["username"] == "dealerline"
    assert "perf" not in str(logs)
    assert not bench.pbx.health().connected
    bench.server.secret = "perf"
    assert isinstance(await bench.fact(), PbxSnapshot)


async def test_a_peer_that_never_greets_is_left(bench: Bench) -> None:
    bench.server.silent_on = {"Login"}
    await bench.begin(action_timeout_s=0.05)
    await until(lambda: bench.server.connections >= 2)
    bench.server.silent_on = set()
    assert isinstance(await bench.fact(), PbxSnapshot)


async def test_a_message_without_end_costs_one_connection(bench: Bench) -> None:
    await bench.up()
    bench.server.send(b"Event: X\r\nA: " + b"x" * (2 << 20))
    lost = await bench.fact()
    assert isinstance(lost, PbxLost)
    assert "without end" in lost.reason
    assert isinstance(await bench.fact(), PbxSnapshot)


async def test_a_manager_user_without_rights_is_told(bench: Bench) -> None:
    bench.server.refuse = {"CoreShowChannels": "Permission denied"}
    with capture_logs() as logs:
        await bench.begin()
        await until(lambda: bench.server.connections >= 2)
    assert any(line["log_level"] == "error" and "reporting" in line["event"] for line in logs)
    assert not bench.pbx.health().connected


async def test_phone_states_come_from_the_pbx(bench: Bench) -> None:
    bench.server.devices = {"PJSIP/p1": "NOT_INUSE", "PJSIP/p2": "RINGING", "PJSIP/trunk-main": "INUSE"}
    await bench.up()
    assert await bench.pbx.phone_states() == {"p1": "available", "p2": "ringing"}
    bench.server.refuse = {"DeviceStateList": "Permission denied"}
    with pytest.raises(NotAllowedNow):
        await bench.pbx.phone_states()


async def test_device_states_in_a_list_are_no_facts(bench: Bench) -> None:
    bench.server.devices = {"PJSIP/p1": "NOT_INUSE"}
    await bench.up()
    await bench.pbx.phone_states()
    bench.server.send(event("Newchannel", **channel("1.1")))
    assert created(await bench.fact()) == "1.1"


async def test_closing_twice_and_before_start() -> None:
    pbx = AsteriskPbx(AmiSettings("127.0.0.1", 1, "u", "s"), SystemClock())
    await pbx.close()
    await pbx.start()
    await pbx.close()
    await pbx.close()
    assert not pbx.health().connected


async def test_the_secret_is_not_shown() -> None:
    assert "hidden" not in repr(AmiSettings("127.0.0.1", 1, "u", "hidden"))


async def test_a_secret_with_a_line_end_is_told_and_not_sent(bench: Bench) -> None:
    with capture_logs() as logs:
        await bench.begin(secret="perf\r\nAction: Logoff")
        await until(lambda: any(line["log_level"] == "error" for line in logs))
    assert bench.server.actions == []
