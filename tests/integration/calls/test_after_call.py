"""Every call that left something to do leaves one task, however often and whenever one looks."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from callcore.calls.after_call import look_after_calls
from callcore.calls.task_tables import TaskRow
from callcore.calls.transfer_tables import TransferRow
from callcore.kernel.database import Database
from callcore.kernel.outbox import OutboxRow
from tests.factories.network import make_org
from tests.factories.sales import make_call
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration
NUMBER = "+79124401825"


async def look(database: Database, clock: FakeClock) -> list[TaskRow]:
    async with database.transaction() as session:
        await look_after_calls(session, clock.now())
    async with database.session() as session:
        return list(await session.scalars(select(TaskRow).order_by(TaskRow.id)))


async def call(database: Database, at: datetime, **values: object) -> None:
    async with database.transaction() as session:
        times = {"started_at": at - timedelta(minutes=1), "ended_at": at}
        await make_call(session, **{"caller_number": NUMBER, **times, **values})


@pytest.fixture
async def dealer_id(database: Database) -> int:
    async with database.transaction() as session:
        factory = await make_org(session)
        return (await make_org(session, parent=factory, tz="Asia/Yekaterinburg")).id


async def test_missed_call_is_the_first_tried_dealers_task(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    await call(database, clock.now(), org_id=dealer_id)
    (task,) = await look(database, clock)
    assert (task.kind, task.org_id, task.caller_number) == ("missed", dealer_id, NUMBER)
    assert task.due_at == clock.now() + timedelta(minutes=15)
    async with database.session() as session:
        told = await session.scalars(select(OutboxRow))
        assert [(row.topic, row.data) for row in told] == [("task:made", {"task_id": task.id})]


async def lost_in_transfer(database: Database, at: datetime, result: str, **values: object) -> None:
    """Somebody talked for a minute and handed the caller on, whom nobody took."""
    async with database.transaction() as session:
        times = {"started_at": at - timedelta(minutes=2), "ended_at": at, "answered_at": at}
        row = await make_call(
            session, **{"caller_number": NUMBER, "result": "answered", "talk_s": 60, **times, **values}
        )
        for ordinal, became in enumerate(("returned", result), start=1):
            handed = at - timedelta(seconds=30 // ordinal)
            session.add(
                TransferRow(call_row_id=row.id, ordinal=ordinal, at=handed, kind="blind", result=became)
            )


async def test_a_call_that_was_lost_in_a_transfer_is_a_task_until_somebody_talks(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    await call(database, clock.now(), org_id=dealer_id)
    await look(database, clock)
    await lost_in_transfer(database, clock.advance(60), "abandoned", org_id=dealer_id, call_id="lost")
    (was, task) = await look(database, clock)
    assert was.close_reason == "talked", "he was talked with before he was lost"
    assert (task.title, task.kind) == ("Звонок потерян при переводе: перезвонить", "missed")
    assert (task.call_id, task.org_id) == ("lost", dealer_id)
    await lost_in_transfer(database, clock.advance(60), "voicemail", org_id=dealer_id, call_id="message")
    *_, task = await look(database, clock)
    assert (task.kind, task.call_id, task.closed_at) == ("voicemail", "message", None)
    assert len(await look(database, clock)) == len(await look(database, clock))
    await call(
        database, clock.advance(60), direction="outbound", result="answered", talk_s=30, org_id=dealer_id
    )
    tasks = await look(database, clock)
    assert all(one.close_reason == "talked" for one in tasks)
    await lost_in_transfer(database, clock.advance(60), "returned", call_id="not-lost")
    for result, kind in (("voicemail", "voicemail"), ("abandoned", "missed")):
        await lost_in_transfer(database, clock.now(), result, caller_number="", call_id=f"hidden-{kind}")
        (*before, hidden) = await look(database, clock)
        assert (hidden.call_id, hidden.kind) == (f"hidden-{kind}", kind)
    assert len(before) == len(tasks) + 1


async def test_ten_calls_of_one_number_make_one_task(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    for _ in range(10):
        await call(database, clock.advance(60), org_id=dealer_id)
        await look(database, clock)
        (task,) = await look(database, clock)  # looking twice counts nothing twice
    assert task.data["calls"] == 10


async def test_calls_found_together_after_a_restart_are_one_task(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    for _ in range(3):
        await call(database, clock.advance(60))
    clock.advance(timedelta(hours=5))
    await look(database, clock)
    (task,) = await look(database, clock)
    assert task.data["calls"] == 3
    assert task.org_id is None  # nobody was tried: the head office


async def test_message_takes_the_task_of_the_missed_call_over(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    await call(database, clock.now(), org_id=dealer_id)
    await look(database, clock)
    await call(database, clock.advance(60), result="voicemail", call_id="with-message")
    (task,) = await look(database, clock)
    assert (task.kind, task.call_id, task.org_id) == ("voicemail", "with-message", dealer_id)


async def test_each_lost_call_of_a_hidden_number_is_a_task_that_no_talk_of_another_closes(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    for result in ("missed", "abandoned", "voicemail"):
        await call(database, clock.now(), caller_number="", result=result, org_id=dealer_id)
    await look(database, clock)
    await call(database, clock.advance(60), caller_number="", result="answered", talk_s=60)
    tasks = await look(database, clock)
    hidden = "Пропущенный звонок со скрытого номера"
    assert [task.title for task in tasks[:2]] == [hidden, hidden]
    assert [(task.kind, task.org_id, task.closed_at) for task in tasks] == [
        (kind, dealer_id, None) for kind in ("missed", "missed", "voicemail")
    ]


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
async def test_every_lost_call_has_an_owner_and_a_term_and_any_talk_closes_its_task(
    database: Database, clock: FakeClock, dealer_id: int, direction: str
) -> None:
    lost = (  # whose phones rang, how it ended, when
        ("+79120000001", dealer_id, "missed", clock.now()),
        ("+79120000002", None, "abandoned", clock.now()),
        ("+79120000003", None, "voicemail", clock.now().replace(hour=20, minute=30)),
    )
    for number, org_id, result, at in lost:
        await call(database, at, caller_number=number, org_id=org_id, result=result)
    clock.advance(24 * 3600)
    tasks = {task.caller_number: task for task in await look(database, clock)}
    assert [tasks[number].org_id for number, *_ in lost] == [dealer_id, None, None]
    assert [tasks[number].kind for number, *_ in lost] == ["missed", "missed", "voicemail"]
    assert all(at < tasks[number].due_at <= at + timedelta(days=1) for number, _, _, at in lost)
    shared = {"direction": direction, "result": "answered", "org_id": dealer_id}
    for number, *_ in lost:  # a proof of contact needs ten seconds
        await call(database, clock.advance(60), caller_number=number, talk_s=9, **shared)
    assert [task.closed_at for task in await look(database, clock)] == [None] * 3
    for number, *_ in lost:  # whoever talks
        await call(database, clock.advance(60), caller_number=number, talk_s=10, **shared)
    closed = await look(database, clock)
    assert [(one.close_reason, one.closed_at, one.closed_by) for one in closed] == [
        ("talked", clock.now(), None)
    ] * 3
    assert len(await look(database, clock)) == 3  # the old lost calls do not come back
    await call(database, clock.advance(60), caller_number=lost[0][0])
    assert [one.closed_at is None for one in await look(database, clock)] == [False] * 3 + [True]


async def test_missed_call_that_was_already_talked_over_leaves_nothing(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    await call(database, clock.now())
    await call(database, clock.advance(60), result="answered", talk_s=40)
    assert await look(database, clock) == []


async def test_task_closed_by_hand_does_not_come_back(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    await call(database, clock.now())
    await look(database, clock)
    async with database.transaction() as session:
        task = (await session.scalars(select(TaskRow))).one()
        task.closed_at, task.close_reason = clock.advance(60), "spam"
    assert len(await look(database, clock)) == 1


async def test_duty_talk_is_a_task_for_the_working_morning(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    clock.set(
        datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
    )  # Friday night before a long weekend: Monday 9th is off
    await call(database, clock.now(), result="duty_answered", talk_s=60, org_id=dealer_id)
    await look(database, clock)
    (task,) = await look(database, clock)
    assert (task.kind, task.org_id, task.title) == ("duty", None, "Ночной звонок: что решили?")
    assert task.due_at == datetime(2026, 3, 10, 7, 0, tzinfo=UTC)  # Tuesday 10:00 in Moscow


async def test_evening_call_is_due_next_morning_on_the_dealers_clock(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    clock.set(datetime(2026, 3, 16, 12, 55, tzinfo=UTC))  # 17:55 in Yekaterinburg
    await call(database, clock.now(), org_id=dealer_id)
    (task,) = await look(database, clock)
    assert task.due_at == datetime(2026, 3, 17, 4, 10, tzinfo=UTC)  # five minutes today, ten tomorrow


class Hours:
    """Knows the dealers' hours, not the head office's."""

    def after(
        self, org_id: int | None, outlet_id: int | None, at: datetime, lapse: timedelta
    ) -> datetime | None:
        return at + 2 * lapse if org_id else None


async def test_hours_of_the_place_come_before_office_time(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    await call(database, clock.now(), org_id=dealer_id)
    await call(database, clock.now(), caller_number="+79035557788")
    async with database.transaction() as session:
        await look_after_calls(session, clock.now(), Hours())
    lapses = {task.org_id: task.due_at - clock.now() for task in await look(database, clock)}
    assert lapses == {dealer_id: timedelta(minutes=30), None: timedelta(minutes=15)}


async def test_old_and_live_and_outgoing_calls_leave_nothing(
    database: Database, clock: FakeClock, dealer_id: int
) -> None:
    await call(database, clock.now() - timedelta(days=4))
    await call(database, clock.now(), ended_at=None, result="", state="ringing")
    await call(database, clock.now(), direction="outbound", result="no_answer")
    assert await look(database, clock) == []
