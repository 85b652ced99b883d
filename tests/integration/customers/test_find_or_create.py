"""One number is one customer, also when two calls come at once; finding is quick among many."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select

from callcore.customers.find_or_create import find_or_create_customer
from callcore.customers.queries import customers_by_id, find_by_phone
from callcore.customers.tables import ContactRow, CustomerRow

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MANY = 20_000


async def meet(database, phone, **more):
    async with database.transaction() as session:
        return await find_or_create_customer(session, phone=phone, now=NOW, **more)


async def test_new_then_known(database):
    customer_id, is_new = await meet(database, "+79161234567", name="Иван")
    assert is_new
    assert await meet(database, "+79161234567") == (customer_id, False)
    async with database.session() as session:
        customer = await find_by_phone(session, "+79161234567")
    assert (customer.id, customer.name, customer.phone) == (customer_id, "Иван", "+79161234567")


async def test_a_race_for_one_number_leaves_one_customer(database):
    met = await asyncio.gather(*(meet(database, "+79161234567") for _ in range(8)))
    assert len({customer_id for customer_id, _ in met}) == 1
    assert [is_new for _, is_new in met].count(True) == 1
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(CustomerRow)) == 1


async def test_hidden_numbers_are_never_merged(database):
    assert (await meet(database, ""))[0] != (await meet(database, ""))[0]


async def test_unknown_is_none(database):
    async with database.session() as session:
        assert await find_by_phone(session, "+79990000000") is None
        assert await customers_by_id(session, [404]) == {}
        assert await customers_by_id(session, []) == {}


async def test_found_in_time_for_the_pop(database):
    numbers = [f"+7916{number:07}" for number in range(MANY)]
    async with database.transaction() as session:
        await session.execute(insert(CustomerRow), [{"id": n + 1, "created_at": NOW} for n in range(MANY)])
        contacts = [
            {"customer_id": n + 1, "kind": "phone", "value": value} for n, value in enumerate(numbers)
        ]
        await session.execute(insert(ContactRow), contacts)
    times = []
    async with database.session() as session:
        for number in numbers[:: MANY // 20]:
            started = time.perf_counter()
            assert await find_by_phone(session, number) is not None
            times.append(time.perf_counter() - started)
    assert sorted(times)[len(times) // 2] < 0.1
