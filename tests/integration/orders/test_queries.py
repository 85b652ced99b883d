"""Lists and cards through the eyes of staff, of a dealer, of his subdealer and of a rival."""

from datetime import timedelta
from decimal import Decimal

import pytest

from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import Role
from callcore.orders.card_queries import order_card
from callcore.orders.comment_order import comment_order
from callcore.orders.create_order import create_order
from callcore.orders.customer_view import customer_view
from callcore.orders.model import NewLine, NewOrder, OrderClass, OrderEventKind, OrderKind
from callcore.orders.numbers import order_numbers
from callcore.orders.queries import list_orders
from callcore.orders.timeline import add_event
from callcore.orders.views import OrderCursor, OrderFilter
from tests.integration.orders import stage
from tests.integration.orders.stage import ADMIN, DEALER, NOW, RIVAL, SUBDEALER

pytestmark = pytest.mark.integration

PHONE = "+79161234567"
SEO = stage.viewer(1, Role.SEO)


@pytest.fixture(autouse=True)
async def _network(database):
    await stage.fill(database)


async def customer(session, customer_id=7, name="Иван Петров", phone=PHONE):
    session.add(CustomerRow(id=customer_id, name=name, region_code="RU-MOW", created_at=NOW, note="груб"))
    await session.flush()
    session.add(ContactRow(customer_id=customer_id, kind="phone", value=phone))
    session.add(
        ContactRow(customer_id=customer_id, kind="email", value=f"{customer_id}@example.test", is_main=False)
    )
    await session.flush()
    return customer_id


async def order(session, customer_id, org_id=2, minutes=0, **more):
    new = NewOrder(kind=OrderKind.ORDER, customer_id=customer_id, org_id=org_id, **more)
    return await create_order(session, new, now=NOW + timedelta(minutes=minutes))


async def talk(session, order_row, seconds, org_id=2, call_id="t.1"):
    return await stage.incoming(
        session,
        call_id,
        PHONE,
        customer_id=order_row.customer_id,
        order_id=order_row.id,
        org_id=org_id,
        talk_s=seconds,
        result="answered",
        state="ended",
        started_at=NOW + timedelta(minutes=5),
    )


async def found(database, viewer, **wanted):
    async with database.session() as session:
        page = await list_orders(session, viewer, OrderFilter(**wanted))
        return [item.number for item in page.items]


async def test_each_sees_his_own_part_of_the_tree(database):
    async with database.transaction() as session:
        who = await customer(session)
        for org_id in (2, 3, 4, None):
            await order(session, who, org_id)
    assert await found(database, ADMIN) == [4, 3, 2, 1]
    assert await found(database, DEALER) == [2, 1]
    assert await found(database, SUBDEALER) == [2]
    assert await found(database, RIVAL) == [3]
    assert await found(database, SEO) == []
    assert await found(database, ADMIN, org_id=2) == [2, 1]
    assert await found(database, DEALER, org_id=4) == []
    async with database.session() as session:
        for viewer, number in ((DEALER, 3), (DEALER, 4), (SUBDEALER, 1), (RIVAL, 1), (SEO, 1), (ADMIN, 99)):
            with pytest.raises(NotFound) as refusal:
                await order_card(session, viewer, number)
            assert refusal.value.code == "order-not-found"


async def test_pages_follow_each_other_without_gaps_or_repeats(database):
    async with database.transaction() as session:
        who = await customer(session)
        for number in range(11):
            await order(session, who, minutes=number // 3)
    seen, after = [], None
    async with database.session() as session:
        while True:
            page = await list_orders(session, ADMIN, OrderFilter(), after=after, limit=4)
            seen += [item.number for item in page.items]
            if page.next_cursor is None:
                break
            after = OrderCursor.parse(page.next_cursor.encode())
            assert after == page.next_cursor
    assert seen == list(range(11, 0, -1))


@pytest.mark.parametrize("text", ["", "1", "1-", "x-y", "1-2-3", "-1-2", "9" * 18 + "-1", "١-٢", "1-2\n"])
def test_a_forged_cursor_is_refused(text):
    with pytest.raises(Invalid):
        OrderCursor.parse(text)


async def test_filters_narrow(database):
    async with database.transaction() as session:
        who = await customer(session)
        await order(session, who, status="done", source="yandex")
        await order(session, who, 3, minutes=1, region_code="RU-SVE")
    assert await found(database, ADMIN, status_class=OrderClass.CLOSED) == [1]
    assert await found(database, ADMIN, status="new") == [2]
    assert await found(database, ADMIN, region_code="RU-SVE") == [2]
    assert await found(database, ADMIN, source="yandex") == [1]
    assert await found(database, ADMIN, created_from=NOW + timedelta(seconds=30)) == [2]
    assert await found(database, ADMIN, created_before=NOW + timedelta(seconds=30)) == [1]
    assert await found(database, ADMIN, kind=OrderKind.REQUEST) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1", [1]),
        ("№ 2", [2]),
        ("петров", [1]),
        ("ПЕТРОВ", [1]),
        ("иван п", [1]),
        ("4567", [1]),
        ("123-45-67", [1]),
        ("8 (916) 123-45-67", [1]),
        ("%", []),
        ("_", []),
        ("9" * 60, []),
        ("\x00", [2, 1]),
        ("'; drop table orders", []),
    ],
)
async def test_search(database, text, numbers):
    async with database.transaction() as session:
        await order(session, await customer(session))
        await order(session, await customer(session, 8, "Мария", "+79990001122"))
    assert await found(database, ADMIN, text=text) == numbers


@pytest.mark.parametrize("text", ["4567", "1234567", "+79161234567", "8 916 123-45-67", "89161234567"])
async def test_a_dealer_cannot_guess_a_hidden_number_by_searching(database, text):
    async with database.transaction() as session:
        row = await order(session, await customer(session))
        await talk(session, row, 3)
    assert await found(database, DEALER, text=text) == []
    assert await found(database, DEALER, text="петров") == [1]
    async with database.transaction() as session:
        await talk(session, row, 10, call_id="t.2")
    assert await found(database, DEALER, text=text) == [1]


async def test_a_number_is_shown_to_whom_the_talk_was_proven(database):
    async with database.transaction() as session:
        row = await order(session, await customer(session), 3)
        await talk(session, row, 9, org_id=3, call_id="t.1")
        await talk(session, row, 600, org_id=4, call_id="t.2")
    async with database.session() as session:
        for viewer in (DEALER, SUBDEALER):
            for phone in (
                (await order_card(session, viewer, 1)).order.phone,
                *(one.phone for one in (await customer_view(session, viewer, 7, NOW)).contacts),
            ):
                assert (phone.text, phone.e164, phone.is_hidden) == ("+7 916 [скрыт]", "", True)
            card = repr(await order_card(session, viewer, 1))
            card += repr(await customer_view(session, viewer, 7, NOW))
            assert "1234567" not in card
            assert "example.test" not in card, "mail is a way round a hidden number"
        assert (await order_card(session, ADMIN, 1)).order.phone.e164 == PHONE
    async with database.transaction() as session:
        await talk(session, row, 10, org_id=3, call_id="t.3")
    async with database.session() as session:
        assert (await order_card(session, SUBDEALER, 1)).order.phone.text == "+7 916 123-45-67"
        assert (await order_card(session, DEALER, 1)).order.phone.e164 == PHONE


async def test_a_card_adds_up_exactly(database):
    lines = (
        NewLine("Кирпич", 40_000, Decimal("222.75"), article="К-1"),
        NewLine("Доставка", 1_000, Decimal("0.005"), kind="service"),
        NewLine("Песок", 333, Decimal(10), unit="т"),
    )
    async with database.transaction() as session:
        await order(session, await customer(session), lines=lines)
    async with database.session() as session:
        card = await order_card(session, ADMIN, 1)
    assert [line.total_kopecks for line in card.lines] == [891_000, 1, 333]
    assert card.order.total_kopecks == 891_334
    assert [str(line.quantity) for line in card.lines] == ["40", "1", "0.333"]
    assert card.lines[0].price == Decimal("222.75")
    assert card.lines[1].price == Decimal("0.005")


async def test_the_timeline_mixes_events_comments_and_calls_with_their_recordings(database):
    async with database.transaction() as session:
        row = await order(session, await customer(session))
        call = await talk(session, row, 30)
        await stage.recording(session, call)
        await add_event(session, row.id, OrderEventKind.CALL, at=call.started_at, call_id=call.call_id)
        await comment_order(
            session, DEALER, 1, " Перезвонить завтра ", now=NOW + timedelta(minutes=9), is_public=True
        )
        data = {"from": "new", "to": "accepted"}
        await add_event(
            session, row.id, OrderEventKind.STATUS, at=NOW + timedelta(minutes=2), actor_id=2, data=data
        )
    async with database.session() as session:
        card = await order_card(session, DEALER, 1)
    assert [item.kind for item in card.timeline] == ["created", "status", "call", "comment"]
    _, status, talked, comment = card.timeline
    assert (status.status_from, status.status_to, status.actor_name) == ("Новый", "Принят", "Человек 2")
    assert (comment.text, comment.actor_name, comment.is_public) == ("Перезвонить завтра", "Человек 2", True)
    assert not status.is_public
    assert [(rec.state, rec.duration_ms) for rec in talked.call.recordings] == [("ready", 42_000)]
    assert (card.counts.calls, card.counts.comments, card.counts.other_orders) == (1, 1, 0)


async def test_a_dealer_knows_of_anothers_call_on_his_order_but_does_not_hear_it(database):
    async with database.transaction() as session:
        row = await order(session, await customer(session))
        await stage.recording(session, await talk(session, row, 30, org_id=4))
    async with database.session() as session:
        (call,) = [item.call for item in (await order_card(session, DEALER, 1)).timeline if item.call]
        assert call.recordings == ()
        assert (await customer_view(session, DEALER, 7, NOW)).calls[0].recordings == ()
        assert len((await customer_view(session, ADMIN, 7, NOW)).calls[0].recordings) == 1


async def test_customer_card(database):
    async with database.transaction() as session:
        who = await customer(session)
        row = await order(session, who, source="yandex")
        await order(session, who, 4, minutes=1, source="catalogue")
        await talk(session, row, 30)
    async with database.session() as session:
        whole, part = (
            await customer_view(session, ADMIN, 7, NOW),
            await customer_view(session, DEALER, 7, NOW),
        )
        for viewer, number in ((SUBDEALER, 7), (SEO, 7), (ADMIN, 8)):
            with pytest.raises(NotFound):
                await customer_view(session, viewer, number, NOW)
    assert [item.number for item in whole.orders] == [2, 1]
    assert (whole.orders_count, whole.calls_count) == (2, 1)
    emails = [one.email for one in whole.contacts if one.email]
    assert (emails, whole.note, whole.region_name) == (["7@example.test"], "груб", "Москва")
    assert [item.number for item in part.orders] == [1]
    assert (part.orders_count, part.note, part.rights.may_change) == (1, "", False)


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001, "\x00"])
async def test_a_comment_is_checked(database, text):
    async with database.transaction() as session:
        await order(session, await customer(session))
        with pytest.raises(Invalid):
            await comment_order(session, ADMIN, 1, text, now=NOW)


async def test_nobody_comments_on_what_he_may_not_see(database):
    async with database.transaction() as session:
        await order(session, await customer(session))
        with pytest.raises(NotFound):
            await comment_order(session, RIVAL, 1, "привет", now=NOW)


async def test_numbers_for_links_keep_to_what_may_be_seen(database):
    async with database.transaction() as session:
        who = await customer(session)
        ids = [(await order(session, who, org_id)).id for org_id in (2, 4)]
    async with database.session() as session:
        assert await order_numbers(session, ADMIN, ids) == {ids[0]: 1, ids[1]: 2}
        assert await order_numbers(session, DEALER, ids) == {ids[0]: 1}
        assert await order_numbers(session, SEO, ids) == await order_numbers(session, ADMIN, []) == {}
