"""Callbacks over their whole life: one open request, two workers, groups of phones, tries, talks, people, rights, limits."""

import asyncio
from datetime import timedelta

import pytest

from callcore.calls.after_call import look_after_calls
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import AttemptReason, AttemptResult
from callcore.calls.events import TaskChanged
from callcore.calls.settings import CallSettings, write_call_settings
from callcore.calls.task_model import CloseReason
from callcore.calls.task_tables import TaskRow
from callcore.customers.tables import ConsentRow
from callcore.intake.once import Press
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow, NotFound, TooMany
from callcore.network.model import Role
from callcore.orders.tables import OrderEventRow, OrderRow
from callcore.outbound.callbacks import ask_limits
from callcore.outbound.callbacks.callback_queries import (
    CallbackFilter,
    CallbackTab,
    callback_view,
    callbacks_of_customer,
    callbacks_page,
)
from callcore.outbound.callbacks.events import CallbackChanged
from callcore.outbound.callbacks.forget_callbacks import forget_callbacks
from callcore.outbound.callbacks.model import CallbackAsk, CallbackSource
from callcore.outbound.callbacks.sites import CallbackSite
from callcore.outbound.tables import CallbackRow, DoNotCallRow
from tests.integration.distribution.stage import ADMIN, viewer
from tests.integration.outbound.callback_stage import DEALER, DEALER_SITE, DID, NUMBER, SITE, Stage

pytestmark = pytest.mark.integration


async def test_a_request_is_on_an_order_a_task_and_called_by_one_of_four_workers(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    asked = await stage.ask(name="Пётр", medium="cpc", campaign="весна", page="https://okna.ru/a")
    again = await stage.ask("8 (916) 123-45-67", note="после обеда")
    assert (asked.id, asked.is_new, again.is_new) == (again.id, True, False)
    assert asked.due_at == stage.now + timedelta(seconds=30)
    (row,) = await stage.all(CallbackRow)
    assert (row.open_key, row.note) == (f"{SITE}:{NUMBER}", "после обеда")
    (order,) = await stage.all(OrderRow)
    assert (order.kind, order.channel, order.medium, order.campaign) == (
        "request",
        "callback",
        "cpc",
        "весна",
    )
    (task,) = await stage.all(TaskRow)
    assert (task.kind, task.caller_number, task.order_id, task.id) == (
        "callback",
        NUMBER,
        order.id,
        row.task_id,
    )
    assert len(await stage.all(ConsentRow)) == 1
    assert await stage.step(5) == 0
    stage.clock.advance(26)
    workers = [stage.worker, *(stage.another_worker() for _ in range(3))]
    assert sum(await asyncio.gather(*(worker.step() for worker in workers))) == 1
    (attempt,) = await stage.all(AttemptRow)
    assert (attempt.number, attempt.cli, attempt.phone_keys) == (NUMBER, DID, ["p1"])
    assert (attempt.kind, attempt.owner_id, attempt.whisper) == ("callback", row.id, "dealerline/callback-ru")
    assert (await stage.ask()).id == row.id  # a click while it is called changes nothing
    assert (await stage.row()).state == "calling"
    await stage.ended()
    assert await stage.step(2) == 0
    row = await stage.row()
    assert (row.state, row.reason, row.open_key) == ("done", "talked", None)
    told = [event.data["field"] for event in await stage.all(OrderEventRow, OrderEventRow.kind == "callback")]
    assert told == ["asked", "done"]
    assert {event.callback_id for event in stage.told if isinstance(event, CallbackChanged)} == {row.id}
    assert (await stage.ask()).id != row.id  # closed: the next click is another request
    assert len(await stage.all(OrderRow)) == 1  # on the order that he has open


async def test_groups_of_phones_tries_delays_and_what_a_person_does_then(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    await stage.ask()
    stage.talking = {"p1": 1}
    assert await stage.step() == 0  # the phone talks: his turn stays
    stage.talking = {}
    assert await stage.step(6) == 1
    await stage.ended(AttemptResult.OURS_NO_ANSWER, AttemptReason.PHONE_NO_ANSWER)
    assert await stage.step(1) == 0
    assert await stage.step(6) == 1  # nobody took it: the next group, and it cost the customer nothing
    assert await stage.keys() == [["p1"], ["p2", "p3"]]
    for wait in (2, 10):
        await stage.ended(AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER)
        assert await stage.step(1) == 0
        assert await stage.step(wait * 60 - 10) == 0
        assert await stage.step(20) == 1
    await stage.ended(AttemptResult.BUSY, AttemptReason.CUSTOMER_BUSY)
    assert await stage.step(1) == 0
    assert await stage.step(3600) == 0
    row = await stage.row()
    assert (row.state, row.reason, row.attempts) == ("unreached", "no_answer", 4)
    assert row.open_key is not None
    (task,) = await stage.all(TaskRow)  # a person decides, and now
    assert (task.kind, task.closed_at, task.due_at <= stage.now) == ("callback", None, True)
    await stage.work.take(ADMIN, row.id, seen_owner="operators")
    with pytest.raises(Conflict):  # a page on which it is nobody's
        await stage.work.take(ADMIN, row.id, seen_owner="operators")
    for _ in range(2):  # two tabs, one after another, before anybody calls
        await stage.work.call_now(ADMIN, row.id, seen_tries=4)
    assert await stage.step(1) == 1
    assert (await stage.keys())[-1] == ["p1"]
    with pytest.raises(Conflict):
        await stage.work.close(ADMIN, row.id, CloseReason.SPAM)  # it is being called
    await stage.ended(AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER)
    await stage.step(1)
    with pytest.raises(Conflict):  # the third tab does not know of the call that was made
        await stage.work.call_now(ADMIN, row.id, seen_tries=4)
    assert await stage.step(3) == 0
    await stage.work.postpone(ADMIN, row.id, stage.now + timedelta(hours=2))
    await stage.work.close(ADMIN, row.id, CloseReason.NO_ANSWER, "Завтра сам наберёт")
    row = await stage.row()
    assert (row.state, row.reason, row.closed_by, row.open_key) == ("closed", "no_answer", 1, None)
    (task,) = await stage.all(TaskRow)
    assert (task.close_reason, task.closed_by, task.user_id) == ("no_answer", 1, 1)
    actions = [one.action for one in await stage.all(AuditRow) if one.entity == "callback"]
    told = ["taken", "called", "called", "postponed", "closed"]
    assert actions == [f"callback:{word}" for word in told]
    assert any(isinstance(event, TaskChanged) for event in stage.told)


async def test_any_talk_a_closed_task_and_age_close_it(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    numbers = ["+79160000001", "+79160000002", "+79160000003", "+79160000004"]
    for number in numbers:
        await stage.ask(number, source=CallbackSource.API, at=stage.now + timedelta(hours=3))
    await stage.talk(numbers[0])
    await stage.talk(numbers[1], direction="outbound")
    await stage.talk(numbers[2], seconds=3)  # proves nothing
    async with database.transaction() as session:
        task = (await stage.all(TaskRow, TaskRow.caller_number == numbers[3]))[0]
        task = await session.merge(task)
        task.closed_at, task.close_reason, task.closed_by = stage.now, "spam", 1
    await stage.step(1)
    found = {row.number: (row.state, row.reason) for row in await stage.all(CallbackRow)}
    assert found == {
        numbers[0]: ("done", "talked"),
        numbers[1]: ("done", "talked"),
        numbers[2]: ("waiting", ""),
        numbers[3]: ("closed", "spam"),
    }
    async with database.transaction() as session:
        _ = await look_after_calls(session, stage.now)
    tasks = {task.caller_number: task.close_reason for task in await stage.all(TaskRow)}
    assert [tasks[number] for number in numbers] == ["talked", "talked", "", "spam"]
    stage.out = {"p1", "p2", "p3", "p9"}
    await stage.step(97 * 3600)
    assert (await stage.row(numbers[2])).state == "expired"
    assert stage.dialler.dialled == []


async def test_night_short_talks_barred_numbers_and_a_lost_worker(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    stage.clock.advance(10 * 3600)  # 22:00 in Moscow
    asked = await stage.ask()
    assert asked.due_at.hour == 6  # 09:00 there
    assert await stage.step(3600) == 0
    with pytest.raises(NotAllowedNow):
        await stage.work.call_now(ADMIN, asked.id, seen_tries=0)
    assert await stage.step(10 * 3600) == 1
    await stage.step(300)  # the lease has run out, the call has not: it is held on
    assert (await stage.row()).state == "calling"
    assert await stage.step(300) == 0
    await stage.ended(talk_s=3)
    await stage.step(1)
    assert ((await stage.row()).state, (await stage.row()).reason) == ("unreached", "short")
    barred = "+79160000009"
    async with database.transaction() as session:
        session.add(DoNotCallRow(number=barred, source="person", at=stage.now))
    await stage.ask(barred)
    assert await stage.step() == 0
    assert ((await stage.row(barred)).state, (await stage.row(barred)).reason) == ("unreached", "barred")
    await stage.work.take(ADMIN, (await stage.row(barred)).id, seen_owner="operators")
    await stage.work.call_now(ADMIN, (await stage.row(barred)).id, seen_tries=0)
    assert await stage.step(1) == 1  # a named person calls: no machine


async def test_dealers_see_their_own_with_hidden_numbers_and_are_rung_first(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    own = await stage.ask(key=DEALER_SITE, name="Пётр 8 916 123-45-67", note=f"звоните {NUMBER}")
    other = await stage.ask("+79167654321")
    assert await stage.step() == 2
    assert (await stage.keys())[0] == ["p9"]
    dealer = viewer(DEALER)
    async with database.session() as session:
        page = await callbacks_page(session, dealer, CallbackFilter(tab=CallbackTab.CALLING))
        whole = await callbacks_page(session, ADMIN, CallbackFilter(tab=CallbackTab.CALLING))
        with pytest.raises(NotFound):
            await callback_view(session, dealer, other.id)
        with pytest.raises(NotFound):
            await callbacks_page(session, viewer(DEALER, Role.SEO), CallbackFilter())
    (seen,) = page.items
    assert seen.id == own.id
    assert "1234567" not in repr(seen).replace("-", "").replace(" ", "")
    assert NUMBER in repr(whole)
    assert len(whole.items) == 2
    assert page.counts[CallbackTab.CALLING] == 1
    with pytest.raises(NotFound):
        await stage.work.take(dealer, other.id, seen_owner="operators")
    async with database.transaction() as session:
        priced = CallSettings(mobile_kopecks=170)
        await write_call_settings(session, priced, shown=0, at=stage.now, user_id=1)
    await stage.ended(talk_s=61)  # a begun minute is a minute
    await stage.step(1)
    async with database.session() as session:
        done = await callbacks_page(session, ADMIN, CallbackFilter(tab=CallbackTab.CLOSED))
    assert [(one.talk_s, one.cost_kopecks, len(one.tries)) for one in done.items] == [(61, 340, 1)]


async def test_a_request_is_told_to_another_with_a_reason_and_rings_there_first(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    asked = await stage.ask()
    dealer, why = viewer(DEALER), "Ближе к клиенту"
    for to, reason, seen, field in (
        ("", why, "operators", "to"),
        ("user:99", why, "operators", "to"),
        ("operators", why, "operators", "to"),
        (f"org:{DEALER}", "  -  ", "operators", "reason"),
    ):
        with pytest.raises(Invalid) as refused:
            await stage.work.assign(ADMIN, asked.id, to, reason, seen_owner=seen)
        assert list(refused.value.details["fields"]) == [field]
    with pytest.raises(NotFound):
        await stage.work.assign(dealer, asked.id, f"user:{DEALER}", why, seen_owner="operators")
    await stage.work.assign(ADMIN, asked.id, f"org:{DEALER}", why, seen_owner="operators")
    with pytest.raises(Conflict):  # another page did not see it
        await stage.work.assign(ADMIN, asked.id, f"user:{DEALER}", why, seen_owner="operators")
    with pytest.raises(Invalid):  # not of his tree
        await stage.work.assign(dealer, asked.id, "user:1", why, seen_owner=f"org:{DEALER}")
    await stage.work.assign(dealer, asked.id, f"user:{DEALER}", "Я на месте", seen_owner=f"org:{DEALER}")
    (task,) = await stage.all(TaskRow)
    assert (task.org_id, task.user_id) == (DEALER, DEALER)
    assert await stage.step() == 1
    assert (await stage.keys())[-1] == ["p9"]
    with pytest.raises(Conflict):  # he is being called
        await stage.work.assign(ADMIN, asked.id, "operators", why, seen_owner=f"user:{DEALER}")
    await stage.ended(AttemptResult.OURS_NO_ANSWER, AttemptReason.PHONE_NO_ANSWER)
    await stage.step(1)
    await stage.work.assign(dealer, asked.id, "operators", "Не мой регион", seen_owner=f"user:{DEALER}")
    with pytest.raises(NotFound):  # it has left him
        await stage.work.take(dealer, asked.id, seen_owner="operators")
    stage.steps = [("p9",)]  # whom the number itself would ring
    await stage.work.call_now(viewer(2, Role.SUPERVISOR), asked.id, seen_tries=1)
    assert await stage.step(1) == 1
    assert (await stage.keys())[-1] == ["p1"]
    told = [one.data for one in await stage.all(AuditRow) if one.action == "callback:assigned"]
    assert [(one["from"], one["to"]) for one in told] == [
        ("operators", f"org:{DEALER}"),
        (f"org:{DEALER}", f"user:{DEALER}"),
        (f"user:{DEALER}", "operators"),
    ]
    assert told[2]["reason"] == "Не мой регион"
    lines = [event.data for event in await stage.all(OrderEventRow, OrderEventRow.kind == "callback")]
    assert [line["text"] for line in lines if line["field"] == "assigned"][-1] == "Операторы: Не мой регион"


async def test_limits_bad_numbers_bad_times_and_a_press_that_is_sent_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(database)
    await stage.open()
    for number, code in (
        ("+380501234567", "number-foreign"),
        ("+77011234567", "number-foreign"),
        ("+78091234567", "number-paid"),
        ("112", "number-short"),
        ("", "number-empty"),
        (DID, "number-ours"),
    ):
        with pytest.raises(Invalid) as refused:
            await stage.ask(number)
        assert refused.value.details["fields"] == {"number": code}
    for at, code in (
        (stage.now - timedelta(hours=2), "time-past"),
        (stage.now + timedelta(days=8), "time-far"),
        (stage.now + timedelta(hours=11), "time-night"),
    ):
        with pytest.raises(Invalid) as refused:
            await stage.ask(at=at)
        assert refused.value.details["fields"] == {"at": code}
    assert await stage.all(CallbackRow) == []
    press = Press.of("callback", "salt", b"same")
    first = await stage.ask(ip="a", press=press)
    assert (await stage.ask(ip="a", press=press)).public_id == first.public_id
    with pytest.raises(Invalid):
        await stage.ask("+79160000000", ip="a", press=Press.of("callback", "salt", b"other"))
    for place in range(4):
        await stage.ask(f"+7916000001{place}", ip="a")
    with pytest.raises(TooMany) as often:
        await stage.ask("+79160000020", ip="a")
    assert often.value.code == "callback-address"
    await stage.ask(ip="a")  # a refreshed one is no new one
    for place in range(2):
        await stage.ask(f"+7916000003{place}", ip="b", source=CallbackSource.PAGE)
    with pytest.raises(TooMany):
        await stage.ask("+79160000040", ip="b", source=CallbackSource.PAGE)
    for _ in range(2):
        await stage.work.close(ADMIN, (await stage.row()).id, CloseReason.OTHER)
        await stage.ask(ip="c")
    await stage.work.close(ADMIN, (await stage.row()).id, CloseReason.OTHER)
    with pytest.raises(TooMany) as often:
        await stage.ask(ip="d")
    assert often.value.code == "callback-number"
    asked = len(await stage.all(CallbackRow))
    monkeypatch.setattr(ask_limits, "PER_SITE", asked + 1)
    await stage.ask("+79160000050", ip="e")
    with pytest.raises(TooMany) as often:
        await stage.ask("+79160000051", ip="f")
    assert often.value.code == "callback-site"
    monkeypatch.setattr(ask_limits, "RINGS_PER_NUMBER", 0)
    with pytest.raises(TooMany) as often:
        await stage.ask("+79160000050", ip="e")
    assert often.value.code == "callback-number"


async def test_ten_clicks_at_once_make_one_request(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    asked = await asyncio.gather(*(stage.ask() for _ in range(10)))
    assert len({one.id for one in asked}) == 1
    assert sum(one.is_new for one in asked) == 1
    assert len(await stage.all(OrderRow)) == len(await stage.all(TaskRow)) == 1


async def test_a_place_in_the_queue_is_held_only_while_who_has_it_may_be_called(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    stage.talking = {"p1": 1}
    first, second, place = "+79160000001", "+79160000002", "queue"
    for number, ticket in ((first, 4), (second, 5)):
        told = CallbackAsk(source=CallbackSource.QUEUE, site=place, number=number, page=f"{DID} {ticket}")
        await stage.asking.ask(told, CallbackSite(key=place, title="", source="phone"))
    await stage.ask("+79160000003")  # of a site: he holds no place
    assert await stage.step(1) == 0
    assert stage.held == [4, 5]  # the phone talks: their turn comes
    stage.talking, stage.held = {}, []
    await stage.work.postpone(ADMIN, (await stage.row(second)).id, stage.now + timedelta(hours=1))
    assert (
        await stage.step(1.5) == 1
    )  # at once when the phone is free; who asked on the site follows in his time
    assert (await stage.row(first)).state == "calling"
    assert stage.held == []  # one is called, the other not now: nobody waits for them


async def test_on_the_card_of_a_customer_until_he_is_forgotten(database: Database) -> None:
    stage = Stage(database)
    await stage.open()
    asked = await stage.ask(key=DEALER_SITE, name="Пётр", note="у входа", ip="a", page="https://okna.ru/?p=1")
    await stage.ask("+79160000001")
    (row,) = await stage.all(CallbackRow, CallbackRow.id == asked.id)
    async with database.transaction() as session:
        for person, count in ((ADMIN, 1), (viewer(DEALER), 1), (viewer(2), 0)):
            assert len(await callbacks_of_customer(session, person, row.customer_id)) == count
        await forget_callbacks(session, row.customer_id)
    forgotten = await stage.row("")
    assert (forgotten.id, forgotten.state, forgotten.open_key) == (asked.id, "closed", None)
    left = repr([getattr(forgotten, name) for name in ("name", "note", "page", "ip_hash")])
    assert left == repr([""] * 4)
    assert await stage.step() == 1  # the other one only
    assert [one.number for one in await stage.all(AttemptRow)] == ["+79160000001"]
