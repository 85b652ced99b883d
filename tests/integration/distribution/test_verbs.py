"""What dealers and the head office do with an order, minute by minute, on both databases."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from callcore.customers.tables import CustomerClaimRow, CustomerRow
from callcore.distribution.accept_order import accept_order
from callcore.distribution.assign_order import assign_order
from callcore.distribution.decline_order import decline_order
from callcore.distribution.expire_orders import ExpireOrders
from callcore.distribution.explain import to_json, to_text
from callcore.distribution.move_orders import move_orders
from callcore.distribution.offer_again import offer_again
from callcore.distribution.policy import OrderPolicy, OrderRule, OrderStage
from callcore.distribution.release_order import release_order
from callcore.distribution.take_order import take_order
from callcore.distribution.views import is_offered, offer_view, who_else
from callcore.distribution.why import why_order
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.kernel.outbox import OutboxRow
from callcore.network.model import OrgState, Role
from callcore.network.policy import StageKind
from callcore.network.policy_tables import QuotaEntryRow
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import OrderWindowRow
from callcore.orders.model import NewLine, NewOrder, OrderEventKind, OrderKind, ReasonKind
from callcore.orders.settings import OrderSettings, write_settings
from callcore.orders.tables import OrderEventRow, OrderRow
from tests.factories.network import make_outlet
from tests.integration.distribution import stage
from tests.integration.distribution.stage import (
    ADMIN,
    AWAY,
    NOW,
    PLAIN,
    QUOTA_DEALER,
    TOP,
    TOP_TOO,
    minutes,
    seen_by,
    viewer,
)

pytestmark = pytest.mark.integration


async def given(session):
    sums = await session.execute(
        select(QuotaEntryRow.org_id, func.sum(QuotaEntryRow.amount)).group_by(QuotaEntryRow.org_id)
    )
    return {org_id: int(amount) for org_id, amount in sums}


async def kinds(session, order):
    rows = await session.scalars(
        select(OrderEventRow.kind).where(OrderEventRow.order_id == order.id).order_by(OrderEventRow.seq)
    )
    return list(rows)


async def due(session, order, org_id):
    key = f"order:available:{order.id}:{order.run}:{org_id}"
    return await session.scalar(select(OutboxRow.due_at).where(OutboxRow.dedupe_key == key))


async def test_windows_open_to_the_millisecond_and_the_first_wins(database):
    await stage.fill(database)
    instant = timedelta(milliseconds=1)
    async with database.transaction() as session:
        org = await session.get_one(OrgRow, TOP)
        await make_outlet(session, org, name="Склад", city="Химки", lat=55.89, lon=37.44)
        near = await make_outlet(session, org, name="Салон", city="Москва", lat=55.75, lon=37.60)
        order = await stage.make(session, city="Москва", lat=55.76, lon=37.60)
        decision = (await why_order(session, ADMIN, order.number)).runs[0].decision
        assert [(one.org_id, one.name, one.km) for one in decision.outlets] == [(TOP, "Салон", 1.1)]
    async with database.transaction() as session:
        seen = [await seen_by(session, order, at) for at in (NOW - instant, NOW, minutes(15) - instant)]
        assert seen == [set(), {QUOTA_DEALER}, {QUOTA_DEALER}]
        assert await seen_by(session, order, minutes(15)) == {QUOTA_DEALER, TOP, TOP_TOO}
        assert await seen_by(session, order, minutes(20) - instant) == {QUOTA_DEALER, TOP, TOP_TOO}
        assert await seen_by(session, order, minutes(20)) == {QUOTA_DEALER, TOP, TOP_TOO, PLAIN}
        assert await given(session) == {None: 1, QUOTA_DEALER: 1}
        assert [await due(session, order, org_id) for org_id in (TOP, PLAIN)] == [minutes(15), minutes(20)]
        with pytest.raises(NotFound):
            await accept_order(session, viewer(TOP), order.number, now=minutes(15) - instant)
        with pytest.raises(NotFound):
            await accept_order(session, viewer(AWAY), order.number, now=minutes(60))
        with pytest.raises(Forbidden):
            await accept_order(session, ADMIN, order.number, now=minutes(60))
        alone = await offer_view(session, viewer(QUOTA_DEALER), order.id, minutes(3))
        assert (alone.may_accept, alone.alone_until, len(alone.reasons) > 3) == (True, minutes(15), True)
        assert (alone.may_assign, alone.may_see_why, alone.dealers) == (False, False, ())
    async with database.transaction() as session:
        taken = await accept_order(session, viewer(TOP), order.number, now=minutes(15))
        assert (taken.org_id, taken.was_mine) == (TOP, False)
    async with database.transaction() as session:
        again = await accept_order(session, viewer(TOP), order.number, now=minutes(16))
        assert again.was_mine
        with pytest.raises(Conflict, match="order-taken"):
            await accept_order(session, viewer(QUOTA_DEALER), order.number, now=minutes(16))
        with pytest.raises(NotFound):  # his window never came
            await accept_order(session, viewer(PLAIN), order.number, now=minutes(16))
        row = (await session.scalars(select(OrderRow))).one()
        assert (row.status, row.org_id, row.manager_id, row.outlet_id, row.accepted_at) == (
            "accepted",
            TOP,
            TOP,
            near.id,
            minutes(15),
        )
        assert row.attention_at == minutes(15 + 120)
        assert await given(session) == {None: 1, QUOTA_DEALER: 0}
        assert await seen_by(session, order, minutes(60)) == set()
        assert await kinds(session, order) == ["created", "offered", "accepted"]


async def test_refusals_open_the_next_stage_at_once_until_nobody_is_left(database):
    await stage.fill(database)
    async with database.transaction() as session:
        order = await stage.make(session)
        why = await stage.reason(session, ReasonKind.DECLINE)
    number = order.number
    async with database.transaction() as session:
        with pytest.raises(Invalid):
            await decline_order(session, viewer(QUOTA_DEALER), number, None, now=minutes(3))
    async with database.transaction() as session:
        with pytest.raises(NotFound):
            await decline_order(session, viewer(PLAIN), number, why, now=minutes(3))
    async with database.transaction() as session:
        await decline_order(session, viewer(QUOTA_DEALER), number, why, "уехали", now=minutes(3))
        assert await seen_by(session, order, minutes(3)) == {TOP, TOP_TOO}
        assert await seen_by(session, order, minutes(8)) == {
            TOP,
            TOP_TOO,
            PLAIN,
        }  # five minutes later, as before
        assert [await due(session, order, org_id) for org_id in (TOP, PLAIN)] == [minutes(3), minutes(8)]
        assert await given(session) == {None: 1, QUOTA_DEALER: 0}
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="window-closed"):
            await decline_order(session, viewer(QUOTA_DEALER), number, why, now=minutes(4))
        await decline_order(session, viewer(TOP), number, why, now=minutes(4))
        assert await seen_by(session, order, minutes(4)) == {TOP_TOO}
        await decline_order(session, viewer(TOP_TOO), number, why, now=minutes(5))
        assert await seen_by(session, order, minutes(5)) == {PLAIN}
        await decline_order(session, viewer(PLAIN), number, why, now=minutes(6))
    async with database.session() as session:
        row = (await session.scalars(select(OrderRow))).one()
        assert (row.status, row.status_class, row.declined_at) == ("dealer_declined", "open", minutes(6))
        assert row.attention_at == minutes(6)
        topics = list(
            await session.scalars(select(OutboxRow.topic).where(OutboxRow.topic != "order:available"))
        )
        assert topics.count("order:declined") == 4
        assert topics.count("order:desk") == 1
        told = await why_order(session, ADMIN, number)
        assert told.runs[0].refusals[0].reason.endswith("уехали")
        text = to_text(told)
        for words in ("Рейтинг, через 15 мин: Дилер 3, Дилер 4", "50 %: положено 0,5, роздано 0", "уехали"):
            assert words in text
        assert [one["cause"] for one in to_json(told)["runs"][0]["windows"]] == ["declined"] * 4
        with pytest.raises(NotFound):
            await why_order(session, viewer(TOP), number)
        view = await offer_view(session, ADMIN, row.id, minutes(7))
        assert (view.may_assign, view.may_offer, view.may_release) == (True, True, False)
        assert await who_else(session, ADMIN, number) == ()
    async with database.transaction() as session:
        with pytest.raises(Forbidden):
            await assign_order(session, viewer(TOP), number, PLAIN, now=minutes(8))
    async with database.transaction() as session:
        assert await assign_order(session, ADMIN, number, AWAY, note="попросил", now=minutes(8)) == "Дилер 6"
        row = (await session.scalars(select(OrderRow))).one()
        assert (row.status, row.org_id, row.declined_at) == ("accepted", AWAY, None)


async def test_a_fixed_dealer_sees_it_alone_until_he_refuses(database):
    rule = OrderRule(PLAIN, region_codes=("RU-MOW",))
    await stage.fill(
        database,
        OrderPolicy((OrderStage(StageKind.FIX, rules=(rule,)), *stage.PIPELINE.stages[1:])),
    )
    async with database.transaction() as session:
        order = await stage.make(session)
        why = await stage.reason(session, ReasonKind.DECLINE)
        assert await seen_by(session, order, minutes(100_000)) == {PLAIN}
        assert await due(session, order, TOP) is None
        view = await offer_view(session, viewer(PLAIN), order.id, NOW)
        assert (view.is_alone, view.others_see, view.alone_until) == (True, False, None)
        await decline_order(session, viewer(PLAIN), order.number, why, now=minutes(50))
        assert await seen_by(session, order, minutes(50)) == {TOP, TOP_TOO}
        assert await seen_by(session, order, minutes(55)) == {TOP, TOP_TOO, QUOTA_DEALER}
        assert await due(session, order, QUOTA_DEALER) == minutes(55)


async def test_back_to_the_others_by_the_dealer_by_the_office_and_by_itself(database):
    await stage.fill(database)
    async with database.transaction() as session:
        await write_settings(session, OrderSettings(release_minutes=30), shown=0, at=NOW, user_id=1)
        order = await stage.make(session)
        back = await stage.reason(session, ReasonKind.RELEASE)
        await accept_order(session, viewer(QUOTA_DEALER), order.number, now=NOW)
    number = order.number
    async with database.transaction() as session:
        with pytest.raises(NotFound):
            await release_order(session, viewer(TOP), number, back, now=minutes(1))
    async with database.transaction() as session:
        await release_order(session, viewer(QUOTA_DEALER), number, back, "кончилось", now=minutes(1))
        row = (await session.scalars(select(OrderRow))).one()
        assert (row.run, row.status, row.org_id, row.declined_at) == (2, "available", None, minutes(1))
        assert await seen_by(session, order, minutes(1)) == {TOP, TOP_TOO}  # without the one who gave it back
        assert await given(session) == {None: 1, QUOTA_DEALER: 0}
        await accept_order(session, viewer(TOP), number, now=minutes(2))
    clock = SimpleNamespace(now=lambda: minutes(32) - timedelta(seconds=1))
    assert await ExpireOrders(database, clock).look() == 0
    clock = SimpleNamespace(now=lambda: minutes(32))
    for status, count in (("postponed", 0), ("accepted", 1)):  # the customer asked to wait: nobody is late
        async with database.transaction() as session:
            (await session.scalars(select(OrderRow))).one().status = status
        assert await ExpireOrders(database, clock).look() == count
    assert await ExpireOrders(database, clock).look() == 0
    async with database.transaction() as session:
        assert await seen_by(session, order, minutes(32)) == {TOP_TOO}
        await accept_order(session, viewer(TOP_TOO), number, now=minutes(33))
        await release_order(session, ADMIN, number, back, now=minutes(34), offers=False)
        row = (await session.scalars(select(OrderRow))).one()
        assert (row.run, row.status, row.org_id) == (3, "dealer_declined", None)
        assert await seen_by(session, order, minutes(99)) == set()
        assert await offer_again(session, ADMIN, number, now=minutes(40)) == 4
        assert await seen_by(session, order, minutes(40)) == {PLAIN}
        events = await kinds(session, order)
        assert events.count("released") == 3
        assert events.count("offered") == 4


async def test_who_may_not_take_it_has_a_reason_and_installation_goes_to_the_desk(database):
    await stage.fill(database, None)
    async with database.transaction() as session:
        service = NewLine(
            name="Монтаж", quantity_m=1000, price=Decimal(1), kind="service", service="installation"
        )
        desk = await stage.make(session, lines=(service,))
        nowhere = await stage.make(session, region=None)
        (await session.get(OrgRow, TOP)).state = OrgState.SUSPENDED.value
        (await session.get(OrgRow, TOP_TOO)).order_capacity = 0
        (await session.get(OrgRow, PLAIN)).order_access = "own_only"
        plain = await stage.make(session)
        own = await stage.make(session, site_org_id=PLAIN)
    async with database.session() as session:
        told = await why_order(session, ADMIN, desk.number)
        assert {one.out.value for one in told.runs[0].decision.verdicts} == {"no-service"}
        assert told.runs[0].decision.to_desk.value == "installation"
        assert (await why_order(session, ADMIN, nowhere.number)).runs[0].decision.to_desk.value == "no-region"
        decision = (await why_order(session, ADMIN, plain.number)).runs[0].decision
        assert {one.org_id: one.out.value for one in decision.verdicts} == {
            QUOTA_DEALER: "",
            TOP: "suspended",
            TOP_TOO: "at-capacity",
            PLAIN: "own-only",
        }
        assert decision.elsewhere == 1
        assert await seen_by(session, own, NOW) == {PLAIN}  # what his own site brought he sees
        desks = await session.scalar(
            select(func.count()).select_from(OutboxRow).where(OutboxRow.topic == "order:desk")
        )
        assert desks == 2
    async with database.transaction() as session:
        why = await stage.reason(session, ReasonKind.DECLINE)
        await decline_order(session, viewer(PLAIN), own.number, why, now=minutes(5))
        assert await seen_by(session, own, minutes(5)) == {QUOTA_DEALER}
        assert (await session.get(OrderRow, own.id)).run == 2
    async with (
        database.transaction() as session
    ):  # the department is an organisation of its own: it sees it at once
        await write_settings(session, OrderSettings(desk_org_id=AWAY), shown=0, at=NOW, user_id=1)
        mounted = await stage.make(session, lines=(service,), at=minutes(6))
        assert await seen_by(session, mounted, minutes(6)) == {AWAY}
        assert (mounted.attention_at, mounted.org_id) == (minutes(6), None)
        await accept_order(session, viewer(AWAY), mounted.number, now=minutes(6))


async def test_a_protected_customers_order_goes_to_whose_he_is_until_that_dealer_refuses(database):
    await stage.fill(database)
    async with database.transaction() as session:
        (await session.get(OrgRow, PLAIN)).order_access = "own_only"
        session.add(CustomerClaimRow(customer_id=1, org_id=PLAIN, at=NOW, until=minutes(999)))
        claimed = await stage.make(session)
        of_a_site = await stage.make(session, site_org_id=TOP)
        session.add(CustomerRow(id=2, name="Пётр", created_at=NOW))
        await session.flush()
        free = await take_order(
            session, NewOrder(kind=OrderKind.ORDER, customer_id=2, region_code="RU-MOW"), now=NOW
        )
    async with database.session() as session:
        assert await seen_by(session, claimed, minutes(999)) == {PLAIN}
        assert await seen_by(session, of_a_site, minutes(999)) == {
            TOP
        }  # the customer's own choice of the site
        assert PLAIN not in await seen_by(session, free, minutes(999))
        (run,) = (await why_order(session, ADMIN, claimed.number)).runs
        assert [one.stage for one in run.decision.told] == ["claim"]
    async with database.transaction() as session:
        why = await stage.reason(session, ReasonKind.DECLINE)
        await decline_order(session, viewer(PLAIN), claimed.number, why, now=minutes(5))
        assert await seen_by(session, claimed, minutes(5)) - {PLAIN}  # now the network may
        assert (await session.get(OrderRow, claimed.id)).run == 2
        (await session.get(OrgRow, PLAIN)).state = OrgState.SUSPENDED.value
        later = await stage.make(session, at=minutes(6))
        assert PLAIN not in await seen_by(session, later, minutes(999))


async def test_all_that_a_suspended_dealer_has_moves_in_one_action(database):
    await stage.fill(database, None)
    async with database.transaction() as session:
        orders = [await stage.make(session) for _ in range(3)]
        offered = await stage.make(session)
        for order in orders:
            await accept_order(session, viewer(TOP), order.number, now=NOW)
        (await session.get(OrgRow, TOP)).state = OrgState.SUSPENDED.value
    async with database.transaction() as session:
        with pytest.raises(NotAllowedNow):
            await accept_order(session, viewer(TOP), offered.number, now=minutes(1))
        with pytest.raises(Invalid):
            await move_orders(session, ADMIN, TOP, TOP, now=minutes(1))
        moved = await move_orders(session, ADMIN, TOP, None, "приостановлен", now=minutes(1))
        assert (moved.orders, moved.left, moved.withdrawn) == (3, 0, 1)
        assert await seen_by(session, orders[0], minutes(1)) == {QUOTA_DEALER, TOP_TOO, PLAIN}
        assert await is_offered(session, orders[0].id, PLAIN, minutes(1))
        assert not await is_offered(session, offered.id, TOP, minutes(1))
    async with database.transaction() as session:
        await accept_order(session, viewer(PLAIN), orders[0].number, now=minutes(2))
        moved = await move_orders(session, ADMIN, PLAIN, AWAY, now=minutes(3))
        assert moved.orders == 1
        owner = await session.scalar(select(OrderRow.org_id).where(OrderRow.id == orders[0].id))
        assert owner == AWAY
        with pytest.raises(Forbidden):
            await move_orders(session, viewer(1, Role.MARKETER), PLAIN, None, now=minutes(3))


async def test_after_the_last_window_everybody_may_see_it_where_the_factory_wants_that(database):
    await stage.fill(database)
    async with database.transaction() as session:
        await write_settings(session, OrderSettings(open_to_all_minutes=60), shown=0, at=NOW, user_id=1)
        order = await stage.make(session)
        assert AWAY not in await seen_by(session, order, minutes(79))
        assert AWAY in await seen_by(session, order, minutes(80))
        rows = await session.scalars(select(OrderWindowRow.stage).where(OrderWindowRow.org_id == AWAY))
        assert list(rows) == ["everyone"]
        event = await session.scalar(
            select(OrderEventRow.data).where(OrderEventRow.kind == OrderEventKind.OFFERED.value)
        )
        assert event["dealers"] == 5
