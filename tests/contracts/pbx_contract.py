"""What every Pbx must keep. A subclass gives the fixture `rig`; pytest collects it by its Test… name.

The same class is run over FakePbx, over AsteriskPbx with the loopback AMI server, and over a real Asterisk.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from callcore.calls.facts import ChannelCreated, PbxFact, PbxLost, PbxSnapshot
from callcore.calls.pbx import Pbx
from callcore.kernel.errors import Invalid, NotAllowedNow, PbxUnavailable
from dialplans.contract import PauseAnswer

WAIT_S = 5.0
GOOD: dict[str, Any] = {
    "channel": "Local/p12@dl-leg/n",
    "context": "dl-walk",
    "extension": "s",
    "call_id": "attempt-7",
    "caller_id": "74950000001",
    "timeout_s": 30.0,
}


class PbxRig(Protocol):
    """How a test reaches the other side of the port. `pbx` is started and not yet connected."""

    pbx: Pbx

    async def connect(self) -> None:
        """The PBX becomes reachable."""
        ...

    async def lose(self) -> None:
        """The link breaks and does not come back until `connect`."""
        ...

    async def restart(self) -> None:
        """The PBX process is replaced by a new one, and is reachable again."""
        ...

    async def new_channel(self, uniqueid: str) -> None:
        """A channel with this uniqueid appears."""
        ...

    def dialled(self) -> list[str]:
        """ChannelIds of all calls that the PBX was asked for, in order, repetitions included."""
        ...

    async def answer_lost(self) -> None:
        """The next originate reaches the PBX, and its answer is lost."""
        ...


async def fact(pbx: Pbx) -> PbxFact:
    return await asyncio.wait_for(pbx.next_fact(), WAIT_S)


class PbxContract:
    async def test_first_fact_is_a_snapshot(self, rig: PbxRig) -> None:
        assert not rig.pbx.health().connected
        await rig.connect()
        first = await fact(rig.pbx)
        assert isinstance(first, PbxSnapshot)
        assert not first.restarted
        assert rig.pbx.health().connected
        assert rig.pbx.health().since is not None

    async def test_facts_keep_their_order(self, rig: PbxRig) -> None:
        await rig.connect()
        await fact(rig.pbx)
        wanted = [f"1795325456.{n}" for n in range(20)]
        for uniqueid in wanted:
            await rig.new_channel(uniqueid)
        seen = [await fact(rig.pbx) for _ in wanted]
        assert [f.channel.uniqueid for f in seen if isinstance(f, ChannelCreated)] == wanted
        assert rig.pbx.health().events_total >= len(wanted)
        assert rig.pbx.health().backlog == 0

    async def test_instants_are_aware(self, rig: PbxRig) -> None:
        await rig.connect()
        assert (await fact(rig.pbx)).at.tzinfo is not None

    async def test_loss_is_told_once_and_a_snapshot_follows(self, rig: PbxRig) -> None:
        await rig.connect()
        await fact(rig.pbx)
        await rig.lose()
        lost = await fact(rig.pbx)
        assert isinstance(lost, PbxLost)
        assert lost.reason
        assert not rig.pbx.health().connected
        await rig.connect()
        back = await fact(rig.pbx)
        assert isinstance(back, PbxSnapshot)
        assert not back.restarted

    async def test_a_restarted_pbx_is_known(self, rig: PbxRig) -> None:
        await rig.connect()
        await fact(rig.pbx)
        await rig.restart()
        assert isinstance(await fact(rig.pbx), PbxLost)
        back = await fact(rig.pbx)
        assert isinstance(back, PbxSnapshot)
        assert back.restarted

    async def test_nothing_is_asked_without_a_link(self, rig: PbxRig) -> None:
        with pytest.raises(PbxUnavailable):
            await rig.pbx.originate(**GOOD)
        with pytest.raises(PbxUnavailable):
            await rig.pbx.phone_states()
        await rig.connect()
        await fact(rig.pbx)
        assert rig.dialled() == []

    async def test_a_call_is_asked_for_once_under_our_id(self, rig: PbxRig) -> None:
        await rig.connect()
        await fact(rig.pbx)
        assert await rig.pbx.originate(**GOOD)
        assert rig.dialled() == ["attempt-7"]

    async def test_variables_are_of_the_dialplan_only(self, rig: PbxRig) -> None:
        await rig.connect()
        await fact(rig.pbx)
        for name, value in (("PATH", "1"), ("DL_TO", "1,DL_X=2"), ("DL_TO", "1\r\nAction: Logoff")):
            with pytest.raises(Invalid):
                await rig.pbx.originate(**GOOD, variables={name: value})
        assert rig.dialled() == []
        await rig.pbx.originate(**GOOD, variables={"DL_TO": "+79160000001", "DL_OURS": "p1-p2"})
        assert rig.dialled() == ["attempt-7"]

    async def test_a_call_that_is_gone_is_hung_up_in_silence(self, rig: PbxRig) -> None:
        with pytest.raises(PbxUnavailable):
            await rig.pbx.hang_up("attempt-7")
        await rig.connect()
        await fact(rig.pbx)
        await rig.pbx.hang_up("attempt-7")
        with pytest.raises(Invalid):
            await rig.pbx.hang_up("PJSIP/trunk-main-1\r\nAction: Logoff")

    async def test_a_talk_is_handed_on_to_whom_the_dialplan_knows(self, rig: PbxRig) -> None:
        channel = "PJSIP/p1-00000001"
        with pytest.raises(PbxUnavailable):
            await rig.pbx.hand_on(channel=channel, to="p2")
        await rig.connect()
        await fact(rig.pbx)
        for to in ("p1.p2", "duty", "+79160000001"):
            await rig.pbx.hand_on(channel=channel, to=to)
            await rig.pbx.ask_first(channel=channel, to=to)
        await rig.pbx.ask_no_more(channel=channel)
        for to in ("", "101", "+380441234567", "p1&p2", "p1\r\nAction: Logoff", "+7916000000"):
            with pytest.raises(Invalid):
                await rig.pbx.hand_on(channel=channel, to=to)
            with pytest.raises(Invalid):
                await rig.pbx.ask_first(channel=channel, to=to)

    async def test_a_recording_is_muted_by_the_name_of_its_channel(self, rig: PbxRig) -> None:
        with pytest.raises(PbxUnavailable):
            await rig.pbx.mute_recording("dealerline-1.2", is_muted=True)
        await rig.connect()
        await fact(rig.pbx)
        with suppress(NotAllowedNow):  # a real PBX knows no such channel
            await rig.pbx.mute_recording("dealerline-1.2", is_muted=True)
        with pytest.raises(Invalid):
            await rig.pbx.mute_recording("PJSIP/trunk-1\r\nAction: Logoff", is_muted=True)
        with suppress(NotAllowedNow):
            await rig.pbx.answer_pause("PJSIP/p1-00000001", PauseAnswer.PAUSED)
        with pytest.raises(Invalid):
            await rig.pbx.answer_pause("PJSIP/p1-1\r\nAction: Logoff", PauseAnswer.REFUSED)

    async def test_a_place_in_the_queue_is_held_by_its_number(self, rig: PbxRig) -> None:
        await rig.connect()
        await fact(rig.pbx)
        await rig.pbx.hold_place(7, datetime(2026, 1, 1, tzinfo=UTC))
        with pytest.raises(Invalid):
            await rig.pbx.hold_place(0, datetime(2026, 1, 1, tzinfo=UTC))

    async def test_a_lost_answer_is_never_repeated(self, rig: PbxRig) -> None:
        await rig.connect()
        await fact(rig.pbx)
        await rig.answer_lost()
        with pytest.raises(PbxUnavailable):
            await rig.pbx.originate(**GOOD)
        await rig.lose()
        await rig.connect()
        while not isinstance(await fact(rig.pbx), PbxSnapshot):
            pass
        await rig.pbx.phone_states()  # an answered question: whatever was waiting has been sent by now
        assert rig.dialled() == ["attempt-7"]

    @pytest.mark.parametrize("field", ["channel", "context", "extension", "call_id", "caller_id"])
    @pytest.mark.parametrize(
        "poison", ["\r\nAction: Logoff", "\nVariable: A=1", "\x00", "a,B=1", "${SHELL(id)}"]
    )
    async def test_poison_is_refused(self, rig: PbxRig, field: str, poison: str) -> None:
        await rig.connect()
        await fact(rig.pbx)
        with pytest.raises(Invalid):
            await rig.pbx.originate(**{**GOOD, field: f"{GOOD[field]}{poison}"})
        assert rig.dialled() == []

    async def test_closing_ends_everything(self, rig: PbxRig) -> None:
        await rig.connect()
        await fact(rig.pbx)
        await rig.pbx.close()
        with pytest.raises(PbxUnavailable):
            await rig.pbx.originate(**GOOD)
        assert not rig.pbx.health().connected
