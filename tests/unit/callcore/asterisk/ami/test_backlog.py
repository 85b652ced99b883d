import asyncio
from datetime import UTC, datetime

import pytest

from callcore.asterisk.ami.backlog import FactBacklog
from callcore.calls.facts import PbxLost, PbxSnapshot, PhoneStateChanged
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.unit

AT = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)


def fact(n: int) -> PhoneStateChanged:
    return PhoneStateChanged(AT, f"p{n}", "in_use")


def snapshot() -> PbxSnapshot:
    return PbxSnapshot(at=AT, channels=(), restarted=False, system_name="")


class Bench:
    def __init__(self, limit: int = 5) -> None:
        self.resyncs = 0
        self.backlog = FactBacklog(limit, FakeClock(AT), self._resync)

    def _resync(self) -> None:
        self.resyncs += 1

    async def drain(self) -> list[str]:
        """Phone keys, `snapshot`, or the reason of a loss."""
        seen = []
        while len(self.backlog):
            one = await self.backlog.get()
            match one:
                case PbxLost(reason=reason):
                    seen.append(reason)
                case PbxSnapshot():
                    seen.append("snapshot")
                case PhoneStateChanged(phone_key=key):
                    seen.append(key)
        return seen


async def test_before_a_snapshot_nothing_makes_sense() -> None:
    bench = Bench()
    bench.backlog.put(fact(1))
    bench.backlog.lose("never was there")
    assert await bench.drain() == []


async def test_what_came_meanwhile_follows_the_snapshot() -> None:
    bench = Bench()
    bench.backlog.begin()
    bench.backlog.put(fact(1))
    bench.backlog.put(fact(2))
    assert await bench.drain() == []
    assert bench.backlog.deliver(snapshot())
    bench.backlog.put(fact(3))
    assert await bench.drain() == ["snapshot", "p1", "p2", "p3"]


async def test_a_loss_comes_after_what_was_not_read_and_once() -> None:
    bench = Bench()
    bench.backlog.begin()
    bench.backlog.deliver(snapshot())
    bench.backlog.put(fact(1))
    bench.backlog.lose("gone")
    bench.backlog.lose("still gone")
    bench.backlog.put(fact(2))
    assert await bench.drain() == ["snapshot", "p1", "gone"]


async def test_overflow_drops_all_and_asks_for_a_snapshot() -> None:
    bench = Bench(limit=5)
    bench.backlog.begin()
    bench.backlog.deliver(snapshot())
    for n in range(10):
        bench.backlog.put(fact(n))
    assert bench.resyncs == 1
    assert bench.backlog.overflows == 1
    bench.backlog.begin()
    bench.backlog.put(fact(77))
    bench.backlog.deliver(snapshot())
    assert await bench.drain() == ["overflow", "snapshot", "p77"]


async def test_overflow_during_a_snapshot_makes_it_worthless() -> None:
    bench = Bench(limit=5)
    bench.backlog.begin()
    for n in range(6):
        bench.backlog.put(fact(n))
    assert bench.resyncs == 1
    assert not bench.backlog.deliver(snapshot())
    assert await bench.drain() == ["overflow"]


async def test_a_dropped_loss_is_told_by_the_overflow() -> None:
    bench = Bench(limit=3)
    bench.backlog.begin()
    bench.backlog.deliver(snapshot())
    bench.backlog.lose("gone")
    bench.backlog.begin()
    bench.backlog.put(fact(1))
    bench.backlog.put(fact(2))
    assert await bench.drain() == ["overflow"]


async def test_the_bound_holds_whatever_happens() -> None:
    bench = Bench(limit=5)
    for n in range(100):
        if n % 7 == 0:
            bench.backlog.begin()
        if n % 11 == 0:
            bench.backlog.deliver(snapshot())
        bench.backlog.put(fact(n))
        assert len(bench.backlog) <= 5 + 1  # the snapshot itself


async def test_the_consumer_waits_without_polling() -> None:
    bench = Bench()
    waiting = asyncio.ensure_future(bench.backlog.get())  # noqa: TID251
    await asyncio.sleep(0)
    assert not waiting.done()
    bench.backlog.begin()
    bench.backlog.deliver(snapshot())
    assert await asyncio.wait_for(waiting, 30) == snapshot()
