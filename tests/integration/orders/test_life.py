"""The way of an order from its acceptance to its end, and back: stages, proof, points, promo codes, lines, alarms."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from callcore.kernel.audit import AuditRow
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.kernel.outbox import OutboxRow
from callcore.network.model import Role
from callcore.network.policy_tables import PointsEntryRow
from callcore.network.tables import OrgRow
from callcore.orders.change_manager import change_manager as lead_order
from callcore.orders.change_status import change_status, postpone
from callcore.orders.close_order import Closing, close_order
from callcore.orders.comment_order import comment_order
from callcore.orders.contact import is_proof_due, prove_contacts, vouch_for_contact
from callcore.orders.delete_order import delete_order
from callcore.orders.desk_tables import PromoCodeRow
from callcore.orders.edit_lines import draft_of, edit_lines
from callcore.orders.edit_order import (
    Place,
    change_deadline,
    change_manager,
    change_place,
    managers_for,
    set_reward,
)
from callcore.orders.line_changes import LineDraft
from callcore.orders.model import OrderResult, ReasonKind
from callcore.orders.promo import apply_promo, remove_promo
from callcore.orders.reasons import ensure_reasons, load_reasons
from callcore.orders.reopen_order import reopen_order
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow
from callcore.orders.watch_orders import raise_alarms
from tests.factories.sales import make_call, make_customer, make_order
from tests.integration.orders import stage
from tests.integration.orders.stage import ADMIN, DEALER, NOW, RIVAL, SUBDEALER

pytestmark = pytest.mark.integration
DONE = Closing(result=OrderResult.DONE, earned_kopecks=891_000)
MARKETER = stage.viewer(1, Role.MARKETER)


@pytest.fixture(autouse=True)
async def _network(database):
    await stage.fill(database)
    async with database.transaction() as session:
        await ensure_reasons(session)
        await ensure_reasons(session)


async def taken(database, number, **more):
    """An order of dealer 2, accepted an hour ago; 40 boards of 222,75."""
    values = {
        "number": number,
        "status": "accepted",
        "status_class": "waiting",
        "org_id": 2,
        "accepted_at": NOW - timedelta(hours=1),
        "due_at": NOW + timedelta(days=3),
        "total_kopecks": 891_000,
    }
    async with database.transaction() as session:
        order = await make_order(session, await make_customer(session), **values | more)
        session.add(
            OrderLineRow(
                order_id=order.id,
                position=1,
                article="A-1",
                name="Доска",
                quantity_m=40_000,
                price=Decimal("222.75"),
                total_kopecks=891_000,
            )
        )
        return order.id


async def do(database, use_case, *arguments, **more):
    async with database.transaction() as session:
        return await use_case(session, *arguments, **{"now": NOW, **more})


async def row(database, number):
    async with database.session() as session:
        return (await session.scalars(select(OrderRow).where(OrderRow.number == number))).one()


async def points(database, org_id=2):
    async with database.session() as session:
        total = await session.scalar(
            select(func.sum(PointsEntryRow.points)).where(PointsEntryRow.org_id == org_id)
        )
        assert (total or 0) == (await session.get(OrgRow, org_id)).points
        return total or 0


async def topics(database):
    async with database.session() as session:
        return list(await session.scalars(select(OutboxRow.topic).order_by(OutboxRow.id)))


async def failed_for(database, fault):
    async with database.session() as session:
        found = await load_reasons(session, ReasonKind.FAILED)
    return Closing(result=OrderResult.FAILED, reason_id=next(one.id for one in found if one.fault == fault))


async def lines_of(database, order_id):
    async with database.session() as session:
        found = select(OrderLineRow).where(OrderLineRow.order_id == order_id).order_by(OrderLineRow.position)
        return [draft_of(line) for line in await session.scalars(found)]


async def test_nothing_is_processed_paid_or_fulfilled_without_a_proven_talk(database):
    order_id = await taken(database, 1)
    for code in ("processed", "payment", "clarifying"):
        with pytest.raises(NotAllowedNow, match="no-contact"):
            await do(database, change_status, DEALER, 1, code, seen="accepted")
    with pytest.raises(NotAllowedNow, match="no-contact"):
        await do(database, close_order, DEALER, 1, DONE)
    with pytest.raises(NotAllowedNow, match="status-not-next"):
        await do(database, change_status, ADMIN, 1, "available", seen="accepted")
    with pytest.raises(Forbidden):
        await do(database, vouch_for_contact, DEALER, 1, "звонил с мобильного")
    async with database.transaction() as session:
        base = {"order_id": order_id, "started_at": NOW - timedelta(minutes=5), "answered_at": NOW}
        for org_id, talk_s in ((2, 9), (4, 60), (1, 60)):  # too short; somebody else's; the head office
            await make_call(session, org_id=org_id, talk_s=talk_s, **base)
    assert await do(database, prove_contacts) == 0
    async with database.transaction() as session:
        await make_call(session, org_id=3, user_id=3, talk_s=10, **base)  # of a subdealer
    assert await database.read(lambda connection: is_proof_due(connection, NOW))
    assert [await do(database, prove_contacts) for _ in range(2)] == [1, 0]
    assert not await database.read(lambda connection: is_proof_due(connection, NOW))
    async with database.transaction() as session:  # given back, and taken again by the same
        (await session.get(OrderRow, order_id)).contacted_at = None
    assert [await do(database, prove_contacts) for _ in range(2)] == [1, 0]
    await do(database, change_status, DEALER, 1, "processed", seen="accepted")
    with pytest.raises(Conflict, match="status-changed"):
        await do(database, change_status, ADMIN, 1, "payment", seen="accepted")
    order = await row(database, 1)
    assert (order.status, order.status_class, order.contacted_at) == ("processed", "contacted", NOW)
    assert "order:status" in await topics(database)


async def test_a_manager_of_the_factory_vouches_once_with_a_reason(database):
    await taken(database, 1)
    with pytest.raises(Invalid):
        await do(database, vouch_for_contact, ADMIN, 1, " ")
    await do(database, vouch_for_contact, ADMIN, 1, "Клиент приехал в офис")
    with pytest.raises(NotAllowedNow, match="contact-known"):
        await do(database, vouch_for_contact, ADMIN, 1, "Клиент приехал в офис")
    async with database.session() as session:
        audited = select(AuditRow).where(AuditRow.action == "order:contact-vouched")
        assert (await session.scalars(audited)).one().data["reason"] == "Клиент приехал в офис"


async def test_points_come_once_and_go_back_on_reopening(database):
    await taken(database, 1, contacted_at=NOW)
    await taken(database, 2)
    await do(database, close_order, DEALER, 1, DONE)
    await do(database, close_order, ADMIN, 2, await failed_for(database, "dealer"))
    assert await points(database) == 50
    with pytest.raises(NotAllowedNow, match="order-closed"):
        await do(database, close_order, DEALER, 1, DONE)
    with pytest.raises(Forbidden):
        await do(database, reopen_order, DEALER, 2, "ошиблись")
    await do(database, reopen_order, ADMIN, 2, "Клиент вернулся")
    assert await points(database) == 100
    order = await row(database, 2)
    assert (order.cycle, order.result, order.status, order.contacted_at) == (2, "running", "accepted", None)
    with pytest.raises(NotAllowedNow, match="no-contact"):
        await do(database, close_order, DEALER, 2, DONE)
    await do(database, vouch_for_contact, ADMIN, 2, "Клиент приехал в офис")
    await do(database, set_reward, ADMIN, 2, 300)
    await do(database, close_order, DEALER, 2, DONE)
    assert await points(database) == 400
    assert (await topics(database)).count("order:closed") == 3


async def test_an_old_talk_proves_nothing_for_a_new_cycle(database):
    order_id = await taken(database, 1)
    async with database.transaction() as session:
        await make_call(
            session,
            order_id=order_id,
            org_id=2,
            talk_s=60,
            started_at=NOW - timedelta(hours=1),
            answered_at=NOW,
        )
    assert await do(database, prove_contacts) == 1
    await do(database, close_order, DEALER, 1, DONE)
    await do(database, reopen_order, ADMIN, 1, "Клиент вернулся")
    assert await do(database, prove_contacts, now=NOW + timedelta(minutes=1)) == 0


async def test_failing_needs_a_reason_and_costs_only_for_the_dealers_fault(database):
    await taken(database, 1)
    for reason_id in (None, 10**9):
        closing = Closing(result=OrderResult.FAILED, reason_id=reason_id)
        with pytest.raises(Invalid) as refused:
            await do(database, close_order, DEALER, 1, closing)
        assert "reason" in refused.value.details["fields"]
    await do(database, close_order, DEALER, 1, await failed_for(database, "customer"))
    assert await points(database) == 0
    order = await row(database, 1)
    assert (order.result, order.earned_kopecks, order.attention_at) == ("failed", 0, None)
    await taken(database, 2, org_id=None, status="available", status_class="open")
    await do(database, close_order, ADMIN, 2, await failed_for(database, "dealer"))
    assert await points(database) == 0  # nobody had taken it


async def test_two_who_close_at_once_end_it_once(database):
    await taken(database, 1, contacted_at=NOW)
    failing = await failed_for(database, "dealer")
    ends = await asyncio.gather(
        *(do(database, close_order, DEALER, 1, one) for one in (DONE, failing) * 4), return_exceptions=True
    )
    assert sum(end is None for end in ends) == 1
    assert await points(database) == (100 if (await row(database, 1)).result == "done" else -50)


async def test_lines_are_exact_and_two_editors_do_not_overwrite_each_other(database):
    order_id = await taken(database, 1)
    (line,) = await lines_of(database, order_id)
    shown = (await row(database, 1)).version
    more = [
        LineDraft(
            **{name: getattr(line, name) for name in ("id", "name", "price", "article")}, quantity_m=2_000
        ),
        LineDraft(name="Доставка", quantity_m=1_000, price=Decimal(1500), kind="service", service="delivery"),
    ]
    assert await do(database, edit_lines, DEALER, 1, more, shown=shown)
    assert (await row(database, 1)).total_kopecks == 44_550 + 150_000
    with pytest.raises(Conflict, match="lines-changed"):
        await do(database, edit_lines, ADMIN, 1, [line], shown=shown)
    now_shown = (await row(database, 1)).version
    await do(database, change_status, DEALER, 1, "accepted", seen="accepted")
    assert await do(database, edit_lines, ADMIN, 1, [line], shown=now_shown)  # another change is no conflict
    assert (await row(database, 1)).total_kopecks == 891_000
    async with database.session() as session:
        events = select(OrderEventRow.data).where(OrderEventRow.kind == "changed").order_by(OrderEventRow.seq)
        first = (await session.scalars(events)).first()
    assert first["lines"][0]["before"] == {"quantity_m": 40_000}
    assert first["lines"][1]["what"] == "added"


@pytest.mark.parametrize("quantity_m", [0, -1000, 10**15, None])
async def test_a_quantity_that_cannot_be_is_refused_by_its_field(database, quantity_m):
    await taken(database, 1)
    draft = LineDraft(name="Доска", quantity_m=quantity_m, price=Decimal(1))
    with pytest.raises(Invalid) as refused:
        await do(database, edit_lines, DEALER, 1, [draft], shown=9)
    assert list(refused.value.details["fields"]) == ["lines.0.quantity"]


async def test_a_code_counts_its_uses_and_says_why_it_is_refused(database):
    for number in (1, 2, 3):
        await taken(database, number)
    await taken(database, 4, org_id=4)
    async with database.transaction() as session:
        usual = {"kind": "percent", "value": 1000, "is_active": True}
        session.add_all(
            [
                PromoCodeRow(code="ОСЕНЬ", use_limit=1, **usual),
                PromoCodeRow(code="СВОИ", org_id=2, **usual),
                PromoCodeRow(code="БЫЛО", valid_until=NOW, **usual),
                PromoCodeRow(code="КРУПНЫМ", min_kopecks=10**8, **usual),
            ]
        )
    assert [await do(database, apply_promo, DEALER, 1, code) for code in ("осень", " Осень ")] == [
        True,
        False,
    ]
    assert (await row(database, 1)).total_kopecks == 801_900
    for number, code, why in (
        (2, "ОСЕНЬ", "promo-spent"),
        (2, "НЕТ", "promo-unknown"),
        (2, "БЫЛО", "promo-over"),
        (2, "КРУПНЫМ", "promo-small"),
        (4, "СВОИ", "promo-foreign"),
        (1, "СВОИ", "promo-other"),
    ):
        with pytest.raises(Invalid, match=why):
            await do(database, apply_promo, ADMIN, number, code)
    assert await do(database, remove_promo, DEALER, 1)
    races = await asyncio.gather(
        *(do(database, apply_promo, DEALER, number, "ОСЕНЬ") for number in (1, 2, 3)), return_exceptions=True
    )
    assert sum(one is True for one in races) == 1


async def test_foreign_orders_are_not_there_and_marketers_only_read(database):
    await taken(database, 1)
    tries = (
        (change_status, ("payment",), {"seen": "accepted"}),
        (close_order, (DONE,), {}),
        (edit_lines, ([],), {"shown": 1}),
        (apply_promo, ("X",), {}),
        (change_place, (Place("Москва", "Лесная, 1"),), {"shown": 1}),
        (postpone, (date(2026, 11, 5), "просил клиент"), {}),
        (comment_order, ("Слово",), {}),
        (lead_order, (1,), {}),
    )
    for use_case, arguments, more in tries:
        with pytest.raises(NotFound):
            await do(database, use_case, RIVAL, 1, *arguments, **more)
        with pytest.raises(Forbidden):
            await do(database, use_case, MARKETER, 1, *arguments, **more)


async def test_deadline_place_and_manager_leave_their_traces(database):
    await taken(database, 1, org_id=3)
    shown = (await row(database, 1)).version
    with pytest.raises(Invalid):
        await do(database, change_deadline, ADMIN, 1, date(2026, 11, 1), shown=shown)
    with pytest.raises(Forbidden):
        await do(database, change_deadline, DEALER, 1, date(2026, 11, 9), shown=shown)
    assert await do(database, change_deadline, ADMIN, 1, date(2026, 11, 9), shown=shown)
    with pytest.raises(Conflict) as stale:
        await do(database, change_deadline, ADMIN, 1, date(2026, 11, 10), shown=shown)
    assert stale.value.details["who"] == "Человек 1"
    with pytest.raises(Invalid):
        await do(database, change_place, DEALER, 1, Place("Москва", "x", 55.0, None), shown=shown)
    assert await do(
        database, change_place, SUBDEALER, 1, Place("Москва", "Лесная, 1", 55.7, 37.6), shown=shown
    )
    with pytest.raises(Invalid):
        await do(database, change_manager, DEALER, 1, 4, shown=shown)
    assert await do(database, change_manager, DEALER, 1, 3, shown=shown)
    async with database.session() as session:
        assert [one.id for one in await managers_for(session, 3)] == [3]
    order = await row(database, 1)
    assert (order.lat, order.manager_id, order.due_at) == (55.7, 3, order.attention_at) or order.attention_at
    assert (await topics(database)).count("order:changed") == 3


async def test_putting_off_is_no_debt_and_moves_the_deadline(database):
    await taken(database, 1)
    await do(database, postpone, DEALER, 1, date(2026, 11, 20), "Клиент в отъезде")
    order = await row(database, 1)
    assert order.status == "postponed"
    assert order.due_at == order.attention_at
    with pytest.raises(Invalid):
        await do(database, postpone, DEALER, 1, date(2026, 11, 1), "Клиент в отъезде")


async def test_each_cause_of_trouble_is_told_once(database):
    await taken(database, 1, due_at=NOW - timedelta(minutes=5), attention_at=NOW - timedelta(minutes=5))
    await taken(
        database,
        2,
        due_at=NOW - timedelta(minutes=5),
        accepted_at=NOW - timedelta(hours=3),
        attention_at=NOW - timedelta(hours=1),
    )
    await taken(database, 3, attention_at=NOW + timedelta(hours=1))
    since = NOW - timedelta(days=1)
    assert [await do(database, raise_alarms, since=since) for _ in range(2)] == [3, 0]
    async with database.session() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.topic == "order:attention"))
        causes = sorted((row.data["order_id"], row.data["cause"]) for row in rows)
    assert [cause for _, cause in causes] == ["overdue", "no-contact", "overdue"]


async def test_deleting_is_the_administrators_and_leaves_the_audit(database):
    await taken(database, 1)
    with pytest.raises(Forbidden):
        await do(database, delete_order, DEALER, 1, "лишний заказ")
    await do(database, delete_order, ADMIN, 1, "Проверочный заказ")
    with pytest.raises(NotFound):
        await do(database, change_status, ADMIN, 1, "payment", seen="accepted")
    async with database.session() as session:
        deleted = (await session.scalars(select(AuditRow).where(AuditRow.action == "order:deleted"))).one()
    assert (deleted.data["number"], deleted.data["reason"]) == (1, "Проверочный заказ")
