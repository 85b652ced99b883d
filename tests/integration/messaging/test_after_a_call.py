"""From the end of a call to the news of its task and the dealer's notice, as the application runs it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from callcore.bootstrap.message_services import LATE_S, Messages
from callcore.bootstrap.message_ways import message_ways
from callcore.calls.events import CallEnded, TaskChanged
from callcore.kernel import outbox
from callcore.kernel.bus import Audience, Bus, Event
from callcore.kernel.database import Database
from callcore.messaging.events import NoticesChanged
from callcore.messaging.health import read_health
from callcore.network.model import Role
from config.settings import load_settings
from tests.factories.network import make_org, make_user
from tests.factories.sales import make_call
from tests.fakes.clock import FakeClock
from tests.fakes.polling import until

pytestmark = pytest.mark.integration


@pytest.fixture
async def bus() -> Bus:
    return Bus()


@pytest.fixture
async def messages(database: Database, clock: FakeClock, bus: Bus) -> AsyncIterator[Messages]:
    running = Messages(database, clock, bus, message_ways(load_settings(None, {}), database, clock))
    running.start()
    yield running
    await running.close()


async def test_missed_call_is_told_within_seconds(
    database: Database, clock: FakeClock, bus: Bus, messages: Messages
) -> None:
    told: list[Event] = []
    bus.subscribe(told.append)
    async with database.transaction() as session:
        dealer = await make_org(session, parent=await make_org(session))
        owner = await make_user(session, dealer, role=Role.DEALER_OWNER.value)
        times = {"started_at": clock.now() - timedelta(minutes=1), "ended_at": clock.now()}
        call = await make_call(session, caller_number="+79124401825", org_id=dealer.id, **times)
    audience = Audience(staff=True)
    bus.publish(
        CallEnded(at=clock.now(), audience=audience, call_id=call.call_id, version=1, result="missed")
    )
    await until(lambda: any(isinstance(one, NoticesChanged) for one in told))
    (task,) = [one for one in told if isinstance(one, TaskChanged)]
    (notice,) = [one for one in told if isinstance(one, NoticesChanged)]
    assert dealer.id in task.audience.org_ids
    assert notice.audience == Audience(user_ids=frozenset({owner.id}))


async def test_health_speaks_of_what_is_late(
    database: Database, clock: FakeClock, messages: Messages
) -> None:
    assert messages.check().ok
    await messages.close()
    async with database.transaction() as session:
        await outbox.put(session, "duty:gap", at=clock.now(), dedupe_key="k")
    clock.advance(LATE_S)
    messages.worker.health = await database.read(partial(read_health, now=clock.now(), has_mail=False))
    assert not messages.check().ok
    assert "ждут: 1" in messages.check().note
