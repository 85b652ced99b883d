"""AsteriskPbx over the loopback AMI server, and FakePbx, keep the same contract."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from callcore.asterisk.ami import AmiSettings, AsteriskPbx
from callcore.calls.facts import ChannelCreated, ChannelRef
from callcore.kernel.clock import SystemClock
from tests.contracts.pbx_contract import PbxContract
from tests.fakes.ami_server import FakeAmiServer, channel, event
from tests.fakes.pbx import FakePbx

pytestmark = pytest.mark.unit


class _LoopbackRig:
    def __init__(self) -> None:
        self.server = FakeAmiServer()

    async def prepare(self) -> None:
        await self.server.start()  # takes a free port …
        await self.server.stop()  # … and nobody listens yet
        settings = AmiSettings(
            "127.0.0.1",
            self.server.port,
            "dealerline",
            "perf",
            action_timeout_s=0.3,
            retry_first_s=0.01,
            retry_most_s=0.02,
        )
        self.pbx = AsteriskPbx(settings, SystemClock())
        await self.pbx.start()

    async def connect(self) -> None:
        self.server.silent_on.clear()
        await self.server.start()

    async def lose(self) -> None:
        await self.server.stop()

    async def restart(self) -> None:
        await self.server.stop()
        self.server.started = "11:11:11"
        await self.server.start()

    async def new_channel(self, uniqueid: str) -> None:
        self.server.send(event("Newchannel", **channel(uniqueid)))

    def dialled(self) -> list[str]:
        return [action["ChannelId"] for action in self.server.sent("Originate")]

    async def answer_lost(self) -> None:
        self.server.silent_on.add("Originate")


class _FakeRig:
    def __init__(self) -> None:
        self.pbx = FakePbx(SystemClock())

    async def connect(self) -> None:
        self.pbx.connect()

    async def lose(self) -> None:
        self.pbx.lose()

    async def restart(self) -> None:
        self.pbx.lose()
        self.pbx.connect(restarted=True)

    async def new_channel(self, uniqueid: str) -> None:
        ref = ChannelRef("PJSIP/trunk-main-1", uniqueid, uniqueid)
        self.pbx.emit(
            ChannelCreated(
                at=datetime(2026, 1, 1, tzinfo=UTC),
                channel=ref,
                caller_number="",
                caller_name="",
                extension="",
                context="",
                state="Ring",
            )
        )

    def dialled(self) -> list[str]:
        return [call.call_id for call in self.pbx.originated]

    async def answer_lost(self) -> None:
        self.pbx.answer_lost = True


class TestAsteriskPbxOverLoopback(PbxContract):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[_LoopbackRig]:
        rig = _LoopbackRig()
        await rig.prepare()
        yield rig
        await rig.pbx.close()
        await rig.server.stop()


class TestFakePbx(PbxContract):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[_FakeRig]:
        rig = _FakeRig()
        await rig.pbx.start()
        yield rig
        await rig.pbx.close()
