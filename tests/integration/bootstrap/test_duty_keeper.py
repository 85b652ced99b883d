"""What tells of gaps in the roster and of duty phones that keep silent; a change wakes routing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcore.bootstrap.change_watch import ChangeWatch
from callcore.bootstrap.duty_services import DutyKeeper
from callcore.calls.tables import LegRow
from callcore.kernel import audit
from callcore.kernel.outbox import OutboxRow
from callcore.network.directory import load_directory
from callcore.routing.snapshot import build_snapshot
from tests.factories.network import make_org, make_phone, make_shift, make_user
from tests.factories.sales import make_call

pytestmark = pytest.mark.integration

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
async def phones(database):
    async with database.transaction() as session:
        root = await make_org(session)
        await make_phone(session, user=await make_user(session, root))
        return [await make_phone(session, label="Дежурный"), await make_phone(session)]


@pytest.fixture
async def keeper(database, clock, phones):
    async with database.session() as session:
        snapshot = build_snapshot(await load_directory(session, clock.now()), 1, clock.now())
    return DutyKeeper(database, clock, lambda: snapshot)


async def told(database, topic):
    async with database.session() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.topic == topic).order_by(OutboxRow.id))
        return [row.data for row in rows]


async def test_a_gap_is_told_once_a_day(database, clock, keeper, phones):
    """Operators are away from 21 to 9; shifts stand in all nights of the week but one, and half of another."""
    evening = clock.now() + 9 * HOUR
    async with database.transaction() as session:
        for night in (0, 1, 2, 4, 5, 6, 7):
            length = 6 if night == 5 else 12
            await make_shift(session, phones[0], evening + night * DAY, hours=length)
    await keeper.tell()
    await keeper.tell()
    expected = [(evening + 3 * DAY, 12), (evening + 5 * DAY + 6 * HOUR, 6)]
    assert await told(database, "duty:gap") == [
        {
            "starts_at": start.isoformat(),
            "ends_at": (start + hours * HOUR).isoformat(),
            "tz": "Europe/Moscow",
        }
        for start, hours in expected
    ]
    assert [gap.starts_at for gap in await keeper.read_coming_gaps()] == [start for start, _ in expected]
    clock.advance(HOUR)
    await keeper.tell()
    assert len(await told(database, "duty:gap")) == 2
    clock.advance(DAY)
    await keeper.tell()
    assert len(await told(database, "duty:gap")) >= 4


async def test_a_gap_that_has_begun_is_still_the_same_one(database, clock, keeper):
    """Nobody stands in any shift: seven nights ahead; two hours later the eighth comes in sight, in its full length."""
    clock.advance(8 * HOUR)
    await keeper.tell()
    before = await told(database, "duty:gap")
    clock.advance(2 * HOUR)
    await keeper.tell()
    *same, eighth = await told(database, "duty:gap")
    assert same == before
    begins = clock.now() - HOUR + 7 * DAY
    assert (eighth["starts_at"], eighth["ends_at"]) == (
        begins.isoformat(),
        (begins + 12 * HOUR).isoformat(),
    )


async def leg(database, clock, phone, outcome, *, ended=True):
    clock.advance(60)
    async with database.transaction() as session:
        call = await make_call(session, started_at=clock.now(), ended_at=clock.now() if ended else None)
        session.add(
            LegRow(
                call_row_id=call.id,
                uniqueid=call.call_id,
                channel="PJSIP/x",
                role="duty",
                phone_id=phone.id,
                started_at=clock.now(),
                outcome=outcome,
            )
        )
        return call.call_id


async def test_a_duty_phone_that_keeps_silent_twice_is_told_of(database, clock, keeper, phones):
    first = await leg(database, clock, phones[0], "no_answer")
    await leg(database, clock, phones[1], "no_answer")
    await keeper.tell()
    assert await told(database, "duty:silent") == []
    going_on = await leg(database, clock, phones[0], "no_answer", ended=False)
    await keeper.tell()
    assert await told(database, "duty:silent") == [], "a call that goes on says nothing yet"
    second = await leg(database, clock, phones[0], "unavailable")
    await keeper.tell()
    await keeper.tell()
    assert await told(database, "duty:silent") == [
        {"phone_id": phones[0].id, "label": "Дежурный", "call_ids": [first, second]}
    ]
    assert going_on not in (first, second)
    await leg(database, clock, phones[0], "talked")
    await leg(database, clock, phones[0], "no_answer")
    await keeper.tell()
    assert len(await told(database, "duty:silent")) == 1


async def test_a_change_wakes_the_reader(database, clock):
    readings = []

    async def refresh():
        readings.append(clock.now())

    watch = ChangeWatch(database, refresh, 3600)
    await watch.look()
    await watch.look()
    assert len(readings) == 1
    async with database.transaction() as session:
        audit.record(session, at=clock.now(), actor_id=1, action="pause:begun", entity="user", entity_id=1)
    await watch.look()
    await watch.look()
    assert len(readings) == 2
