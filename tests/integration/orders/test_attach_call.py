"""Every inbound call finds its customer and its order, once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcore.calls.journal import CallLink, UnlinkedCall
from callcore.calls.tables import CallRow
from callcore.customers.queries import customers_by_id, find_by_phone
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.orders.attach_call import AttachCall
from callcore.orders.create_order import create_order
from callcore.orders.model import NewOrder, OrderKind
from callcore.orders.tables import OrderEventRow, OrderRow
from tests.integration.orders import stage
from tests.integration.orders.stage import DEALER_DID, NOW, OWN_DID

pytestmark = pytest.mark.integration

CALLER = "+79161234567"


@pytest.fixture(autouse=True)
async def _network(database):
    await stage.fill(database)


async def ring(database, call_id, number=CALLER, **more):
    async with database.transaction() as session:
        call = await stage.incoming(session, call_id, number, **more)
        await stage.link(session, call)
    return call


async def order_of(database, call):
    async with database.session() as session:
        return await session.get(OrderRow, call.order_id)


async def count(database, table):
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def known(database, *orders):
    """The caller as a customer with the given orders; returns their ids."""
    async with database.transaction() as session:
        session.add(CustomerRow(id=7, name="Иван", created_at=NOW))
        await session.flush()
        session.add(ContactRow(customer_id=7, kind="phone", value=CALLER))
        made = [
            await create_order(
                session,
                NewOrder(kind=OrderKind.ORDER, customer_id=7, org_id=org_id, status=status),
                now=NOW - timedelta(days=days),
            )
            for org_id, status, days in orders
        ]
        return [order.id for order in made]


async def test_an_unknown_number_makes_a_request_with_the_source_of_the_did(database):
    call = await ring(database, "1.1", region_code="RU-SVE")
    order = await order_of(database, call)
    assert (order.kind, order.status, order.status_class, order.result) == (
        "request",
        "new",
        "open",
        "running",
    )
    assert (order.source, order.medium, order.campaign) == ("yandex", "cpc", "осень")
    assert (order.request_type, order.did_id, order.org_id) == ("site-call", 1, None)
    assert (order.region_code, order.tz) == ("RU-SVE", "Asia/Yekaterinburg")
    assert order.created_at == NOW
    async with database.session() as session:
        customer = await find_by_phone(session, CALLER)
        events = (await session.scalars(select(OrderEventRow).order_by(OrderEventRow.seq))).all()
    assert customer is not None
    assert (customer.id, customer.name, customer.region_code) == (call.customer_id, "", "RU-SVE")
    assert [(event.kind, event.call_id) for event in events] == [("created", ""), ("call", "1.1")]


async def test_without_a_known_did_everything_unknown_is_said_so(database):
    order = await order_of(database, await ring(database, "1.1", did_id=None, did_number="+74959999999"))
    assert (order.source, order.medium, order.request_type, order.did_id) == (
        "unknown",
        "unknown",
        "unknown",
        None,
    )
    assert order.tz == "Europe/Moscow"


@pytest.mark.parametrize(("did_id", "org_id"), [(DEALER_DID, 2), (OWN_DID, None)])
async def test_the_did_of_a_dealer_gives_him_the_request(database, did_id, org_id):
    assert (await order_of(database, await ring(database, "1.1", did_id=did_id))).org_id == org_id


async def test_a_second_call_finds_the_open_request(database):
    first = await ring(database, "1.1")
    second = await ring(database, "2.1", started_at=NOW + timedelta(hours=1))
    assert (second.order_id, second.customer_id) == (first.order_id, first.customer_id)
    assert await count(database, OrderRow) == 1


async def test_the_newest_open_order_wins_and_the_dialled_dealers_own_comes_first(database):
    old, newer, closed, below = await known(
        database, (4, "accepted", 30), (4, "new", 3), (4, "done", 1), (3, "new", 20)
    )
    assert (await ring(database, "1.1")).order_id == newer
    assert (await ring(database, "2.1", did_id=DEALER_DID)).order_id == below
    assert await count(database, OrderRow) == 4
    assert {old, closed}.isdisjoint({newer, below})


async def test_a_known_customer_without_an_open_order_gets_a_new_request(database):
    (closed,) = await known(database, (4, "failed", 1))
    call = await ring(database, "1.1")
    assert call.customer_id == 7
    assert call.order_id != closed
    assert (await order_of(database, call)).kind == "request"


async def test_callers_who_hide_are_not_one_person(database):
    first, second = await ring(database, "1.1", ""), await ring(database, "2.1", "")
    assert first.customer_id != second.customer_id
    assert first.order_id != second.order_id
    async with database.session() as session:
        customer = (await customers_by_id(session, [first.customer_id]))[first.customer_id]
        assert (customer.name, customer.contacts) == ("", ())
        assert await find_by_phone(session, "") is None


async def test_a_repeated_link_changes_nothing(database):
    call = await ring(database, "1.1")
    async with database.transaction() as session:
        again = await session.scalar(select(CallRow).where(CallRow.call_id == "1.1"))
        await stage.link(session, again)
    counts = [await count(database, table) for table in (OrderRow, OrderEventRow, CustomerRow)]
    async with database.transaction() as session:
        row = await session.scalar(select(CallRow).where(CallRow.call_id == "1.1"))
        row.order_id = row.customer_id = None  # written anew out of the book of record
        await session.flush()
        await stage.link(session, row)
        assert (row.order_id, row.customer_id) == (call.order_id, call.customer_id)
    assert (
        [await count(database, table) for table in (OrderRow, OrderEventRow, CustomerRow)]
        == counts
        == [1, 2, 1]
    )


async def test_calls_of_one_moment_are_linked_together(database):
    """Two of one new number, one that hides, one of a customer whose order is open."""
    (open_order,) = await known(database, (4, "new", 3))
    numbers = ("+79160000001", "+79160000001", "", CALLER)
    calls = [
        UnlinkedCall(f"{n}.1", number, NOW + timedelta(seconds=n), stage.DEALER_DID, None)
        for n, number in enumerate(numbers)
    ]
    links = await database.write(lambda connection: AttachCall().link(connection, calls))
    assert set(links) == {call.call_id for call in calls}
    assert links["0.1"] == links["1.1"]
    assert links["3.1"] == CallLink(7, open_order)
    assert len({link.customer_id for link in links.values()}) == 3
    async with database.session() as session:
        events = await session.execute(
            select(OrderEventRow.order_id, OrderEventRow.seq, OrderEventRow.kind).order_by(OrderEventRow.id)
        )
        told = {}
        for order_id, seq, kind in events:
            told.setdefault(order_id, []).append((seq, kind))
        numbers_taken = sorted(await session.scalars(select(OrderRow.number)))
    assert told[links["0.1"].order_id] == [(1, "created"), (2, "call"), (3, "call")]
    assert told[links["2.1"].order_id] == [(1, "created"), (2, "call")]
    assert told[open_order] == [(1, "created"), (2, "call")]
    assert numbers_taken == [1, 2, 3]
    assert await database.write(lambda connection: AttachCall().link(connection, calls)) == links


async def test_many_new_callers_at_once_make_one_customer_each_and_gapless_numbers(database):
    numbers = [f"+7916000000{n % 4}" for n in range(12)]
    await asyncio.gather(*(ring(database, f"{n}.1", number) for n, number in enumerate(numbers)))
    assert await count(database, CustomerRow) == await count(database, ContactRow) == 4
    async with database.session() as session:
        taken = sorted(await session.scalars(select(OrderRow.number)))
        linked = await session.scalar(select(func.count()).where(CallRow.order_id.is_not(None)))
    assert taken == list(range(1, len(taken) + 1))
    assert linked == 12
