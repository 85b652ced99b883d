"""The tools that must not lose a failure."""

import asyncio
from datetime import UTC, datetime

import pytest

from callcore.kernel.bus import Audience, Bus, Event
from callcore.kernel.tasks import TaskOwner, every

pytestmark = pytest.mark.unit


def _event() -> Event:
    return Event(at=datetime(2026, 3, 1, tzinfo=UTC), audience=Audience(staff=True))


def test_a_failing_subscriber_does_not_silence_the_next() -> None:
    bus, seen = Bus(), []
    bus.subscribe(lambda _: 1 / 0)
    bus.subscribe(seen.append)
    bus.publish(_event(), _event())
    assert len(seen) == 2


def test_an_ended_subscription_hears_nothing() -> None:
    bus, seen = Bus(), []
    end = bus.subscribe(seen.append)
    end()
    bus.publish(_event())
    assert seen == []


async def test_closing_an_owner_cancels_what_is_left() -> None:
    owner, ended = TaskOwner("test"), asyncio.Event()

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    _ = owner.spawn("wait", wait_for_ever())
    await asyncio.sleep(0)
    await owner.close()
    assert ended.is_set()


async def test_a_periodic_step_survives_its_own_failure() -> None:
    owner, runs, third = TaskOwner("test"), 0, asyncio.Event()

    async def step() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            third.set()
        raise ValueError("expected by the test")

    _ = owner.spawn("step", every(0.001, step))
    await asyncio.wait_for(third.wait(), timeout=30)
    await owner.close()
    assert runs >= 3
