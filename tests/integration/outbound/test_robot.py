"""The robot over a whole life of orders: two workers, each key, no answer, who may not be called, what an order waits for."""

import asyncio
from datetime import timedelta

import pytest

from callcore.calls.attempts import AttemptReason, AttemptResult
from callcore.calls.tables import CelRow
from callcore.calls.task_tables import TaskRow
from callcore.customers.consents import ConsentKind, give_consent, revoke_consent
from callcore.customers.tables import ConsentRow
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.outbox import OutboxRow
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.outbound.do_not_call import add_number, barred_numbers, is_barred, lift_number
from callcore.outbound.robot.confirm_order import LINK, confirm_order, may_confirm
from callcore.outbound.robot.consent_register import call_consents
from callcore.outbound.robot.forget_robot import forget_robot
from callcore.outbound.tables import DoNotCallRow, RobotCallRow
from tests.integration.distribution.stage import ADMIN, NOW
from tests.integration.outbound.robot_stage import NUMBER, Stage

pytestmark = pytest.mark.integration


async def test_one_call_of_two_workers_and_key_1_confirms_and_starts_the_distribution(
    database: Database,
) -> None:
    stage = Stage(database)
    await stage.open()
    await stage.needs_confirmation()
    order_id = await stage.order()
    assert (await stage.order_row(order_id)).run == 0  # it waits for the customer's word
    workers = [stage.worker, *(stage.another_worker() for _ in range(3))]
    begun = await asyncio.gather(*(worker.step() for worker in workers))
    assert sum(begun) == 1 == len(stage.dialler.dialled)
    (attempt,) = await stage.attempts()
    assert attempt.data["variables"] == {"DL_X_SAY": "dealerline/robot/say-1", "DL_X_KEYS": "p1"}
    assert (attempt.number, attempt.kind, attempt.phone_keys) == (NUMBER, "robot", [])
    assert "две штуки На сумму три тысячи рублей" in stage.speaker.heard[0]
    await stage.ended("51")
    await asyncio.gather(*(worker.step() for worker in workers))
    row, order = await stage.row(order_id), await stage.order_row(order_id)
    assert (row.state, row.result, row.keys) == ("done", "confirmed", "5-1")
    assert (order.run, order.status) == (1, "available")
    assert "Тверская, 1" in row.data["said"]
    async with database.transaction() as session:
        await forget_robot(session, 1)
    assert "said" not in (await stage.row(order_id)).data
    told = [event.data for event in await stage.all(OrderEventRow, OrderEventRow.kind == "robot")]
    assert [one["field"] for one in told] == ["confirmed"]
    statuses = await stage.all(OrderEventRow, OrderEventRow.kind == "status")
    assert [event.data["to"] for event in statuses] == ["robot_confirmed"]
    assert await stage.step() == 0


async def test_no_worker_takes_a_line_more_than_is_set(database: Database) -> None:
    """Five customers wait, four workers call at once, and there are two lines; the third is called when one is free."""
    stage = Stage(database)
    await stage.open(max_at_once=2)
    for number in range(2, 6):
        await stage.customer(number, f"+7916000000{number}")
    for customer in range(1, 6):
        await stage.order(customer_id=customer)
    workers = [stage.worker, *(stage.another_worker() for _ in range(3))]
    begun = await asyncio.gather(*(worker.step() for worker in workers))
    assert (sum(begun), len(stage.dialler.dialled)) == (2, 2)
    stage.clock.advance(20)
    begun = await asyncio.gather(*(worker.step() for worker in workers))
    assert sum(begun) == 0
    await stage.ended("1")
    stage.clock.advance(20)
    begun = await asyncio.gather(*(worker.step() for worker in workers))
    assert (sum(begun), len(set(stage.dialler.dialled))) == (1, 3)


async def test_only_orders_of_the_chosen_doors_and_sources_are_called(database: Database) -> None:
    stage = Stage(database)
    await stage.open(sources=("google/cpc", "radio"))
    wanted = {
        await stage.order(source="google", medium="cpc"),
        await stage.order(source="radio", medium="offline"),
    }
    await stage.order(source="google", medium="organic")
    await stage.order(source="unknown")
    await stage.order(channel="operator", source="google", medium="cpc")
    await stage.worker.step()
    assert {row.order_id for row in await stage.all(RobotCallRow)} == wanted
    await stage.set(sources=())
    await stage.step()
    assert len(await stage.all(RobotCallRow)) == 4


@pytest.mark.parametrize(
    ("keys", "accepted", "result", "tasks"),
    [
        ("2", False, "changed", ["Клиент хочет изменить заказ: перезвонить"]),
        ("0", False, "person", ["Клиент просил менеджера, никто не ответил: перезвонить"]),
        ("0", True, "person", []),
        ("9", False, "stopped", []),
    ],
)
async def test_what_a_key_does(
    database: Database, keys: str, accepted: bool, result: str, tasks: list[str]
) -> None:
    stage = Stage(database)
    await stage.open()
    order_id = await stage.order()
    assert await stage.worker.step() == 1
    await stage.ended(keys, accepted=accepted)
    await stage.step()
    assert (await stage.row(order_id)).result == result
    found = await stage.all(TaskRow)
    assert [task.title.split(" №")[0] for task in found] == tasks
    barred = await stage.all(DoNotCallRow)
    assert [row.number for row in barred] == ([NUMBER] if keys == "9" else [])
    if keys == "9":
        consents = await stage.all(ConsentRow, ConsentRow.kind == "calls", ConsentRow.revoked_at.is_not(None))
        actions = {row.action for row in await stage.all(AuditRow)}
        assert len(consents) == 1
        assert {"do-not-call:added", "consent:revoked"} <= actions
        second = await stage.order()
        assert await stage.step() == 0
        assert (await stage.row(second)).result == "barred"


async def test_no_answer_and_no_key_are_tried_again_and_end_with_sms_and_a_task(database: Database) -> None:
    stage = Stage(database)
    await stage.open(retry_minutes=(15, 120))
    order_id = await stage.order()
    await stage.worker.step()
    await stage.ended("", AttemptResult.FAILED, AttemptReason.NOT_SENT)
    await stage.step()
    row = await stage.row(order_id)
    assert (row.state, row.attempts) == ("waiting", 0)  # what was never dialled is no try
    assert await stage.step(timedelta(minutes=3)) == 1
    await stage.ended("", AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER)
    assert await stage.step() == 0
    assert await stage.step(timedelta(minutes=14)) == 0
    assert await stage.step(timedelta(minutes=2)) == 1
    await stage.ended("5")  # answered, a wrong key, nothing else
    assert await stage.step(timedelta(minutes=1)) == 0
    assert await stage.step(timedelta(minutes=120)) == 1
    await stage.ended("")
    assert await stage.step() == 0
    row = await stage.row(order_id)
    assert (row.state, row.result, row.attempts, row.keys) == ("done", "no_key", 3, "/5/")
    assert len(row.data["tries"]) == 4
    (told,) = await stage.all(OutboxRow, OutboxRow.topic == "order:unconfirmed")
    assert told.data == {"order_id": order_id}
    (task,) = await stage.all(TaskRow)
    assert (task.caller_number, task.order_id) == (NUMBER, order_id)
    assert (await stage.order_row(order_id)).status != "robot_confirmed"
    async with database.transaction() as session:
        assert await may_confirm(session, order_id)
        assert await confirm_order(session, order_id, by=LINK, now=stage.now)
        assert not await confirm_order(session, order_id, by=LINK, now=stage.now)
        assert not await may_confirm(session, order_id)
    assert (await stage.row(order_id)).result == "confirmed"
    assert await stage.step(timedelta(days=1)) == 0


async def test_keys_that_the_link_lost_are_read_from_the_pbx_record(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    order_id = await stage.order()
    await stage.worker.step()
    await stage.ended("")
    await stage.step(timedelta(seconds=2))
    assert (await stage.row(order_id)).state == "calling"  # the record is awaited
    async with database.transaction() as session:
        plain = dict.fromkeys(
            (
                "channel",
                "context",
                "extension",
                "application",
                "application_data",
                "caller_number",
                "caller_name",
                "peer",
            ),
            "",
        )
        session.add(
            CelRow(
                event_type="DL-ROBOT",
                at=stage.now,
                uniqueid="u",
                linkedid="u",
                extra='{"extra":"1"}',
                call_id=stage.dialler.dialled[0],
                **plain,
            )
        )
    await stage.step(timedelta(seconds=1))
    assert (await stage.row(order_id)).result == "confirmed"


async def test_who_is_not_called(database: Database) -> None:
    """Refused consent, hours of the customer's zone, sounds that are not ready, another call of the order, a closed order."""
    stage = Stage(database)
    await stage.open(from_minute=13 * 60, until_minute=20 * 60)  # noon in Moscow: too early
    early = await stage.order()
    assert await stage.worker.step() == 0
    assert (await stage.row(early)).due_at == NOW + timedelta(hours=1)
    await stage.set(delay_minutes=0)
    stage.speaker.sound = None
    second = await stage.order()
    assert await stage.step() == 0
    assert (await stage.row(second)).state == "waiting"
    stage.speaker.sound = "dealerline/robot/say-2"
    assert await stage.step() == 1
    third = await stage.order()
    assert await stage.step() == 0  # the same number is talking
    assert (await stage.row(third)).state == "waiting"
    await stage.ended("1")
    await stage.step()
    async with database.transaction() as session:
        (await session.get_one(OrderRow, third)).status_class = "closed"
        await revoke_consent(session, 1, ConsentKind.CALLS, at=stage.now, source="phone")
    fourth = await stage.order()
    assert await stage.step(timedelta(minutes=5)) == 0
    results = [(await stage.row(one)).result for one in (third, fourth)]
    assert results == ["not_needed", "barred"]
    await stage.set(delay_minutes=0, needs_consent=True)
    await stage.customer(2, "+79160000002")
    unasked = await stage.order(customer_id=2)
    assert await stage.step() == 0
    assert (await stage.row(unasked)).result == "no_consent"
    async with database.transaction() as session:
        await give_consent(session, 2, ConsentKind.CALLS, at=stage.now, source="site", text_version="2026-01")
    agreed = await stage.order(customer_id=2)
    assert await stage.step() == 1
    assert (await stage.row(agreed)).state == "calling"
    async with database.session() as session:
        page = await call_consents(session, ADMIN)
        assert (page.given, page.refused) == (1, 1)
        found = await call_consents(session, ADMIN, query="0000002")
        assert [(one.number, one.text_version) for one in found.items] == [("+79160000002", "2026-01")]
    await stage.ended("1")
    await stage.set(is_on=False)
    assert await stage.step(timedelta(hours=1)) == 0
    assert len(stage.dialler.dialled) == 2


async def test_the_register_is_kept_by_people(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    async with database.transaction() as session:
        await add_number(session, ADMIN, "8 (916) 123-45-67", "просил по телефону", now=NOW)
    async with database.transaction() as session:
        assert await is_barred(session, NUMBER)
        page = await barred_numbers(session, ADMIN, query="1234")
        assert [one.number for one in page.items] == [NUMBER]
        assert page.items[0].author.startswith("Сотрудник")
        await lift_number(session, ADMIN, page.items[0].id, "передумал", now=NOW)
        assert not await is_barred(session, NUMBER)
        assert await is_barred(session, NUMBER, customer_id=1)  # the consent is the customer's own word
