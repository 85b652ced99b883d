"""Numbers of orders: one after another, together or alone, and on after rows that did not take theirs."""

import asyncio

import pytest

from callcore.customers.tables import CustomerRow
from callcore.kernel.database import Database
from callcore.orders.sequence import take_numbers
from callcore.orders.tables import OrderRow
from tests.integration.orders.stage import NOW, fill

pytestmark = pytest.mark.integration


async def test_numbers_are_taken_without_gaps_and_a_sequence_left_behind_catches_up(
    database: Database,
) -> None:
    await fill(database)
    taken = await asyncio.gather(
        *(database.write(lambda connection, n=count: take_numbers(connection, n)) for count in (1, 3, 1, 2))
    )
    assert min(taken) == 1
    assert await database.write(lambda connection: take_numbers(connection, 1)) == 8
    async with database.transaction() as session:
        session.add(CustomerRow(id=1, name="Анна", note="", created_at=NOW))
        await session.flush()
        usual = {"kind": "order", "status": "new", "status_class": "open", "result": "running", "tz": "UTC"}
        session.add(OrderRow(id=1, number=500, public_id="x", created_at=NOW, customer_id=1, **usual))
    assert await database.write(lambda connection: take_numbers(connection, 2)) == 501
    assert await database.write(lambda connection: take_numbers(connection, 1)) == 503
