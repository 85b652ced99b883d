"""Addresses are looked for once, beside everything else; what a person has set is his."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from callcore.orders.create_order import create_order
from callcore.orders.delete_order import delete_order
from callcore.orders.edit_order import Place, change_place
from callcore.orders.forget_customer import forget_customer
from callcore.orders.geocoding.gazetteer import shipped_gazetteer
from callcore.orders.geocoding.port import Found, GeocoderRefused, Precision
from callcore.orders.model import NewLine, NewOrder, OrderKind
from callcore.orders.pin_tables import OrderPinRow
from callcore.orders.pin_worker import PinWorker
from callcore.orders.tables import OrderRow
from tests.factories.sales import make_customer
from tests.fakes.clock import FakeClock
from tests.integration.orders import stage
from tests.integration.orders.stage import ADMIN, NOW

pytestmark = pytest.mark.integration
HOUSE = Found(56.85, 35.91, Precision.HOUSE, "Россия, Тверь, Садовая улица, 5", "nominatim")


class Service:
    """A geocoder that says what it is told, after `meanwhile` has happened."""

    name = "nominatim"

    def __init__(self, answer=HOUSE, meanwhile=None):
        self.answer, self.meanwhile, self.asked = answer, meanwhile, []

    async def find(self, asked):
        self.asked.append(asked)
        if self.meanwhile is not None:
            await self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture(autouse=True)
async def _network(database):
    await stage.fill(database)


def worker(database, service, clock=None):
    return PinWorker(database, clock or FakeClock(NOW), service, shipped_gazetteer())


async def ordered(database, *, actor_id=None, **more):
    """The order's number."""
    values = {"city": "Тверь", "address": "ул. Садовая, 5, кв. 12, Пётр +7 912 345-67-89"} | more
    async with database.transaction() as session:
        customer = await make_customer(session, name="Ильин Пётр")
        line = NewLine("Доска", 1000, Decimal(10))
        new = NewOrder(kind=OrderKind.ORDER, customer_id=customer.id, lines=(line,), **values)
        return (await create_order(session, new, now=NOW, actor_id=actor_id)).number


async def change(database, number, place, shown=99):
    async with database.transaction() as session:
        return await change_place(session, ADMIN, number, place, shown=shown, now=NOW)


async def pin(database, number):
    """The order's own point, and the row of its pin."""
    async with database.session() as session:
        order = (await session.scalars(select(OrderRow).where(OrderRow.number == number))).one()
        return (order.lat, order.lon), await session.get(OrderPinRow, order.id)


async def test_once_and_again_for_another_address_but_never_over_a_pin_set_by_hand(database):
    service = Service()
    pins = worker(database, service)
    number = await ordered(database)
    assert (await pins.step(), await pins.step()) == (1, 0)
    (asked,) = service.asked
    assert (asked.city, asked.address) == ("Тверь", "ул. Садовая, 5")  # neither flat nor person nor number
    point, row = await pin(database, number)
    assert (point, row.source, row.precision) == ((56.85, 35.91), "nominatim", "house")
    assert row.words == HOUSE.words

    # another address is another question, and the point of the first one is gone meanwhile
    assert await change(database, number, Place("Тверь", "ул. Лесная, 7", 56.85, 35.91, is_pin_moved=False))
    assert (await pin(database, number))[0] == (None, None)
    service.answer = None
    assert await pins.step() == 1
    point, row = await pin(database, number)
    assert (point, row.source, row.precision, row.due_at) == ((None, None), "nominatim", "none", None)

    # a person's pin stays, whatever the address becomes
    assert await change(database, number, Place("Тверь", "ул. Лесная, 7", 56.9, 35.8))
    assert await change(database, number, Place("Тверь", "ул. Лесная, 9", 56.9, 35.8, is_pin_moved=False))
    assert await pins.step() == 0
    point, row = await pin(database, number)
    assert (point, row.source, row.by_id, row.is_older) == ((56.9, 35.8), "hand", ADMIN.user_id, True)

    # until he removes it
    assert await change(database, number, Place("Тверь", "ул. Лесная, 9"))
    service.answer = HOUSE
    assert await pins.step() == 1
    assert (await pin(database, number))[1].source == "nominatim"


async def test_what_came_with_a_point_or_is_over_or_has_no_address_is_not_looked_for(database):
    service = Service()
    by_hand = await ordered(database, actor_id=2, lat=55.0, lon=37.0)
    sent = await ordered(database, lat=55.0, lon=37.0)
    _ = await ordered(database, status="done")
    _ = await ordered(database, city="", address="")
    gone = await ordered(database)
    async with database.transaction() as session:
        await delete_order(session, ADMIN, gone, "проверочный", now=NOW)
    last = await ordered(database)  # the one that is gone does not stand in its way
    assert await worker(database, service).step() == 1
    assert ((await pin(database, by_hand))[1].source, (await pin(database, by_hand))[1].by_id) == ("hand", 2)
    assert (await pin(database, sent))[1].source == "sent"
    assert (await pin(database, gone))[1].due_at is None
    assert (await pin(database, last))[1].source == "nominatim"


async def test_a_person_who_is_quicker_than_the_answer_wins(database):
    number = await ordered(database)
    place = Place("Тверь", "ул. Садовая, 5", 57.0, 36.0)
    service = Service(meanwhile=lambda: change(database, number, place))
    assert await worker(database, service).step() == 1
    point, row = await pin(database, number)
    assert (point, row.source, row.precision) == ((57.0, 36.0), "hand", "")


async def test_an_answer_for_the_address_of_before_is_thrown_away(database):
    number = await ordered(database)
    service = Service()

    async def moved():
        service.meanwhile = None
        await change(database, number, Place("Клин", "ул. Новая, 1", is_pin_moved=False))

    service.meanwhile = moved
    assert await worker(database, service).step() == 2  # the new address is due at once
    assert [one.city for one in service.asked] == ["Тверь", "Клин"]


async def test_two_workers_ask_for_each_address_once(database):
    numbers = [await ordered(database, address=f"ул. Садовая, {house}") for house in range(6)]
    one, two = Service(), Service()
    done = await asyncio.gather(worker(database, one).step(), worker(database, two).step())
    asked = [question.address for service in (one, two) for question in service.asked]
    assert sum(done) == len(asked) == 6
    assert sorted(asked) == [f"ул. Садовая, {house}" for house in range(6)]
    assert {(await pin(database, number))[1].source for number in numbers} == {"nominatim"}


async def test_a_worker_that_died_leaves_its_address_to_the_next(database):
    number = await ordered(database)
    clock = FakeClock(NOW)
    with pytest.raises(ZeroDivisionError):
        await worker(database, Service(answer=ZeroDivisionError()), clock).step()
    assert await worker(database, Service(), clock).step() == 0
    clock.advance(timedelta(minutes=4))
    assert await worker(database, Service(), clock).step() == 1
    assert (await pin(database, number))[1].source == "nominatim"


async def test_a_service_that_is_away_is_left_alone_and_asked_again_later_each_time(database):
    clock = FakeClock(NOW)
    service = Service(answer=GeocoderRefused("geocoder-not-now", "HTTP 503", 120))
    pins = worker(database, service, clock)
    number = await ordered(database)
    other = await ordered(database, city="Нигденск", address="ул. Дальняя, 1")
    assert (await pins.step(), await pins.step()) == (0, 0)
    assert len(service.asked) == 1  # the other order does not knock at a closed door
    point, row = await pin(database, number)  # its town is shown meanwhile, and is no point of the order
    assert (point, row.source, row.precision) == ((None, None), "gazetteer", "town")
    assert (row.error, row.due_at) == ("HTTP 503", NOW + timedelta(minutes=1))

    clock.advance(timedelta(seconds=121))
    _ = await pins.step()
    assert service.asked[1].city == "Нигденск"
    waits, tries = [], 1
    for _ in range(60):
        _ = await pins.step()
        row = (await pin(database, other))[1]
        if row.due_at is not None and row.attempts > tries:
            waits.append(row.due_at - clock.now())
            tries = row.attempts
        clock.set(max(row.due_at or clock.now(), clock.now() + timedelta(minutes=3)))
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=5)
    assert clock.now() - NOW > timedelta(days=6)
    row = (await pin(database, other))[1]
    assert (row.due_at, row.error, row.source) == (None, "HTTP 503", "")  # is left to people

    service.answer = HOUSE
    assert await change(database, number, Place("Тверь", "ул. Лесная, 7", is_pin_moved=False))
    assert await pins.step() == 1
    assert (await pin(database, number))[0] == (56.85, 35.91)


async def test_a_forgotten_customer_has_no_pin(database):
    number = await ordered(database, status="accepted")
    _ = await worker(database, Service()).step()
    async with database.transaction() as session:
        order = (await session.scalars(select(OrderRow).where(OrderRow.number == number))).one()
        order.status_class = "closed"
        customer_id = order.customer_id
    async with database.transaction() as session:
        await forget_customer(
            session,
            ADMIN,
            customer_id,
            reason="просьба клиента",
            typed="УДАЛИТЬ",
            with_recordings=False,
            now=NOW,
        )
    assert await pin(database, number) == ((None, None), None)
